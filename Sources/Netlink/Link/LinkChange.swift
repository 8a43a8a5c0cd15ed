public import Addresses
import SystemPackage

/// How the kernel makes an interface's own IPv6 addresses (enum in6_addr_gen_mode of linux/if_link.h).
public enum IPv6AddressGeneration: UInt8, Hashable, Sendable {
    /// From the MAC address: the kernel's default.
    case eui64 = 0
    /// None at all: without an address that somebody gives it, the interface stays silent on IPv6.
    case none = 1
    /// From a secret that is set by sysctl.
    case stablePrivacy = 2
    /// From a secret that is drawn at random.
    case random = 3
}

/// What is to be changed of an interface, all with one request. Members that are nil stay as they are.
public struct LinkChange: Hashable, Sendable {
    /// A new name.
    public var name: InterfaceName?
    /// A namespace to move it to, before all else is done. It is down after that, loses its addresses, and its index
    /// may be another. With `name` it gets that name there, whatever is called so here.
    public var namespace: NetworkNamespace?
    /// A new MAC address.
    public var mac: MACAddress?
    /// Largest layer-3 packet, in bytes.
    public var mtu: UInt32?
    /// Whether it is to work.
    public var isUp: Bool?
    /// Whether it is to take frames for other stations.
    public var isPromiscuous: Bool?
    /// Free text of at most 255 bytes; empty to take it away.
    public var alias: String?
    /// Packets that its queue holds.
    public var txQueueLength: UInt32?
    /// Index of the bridge or bond that it is to belong to; 0 for none.
    public var master: Int32?
    /// Largest super-frame that the stack may hand it, in bytes.
    public var gsoMaximumSize: UInt32?
    /// Number of its group.
    public var group: UInt32?

    /// Makes a change of nothing; set the members that matter.
    public init() {}

    /// Bits of `isUp` and `isPromiscuous`, and which of them are to change.
    var flags: (value: UInt32, mask: UInt32) {
        var value: UInt32 = 0
        var mask: UInt32 = 0
        for (wanted, bit) in [(isUp, LinkFlag.up), (isPromiscuous, LinkFlag.promiscuous)] {
            guard let wanted else { continue }
            mask |= bit
            if wanted { value |= bit }
        }
        return (value, mask)
    }

    /// Appends the attributes of what is to change.
    func write(to writer: inout MessageWriter) {
        if let namespace { writer.attribute(LinkAttribute.namespaceDescriptor, namespace.descriptor.rawValue) }
        if let name { writer.attribute(LinkAttribute.name, text: name.text) }
        if let mac { writer.attribute(LinkAttribute.address, octets: mac.octets) }
        if let mtu { writer.attribute(LinkAttribute.mtu, mtu) }
        if let alias { writer.attribute(LinkAttribute.alias, text: alias) }
        if let txQueueLength { writer.attribute(LinkAttribute.txQueueLength, txQueueLength) }
        if let master { writer.attribute(LinkAttribute.master, master) }
        if let gsoMaximumSize { writer.attribute(LinkAttribute.gsoMaximumSize, gsoMaximumSize) }
        if let group { writer.attribute(LinkAttribute.group, group) }
    }
}
