import Addresses
import CLinux
import Glibc
import SystemPackage

/// Opening the sockets that questions for names come by, on port 53 of one address. All calls act in the calling thread's
/// network namespace; the caller owns the descriptors.
enum NameSocket {
    private static let port: UInt16 = 53
    /// Room for questions that come at once, in bytes of the kernel's memory.
    private static let room: Int32 = 1 << 20
    private static let backlog: Int32 = 128

    /// A bound UDP socket.
    static func datagram(_ address: IPAddress) throws(Errno) -> Int32 {
        let descriptor = try open(address, SOCK_DGRAM.rawValue)
        // Beyond what the host allows by default; where that is refused the default has to do.
        set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, room)
        return try bound(descriptor, to: address)
    }

    /// A listening TCP socket.
    static func listener(_ address: IPAddress) throws(Errno) -> Int32 {
        let descriptor = try open(address, SOCK_STREAM.rawValue)
        // Connections of a daemon before this one may linger.
        set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        let listening = try bound(descriptor, to: address)
        guard listen(listening, backlog) == 0 else {
            let error = errno
            close(listening)
            throw Errno(rawValue: error)
        }
        return listening
    }

    private static func open(_ address: IPAddress, _ kind: UInt32) throws(Errno) -> Int32 {
        let family = address.family == .v4 ? AF_INET : AF_INET6
        let flags = Int32(kind | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, flags, 0)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        if address.family == .v6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        return descriptor
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        _ = setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Closes the socket if it can't be bound.
    private static func bound(_ descriptor: Int32, to address: IPAddress) throws(Errno) -> Int32 {
        let result: Int32
        switch address {
        case .v4(let fourth):
            var place = sockaddr_in()
            place.sin_family = sa_family_t(AF_INET)
            place.sin_port = port.bigEndian
            place.sin_addr.s_addr = fourth.value.bigEndian
            result = bind(descriptor, place)
        case .v6(let sixth):
            var place = sockaddr_in6()
            place.sin6_family = sa_family_t(AF_INET6)
            place.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &place.sin6_addr) { $0.copyBytes(from: sixth.octets) }
            result = bind(descriptor, place)
        }
        guard result == 0 else {
            close(descriptor)
            throw Errno(rawValue: result)
        }
        return descriptor
    }

    /// 0, or an errno.
    private static func bind<Place>(_ descriptor: Int32, _ place: Place) -> Int32 {
        withUnsafePointer(to: place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.bind(descriptor, address, socklen_t(MemoryLayout<Place>.size)) == 0 ? 0 : errno
            }
        }
    }
}
