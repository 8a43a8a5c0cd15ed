public import Addresses

/// An entry of the neighbour table (ARP and ND).
public struct Neighbour: Hashable, Sendable {
    /// How sure the kernel is (NUD_* of linux/neighbour.h).
    public struct State: OptionSet, Hashable, Sendable {
        /// The bits as the kernel has them.
        public let rawValue: UInt16

        /// Makes a set of the kernel's bits.
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// Being asked for.
        public static let incomplete = State(rawValue: 0x01)
        /// Known and confirmed lately.
        public static let reachable = State(rawValue: 0x02)
        /// Known, confirmed some time ago.
        public static let stale = State(rawValue: 0x04)
        /// In use and soon to be asked again.
        public static let delay = State(rawValue: 0x08)
        /// Being asked again.
        public static let probe = State(rawValue: 0x10)
        /// Nobody answered.
        public static let failed = State(rawValue: 0x20)
        /// Needs no answer (multicast, loopback).
        public static let noARP = State(rawValue: 0x40)
        /// Set by the administrator.
        public static let permanent = State(rawValue: 0x80)
    }

    /// Index of the interface.
    public var interfaceIndex: Int32
    /// The neighbour's address.
    public var address: IPAddress
    /// Its MAC address, if it is known.
    public var mac: MACAddress?
    /// How sure the kernel is.
    public var state: State
}

extension Neighbour {
    /// Size of struct ndmsg.
    static let headerSize = 12

    /// Reads a message of type RTM_NEWNEIGH or RTM_DELNEIGH; nil for other families than IPv4 and IPv6, such as a
    /// bridge's stations.
    init?(_ message: NetlinkMessage) throws(NetlinkFormatError) {
        let payload = message.payload
        let family: UInt8 = try payload.number(at: 0, of: "a neighbour")
        interfaceIndex = try payload.number(at: 4, of: "a neighbour")
        state = State(rawValue: try payload.number(at: 8, of: "a neighbour"))
        var attributes = AttributeReader(try payload.rest(from: Neighbour.headerSize, of: "a neighbour"))
        guard family == ProtocolFamily.ipv4 || family == ProtocolFamily.ipv6 else { return nil }
        var destination: IPAddress?
        while let attribute = try attributes.next() {
            switch attribute.type {
            case NeighbourAttribute.destination: destination = try attribute.ipAddress()
            case NeighbourAttribute.linkAddress: mac = attribute.macAddress
            default: break
            }
        }
        guard let destination else { return nil }
        address = destination
    }
}
