import Addresses
import CLinux
import Glibc
import SystemPackage

/// A range of the host's ports that is kept for translated flows: each is bound for TCP and for UDP by a socket that takes
/// nothing.
public struct PoolReservation: Sendable {
    /// A port and the sockets that keep it.
    public struct Port: Sendable, Hashable {
        /// Its number.
        public var number: UInt16
        /// A listener.
        public var tcp: Int32
        /// A UDP socket.
        public var udp: Int32

        /// Joins a port and its sockets.
        public init(number: UInt16, tcp: Int32, udp: Int32) {
            self.number = number
            self.tcp = tcp
            self.udp = udp
        }
    }

    /// The ports that translated flows use: above those that the kernel gives to others of its own accord.
    public static let standardPorts: ClosedRange<UInt16> = 61_440...65_535

    /// What is kept, in order. Whoever gets this owns the descriptors.
    public private(set) var ports: [Port] = []
    /// What is not, since somebody else has the port for one of the protocols, in order.
    public private(set) var taken: [UInt16] = []

    /// All descriptors.
    public var descriptors: [Int32] { ports.flatMap { [$0.tcp, $0.udp] } }

    /// Keeps the ports in the calling thread's network namespace, for all addresses of both families. A port that
    /// somebody else has for either protocol is left alone; all other failures, above all EMFILE (two descriptors a port
    /// are needed), let go of everything.
    public init(_ range: ClosedRange<UInt16> = standardPorts) throws(PortError) {
        // One loaded program for all sockets: attached at once, and its memory is there once.
        let shared = heddle_filter_drop_all()
        defer { if shared >= 0 { Glibc.close(shared) } }
        let failure = SocketFilter.dropAll.withCFilter { classic in
            var filter = classic.pointee
            filter.shared = shared
            return reserve(range, &filter)
        }
        guard let failure else { return }
        close()
        throw failure
    }

    /// Lets go of all ports.
    public mutating func close() {
        for descriptor in descriptors { Glibc.close(descriptor) }
        ports = []
    }

    private mutating func reserve(_ range: ClosedRange<UInt16>, _ filter: UnsafePointer<heddle_filter>) -> PortError? {
        ports.reserveCapacity(range.count)
        for number in range {
            let tcp = GuardSocket.make(.tcp, number, nil, filter, flags: Int32(HEDDLE_GUARD_POOL))
            if tcp < 0, tcp != -EADDRINUSE { return Self.error(tcp, .tcp, number) }
            if tcp < 0 {
                taken.append(number)
                continue
            }
            let udp = GuardSocket.make(.udp, number, nil, filter, flags: Int32(HEDDLE_GUARD_POOL))
            if udp < 0 { Glibc.close(tcp) }
            if udp < 0, udp != -EADDRINUSE { return Self.error(udp, .udp, number) }
            if udp < 0 {
                taken.append(number)
            } else {
                ports.append(Port(number: number, tcp: tcp, udp: udp))
            }
        }
        return nil
    }

    private static func error(_ result: Int32, _ transport: TransportProtocol, _ number: UInt16) -> PortError {
        PortError(errno: Errno(rawValue: -result), subject: "the pool's port \(number)/\(transport)")
    }
}
