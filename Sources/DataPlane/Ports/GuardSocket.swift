public import Addresses
import CLinux
public import SystemPackage

/// Opening the sockets that keep a port for Heddle: nobody else can have it, and what the filter drops is neither answered
/// nor reset by the host. All calls act in the calling thread's network namespace; the caller owns the descriptors.
public enum GuardSocket {
    /// A TCP listener. An `address` of nil is all addresses of both families.
    public static func listener(
        port: UInt16, address: IPAddress?, filter: SocketFilter
    ) throws(PortError) -> Int32 {
        try open(.tcp, port, address, filter, flags: 0)
    }

    /// A UDP socket that tells which address a datagram was for; `isPool`: nobody will read from it, and it takes as
    /// little memory as can be.
    public static func datagram(
        port: UInt16, address: IPAddress?, filter: SocketFilter, isPool: Bool = false
    ) throws(PortError) -> Int32 {
        try open(.udp, port, address, filter, flags: isPool ? Int32(HEDDLE_GUARD_POOL) : 0)
    }

    /// Puts another filter in the place of a guard's. No packet meets neither, none is lost that both accept.
    public static func setFilter(_ descriptor: Int32, _ filter: SocketFilter) throws(Errno) {
        try filter.attach(to: descriptor)
    }

    private static func open(
        _ transport: TransportProtocol, _ port: UInt16, _ address: IPAddress?, _ filter: SocketFilter, flags: Int32
    ) throws(PortError) -> Int32 {
        let result = filter.withCFilter { make(transport, port, address, $0, flags: flags) }
        if result >= 0 { return result }
        let place = address.map { " of \($0)" } ?? ""
        throw PortError(
            errno: Errno(rawValue: -result), subject: "the port \(port)/\(transport)\(place)",
            holder: result == -Errno.addressInUse.rawValue ? PortHolder.find(port: port, transport) : nil)
    }

    /// The same for a filter in C's form: a descriptor or a negative errno.
    static func make(
        _ transport: TransportProtocol, _ port: UInt16, _ address: IPAddress?,
        _ filter: UnsafePointer<heddle_filter>, flags: Int32
    ) -> Int32 {
        let octets = address?.octets ?? []
        return switch transport {
        case .tcp: heddle_guard_listener(octets, Int32(octets.count), port, filter, flags)
        case .udp: heddle_guard_datagram(octets, Int32(octets.count), port, filter, flags)
        }
    }
}
