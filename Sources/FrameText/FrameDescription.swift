public import Addresses

/// A frame in few words. What is nil was left open: whoever knows the network fills it in.
public struct FrameDescription: Sendable, Hashable {
    /// What the frame carries.
    public enum Kind: Sendable, Hashable {
        /// TCP, with the flags as they stand in the header.
        case tcp(flags: UInt8)
        /// UDP.
        case udp
        /// ICMP echo.
        case icmp(isReply: Bool)
        /// ICMPv6 echo.
        case icmp6(isReply: Bool)
        /// ARP: who has the destination, tell the source.
        case arp
        /// Neighbour solicitation for the destination.
        case neighbourSolicitation
        /// Another payload, zeros, behind this type.
        case ethernet(type: UInt16)
    }

    /// See `Kind`.
    public var kind: Kind
    /// Of the packet; the asker of ARP and neighbour discovery.
    public var source: IPAddress?
    /// Of the packet, or what is asked for; nil only for `ethernet`.
    public var destination: IPAddress?
    /// TCP and UDP.
    public var sourcePort: UInt16 = Self.firstDynamicPort
    /// TCP and UDP.
    public var destinationPort: UInt16 = 0
    /// Of the Ethernet header.
    public var sourceMAC: MACAddress?
    /// Of the Ethernet header.
    public var destinationMAC: MACAddress?
    /// IEEE 802.1Q identifiers, 0…4095, the outer one first; at most two.
    public var vlans: [UInt16] = []
    /// TTL of IPv4, hop limit of IPv6; nil: 64, and 255 for neighbour discovery, which asks for it (RFC 4861, 7.1.1).
    public var hopLimit: UInt8?
    /// Bytes behind the TCP, UDP or ICMP echo header, or behind the Ethernet header of `ethernet`.
    public var payload = 0
    /// IPv4's bit.
    public var isUnfragmentable = false
    /// Of an echo.
    public var identifier: UInt16 = 1
    /// Of an echo.
    public var sequence: UInt16 = 1

    /// The first port that nobody is registered for (RFC 6335, 6).
    public static let firstDynamicPort: UInt16 = 49_152

    /// Says nothing but the kind.
    public init(_ kind: Kind) {
        self.kind = kind
    }

    /// What the frame's addresses must be; nil where there are none.
    public var family: IPAddress.Family? {
        switch kind {
        case .icmp, .arp: .v4
        case .icmp6, .neighbourSolicitation: .v6
        case .tcp, .udp: destination?.family ?? source?.family
        case .ethernet: nil
        }
    }

    /// The group that the frame goes to at layer 2, if its packet goes to one: broadcast, RFC 1112 (6.4), RFC 2464 (7).
    /// `broadcasts` are the subnets' own. nil: one station's.
    public func groupMAC(broadcasts: [IPAddress] = []) -> MACAddress? {
        if kind == .arp { return .broadcast }
        guard let destination = solicited ?? destination else { return nil }
        switch destination {
        case .v4(let address):
            if address.isLimitedBroadcast || broadcasts.contains(destination) { return .broadcast }
            return address.isMulticast ? MACAddress(value: 0x0100_5E00_0000 | UInt64(address.value & 0x7F_FFFF)) : nil
        case .v6(let address):
            return address.isMulticast ? MACAddress(value: 0x3333_0000_0000 | (address.low & 0xFFFF_FFFF)) : nil
        }
    }

    /// The solicited-node address that a neighbour solicitation goes to (RFC 4291, 2.7.1).
    var solicited: IPAddress? {
        guard kind == .neighbourSolicitation, case .v6(let target) = destination else { return nil }
        return .v6(IPv6Address(high: 0xFF02 << 48, low: 0x1_FF00_0000 | target.low & 0xFF_FFFF))
    }
}
