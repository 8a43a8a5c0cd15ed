import Addresses
import Glibc

/// UDP and TCP sockets of both families. A socket belongs to the namespace of the thread that makes it.
enum InternetSocket {
    /// SIOCGSTAMPNS of linux/sockios.h.
    private static let getStamp: UInt = 0x8907
    /// SO_SNDBUFFORCE and SO_RCVBUFFORCE of asm-generic/socket.h.
    private static let forcedBuffers: [Int32] = [32, 33]

    /// A UDP socket of that address's family, with room for seconds of datagrams.
    static func datagram(_ address: String) throws -> Int32 {
        let descriptor = try make(address, Int32(SOCK_DGRAM.rawValue))
        var size: Int32 = 16 << 20
        for option in forcedBuffers { setsockopt(descriptor, SOL_SOCKET, option, &size, 4) }
        // The first call turns the stamps on.
        _ = stamp(descriptor)
        return descriptor
    }

    /// A TCP socket of that address's family.
    static func stream(_ address: String) throws -> Int32 {
        try make(address, Int32(SOCK_STREAM.rawValue))
    }

    private static func make(_ address: String, _ type: Int32) throws -> Int32 {
        let family = address.contains(":") ? AF_INET6 : AF_INET
        let descriptor = socket(family, type | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw LabError.system("socket") }
        return descriptor
    }

    static func bind(_ descriptor: Int32, _ address: String, port: UInt16) throws {
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        guard try with(address, port, { Glibc.bind(descriptor, $0, $1) }) == 0 else {
            throw LabError.system("bind to \(address)")
        }
    }

    static func connect(_ descriptor: Int32, _ address: String, port: UInt16) throws {
        guard try with(address, port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            throw LabError.system("connect to \(address)")
        }
    }

    /// The address that a connection's other end has.
    static func peer(of descriptor: Int32) -> String {
        var name = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                getpeername(descriptor, generic, &length) == 0 ? text(generic) : "?"
            }
        }
    }

    /// Receives a datagram and tells who sent it, which `reply` answers; nil: none came in time.
    static func receive(_ descriptor: Int32, _ bytes: inout [UInt8]) -> (count: Int, from: sockaddr_storage)? {
        var name = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let count = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(descriptor, &bytes, bytes.count, 0, $0, &length)
            }
        }
        return count < 0 ? nil : (count, name)
    }

    /// Sends a datagram to whom `receive` named.
    static func reply(_ descriptor: Int32, _ bytes: [UInt8], to name: sockaddr_storage) -> Bool {
        withUnsafePointer(to: name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                let isIPv4 = Int32(generic.pointee.sa_family) == AF_INET
                let length = isIPv4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
                return sendto(descriptor, bytes, bytes.count, 0, generic, socklen_t(length)) == bytes.count
            }
        }
    }

    /// An address without its port.
    static func text(_ name: sockaddr_storage) -> String {
        withUnsafePointer(to: name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { text($0) }
        }
    }

    private static func text(_ name: UnsafePointer<sockaddr>) -> String {
        let bytes = UnsafeRawPointer(name)
        let isIPv4 = Int32(name.pointee.sa_family) == AF_INET
        let octets = UnsafeRawBufferPointer(start: bytes + (isIPv4 ? 4 : 8), count: isIPv4 ? 4 : 16)
        return IPAddress(octets: Array(octets)).map { "\($0)" } ?? "?"
    }

    /// When the last datagram arrived by the kernel's clock, in nanoseconds; now if it does not say.
    static func stamp(_ descriptor: Int32) -> Int64 {
        var time = timespec()
        // The request writes one timespec.
        guard ioctl(descriptor, getStamp, &time) == 0 else { return MachineTime.real }
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Bounds how long receiving and sending wait.
    static func setTimeout(_ descriptor: Int32, _ limit: Duration) {
        let microseconds = Int(limit / .microseconds(1))
        var time = timeval(tv_sec: microseconds / 1_000_000, tv_usec: microseconds % 1_000_000)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    private static func with<Result>(
        _ text: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) throws -> Result {
        switch try IPAddress(parsing: text) {
        case .v4(let address):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &name.sin_addr) { $0.copyBytes(from: address.octets) }
            return generic(&name, body)
        case .v6(let address):
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &name.sin6_addr) { $0.copyBytes(from: address.octets) }
            return generic(&name, body)
        }
    }

    private static func generic<Name, Result>(
        _ name: inout Name, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        // Every socket address begins as sockaddr does; the length says how it goes on.
        withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Name>.size)) }
        }
    }
}
