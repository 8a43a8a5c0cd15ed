public import Addresses

/// An address that an interface has.
public struct InterfaceAddress: Hashable, Sendable {
    /// What the kernel says of an address (IFA_F_* of linux/if_addr.h).
    public struct Flags: OptionSet, Hashable, Sendable {
        /// The bits as the kernel has them.
        public let rawValue: UInt32

        /// Makes a set of the kernel's bits.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// IPv4: not the first of its subnet. IPv6: a temporary address.
        public static let secondary = Flags(rawValue: 0x01)
        /// No duplicate address detection: usable at once.
        public static let noDuplicateDetection = Flags(rawValue: 0x02)
        /// Duplicate address detection found another owner.
        public static let duplicateDetectionFailed = Flags(rawValue: 0x08)
        /// Duplicate address detection is under way: not usable yet.
        public static let tentative = Flags(rawValue: 0x40)
        /// It has no lifetime.
        public static let permanent = Flags(rawValue: 0x80)
        /// The kernel makes no route for the prefix.
        public static let noPrefixRoute = Flags(rawValue: 0x200)
    }

    /// Index of the interface.
    public var interfaceIndex: Int32
    /// The address and the length of its subnet's prefix.
    public var prefix: IPPrefix
    /// The other end of a point-to-point link, if that is another address.
    public var peer: IPAddress?
    /// The broadcast address.
    public var broadcast: IPAddress?
    /// RT_SCOPE_* of linux/rtnetlink.h: 0 everywhere, 253 on this link, 254 on this host.
    public var scope: UInt8
    /// What the kernel says of it.
    public var flags: Flags
    /// IPv4: the interface's name, or a name that begins so.
    public var label: String?
}

extension InterfaceAddress {
    /// Size of struct ifaddrmsg.
    static let headerSize = 8

    /// Reads a message of type RTM_NEWADDR or RTM_DELADDR; nil for other families than IPv4 and IPv6.
    init?(_ message: NetlinkMessage) throws(NetlinkFormatError) {
        let payload = message.payload
        let family: UInt8 = try payload.number(at: 0, of: "an address")
        let length: UInt8 = try payload.number(at: 1, of: "an address")
        let shortFlags: UInt8 = try payload.number(at: 2, of: "an address")
        scope = try payload.number(at: 3, of: "an address")
        interfaceIndex = try payload.number(at: 4, of: "an address")
        flags = Flags(rawValue: UInt32(shortFlags))
        guard family == ProtocolFamily.ipv4 || family == ProtocolFamily.ipv6 else { return nil }
        var local: IPAddress?
        var far: IPAddress?
        var attributes = AttributeReader(try payload.rest(from: InterfaceAddress.headerSize, of: "an address"))
        while let attribute = try attributes.next() {
            switch attribute.type {
            case AddressAttribute.local: local = try attribute.ipAddress()
            case AddressAttribute.address: far = try attribute.ipAddress()
            case AddressAttribute.broadcast: broadcast = try attribute.ipAddress()
            case AddressAttribute.label: label = attribute.text
            case AddressAttribute.flags: flags = Flags(rawValue: try attribute.number())
            default: break
            }
        }
        // IFA_ADDRESS alone is the address; beside IFA_LOCAL it is the other end of the link.
        guard let own = local ?? far else { throw NetlinkFormatError("an address message without an address") }
        guard let prefix = IPPrefix(own, length: Int(length)) else {
            throw NetlinkFormatError("an address has the prefix length \(length)")
        }
        self.prefix = prefix
        if let far, far != own { peer = far }
    }
}
