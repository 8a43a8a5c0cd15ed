package import Addresses
import CLinux
import Glibc
package import SystemPackage

/// IPv4 sockets as plain descriptors. A socket belongs to the network namespace of the thread that opens it and can be
/// used from any other afterwards.
package enum InternetSocket {
    /// A TCP socket that listens on an address, at a port the kernel picks unless one is named. The caller owns the
    /// descriptor.
    package static func listen(
        on address: IPv4Address, port: UInt16 = 0, backlog: Int32 = 64
    ) throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = try open(Int32(SOCK_STREAM.rawValue))
        do {
            if port != 0 { turnOn(SO_REUSEADDR, of: descriptor) }
            try bind(descriptor, to: address, port: port)
            guard Glibc.listen(descriptor, backlog) == 0 else { throw failure("listen on \(address)") }
            return (descriptor, try localPort(of: descriptor))
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// A connected TCP socket. The caller owns the descriptor.
    package static func connect(to address: IPv4Address, port: UInt16) throws -> Int32 {
        try connected(Int32(SOCK_STREAM.rawValue), to: address, port: port)
    }

    /// A TCP socket that is being connected and never blocks. The caller owns the descriptor. Throws a bare errno, since
    /// failing is something that is counted.
    package static func beginConnecting(to place: SocketPlace) throws(Errno) -> Int32 {
        let flags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_INET, flags, 0)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        let result = withSocketAddress(place.address, place.port) { Glibc.connect(descriptor, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else {
            let error = Errno(rawValue: errno)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// The error that a socket has waiting, 0 if there is none.
    package static func pendingError(of descriptor: Int32) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &value, &length) == 0 ? value : errno
    }

    /// Gives a socket room for some megabytes of what arrives, whatever the system's limit.
    package static func enlargeReceiving(_ descriptor: Int32) {
        var size: Int32 = 8 << 20
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    /// A UDP socket, at a port the kernel picks unless one is named. The caller owns the descriptor.
    package static func datagram(
        on address: IPv4Address, port: UInt16 = 0
    ) throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = try open(Int32(SOCK_DGRAM.rawValue))
        do {
            try bind(descriptor, to: address, port: port)
            return (descriptor, try localPort(of: descriptor))
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// A UDP socket that talks to one address only. The caller owns the descriptor.
    package static func datagram(to address: IPv4Address, port: UInt16) throws -> Int32 {
        try connected(Int32(SOCK_DGRAM.rawValue), to: address, port: port)
    }

    /// A raw ICMP socket that talks to one address only. The caller owns the descriptor.
    package static func echo(to address: IPv4Address) throws -> Int32 {
        try connected(Int32(SOCK_RAW.rawValue), protocol: Int32(IPPROTO_ICMP), to: address, port: 0)
    }

    /// Makes receiving and sending on a socket fail with EAGAIN after some time in which nothing was possible.
    package static func limitWaiting(_ descriptor: Int32, milliseconds: Int) {
        var time = timeval(tv_sec: milliseconds / 1_000, tv_usec: milliseconds % 1_000 * 1_000)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    private static func open(_ type: Int32, protocol number: Int32 = 0) throws -> Int32 {
        let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, type | closeOnExec, number)
        guard descriptor >= 0 else { throw failure("open a socket") }
        return descriptor
    }

    private static func connected(
        _ type: Int32, protocol number: Int32 = 0, to address: IPv4Address, port: UInt16
    ) throws -> Int32 {
        let descriptor = try open(type, protocol: number)
        let result = withSocketAddress(address, port) { Glibc.connect(descriptor, $0, $1) }
        guard result == 0 else {
            let error = failure("connect to \(address)")
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func bind(_ descriptor: Int32, to address: IPv4Address, port: UInt16) throws {
        guard withSocketAddress(address, port, { Glibc.bind(descriptor, $0, $1) }) == 0 else {
            throw failure(port == 0 ? "bind to \(address)" : "bind to \(address):\(port)")
        }
    }

    private static func turnOn(_ option: Int32, of descriptor: Int32) {
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func localPort(of descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            // sockaddr_in begins with the fields of sockaddr; the kernel writes at most `length` bytes.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { throw failure("read a socket's address") }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func withSocketAddress<Result>(
        _ address: IPv4Address, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var socketAddress = sockaddr_in()
        socketAddress.sin_family = sa_family_t(AF_INET)
        socketAddress.sin_port = port.bigEndian
        socketAddress.sin_addr.s_addr = address.value.bigEndian
        return withUnsafePointer(to: &socketAddress) { pointer in
            // sockaddr_in begins with the fields of sockaddr.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func failure(_ action: String) -> BenchError {
        BenchError("cannot \(action): \(Errno(rawValue: errno))")
    }
}
