public import Addresses
import SystemPackage

extension RouteSession {
    /// All interfaces of the namespace.
    public func links() throws(NetlinkError) -> [Link] {
        try dump(
            "list the interfaces", type: MessageType.getLink,
            build: { writer in
                writer.appendLinkHeader()
                writer.attribute(LinkAttribute.extensionMask, skipStatistics)
            },
            read: { message throws(NetlinkFormatError) in
                message.type == MessageType.newLink ? try Link(message) : nil
            })
    }

    /// The interface of that name, or nil.
    public func link(named name: String) throws(NetlinkError) -> Link? {
        // The kernel refuses such names as malformed, but that is no answer to "is it there?".
        guard !name.isEmpty, name.utf8.count <= 15, !name.utf8.contains(0) else { return nil }
        return try find("read the interface \(name)", index: 0, name: name)
    }

    /// The interface with that number, or nil.
    public func link(index: Int32) throws(NetlinkError) -> Link? {
        guard index > 0 else { return nil }
        return try find("read the interface number \(index)", index: index, name: nil)
    }

    private func find(
        _ operation: @autoclosure () -> String, index: Int32, name: String?
    ) throws(NetlinkError) -> Link? {
        var link: Link?
        do throws(NetlinkError) {
            try perform(
                operation(), type: MessageType.getLink,
                build: { writer in
                    writer.appendLinkHeader(index: index)
                    if let name { writer.attribute(LinkAttribute.name, text: name) }
                    writer.attribute(LinkAttribute.extensionMask, skipStatistics)
                },
                read: { message throws(NetlinkFormatError) in
                    if message.type == MessageType.newLink { link = try Link(message) ?? link }
                })
        } catch {
            guard error.errno == .operationNotSupportedByDevice else { throw error }
            return nil
        }
        return link
    }

    /// Changes an interface with one request. A refused change may be half done: the kernel moves the interface first,
    /// and if the new name is taken there, it stays there under its old one.
    public func change(link index: Int32, _ change: LinkChange) throws(NetlinkError) {
        try perform("change the interface number \(index)", type: MessageType.setLink) { writer in
            let flags = change.flags
            writer.appendLinkHeader(index: index, flags: flags.value, mask: flags.mask)
            change.write(to: &writer)
        }
    }

    /// Says how the kernel makes the interface's IPv6 addresses. Belongs between moving it and bringing it up: moving
    /// resets it, and the first address is made when it comes up.
    public func setIPv6AddressGeneration(
        link index: Int32, _ mode: IPv6AddressGeneration
    ) throws(NetlinkError) {
        try perform("set IPv6 address generation of the interface number \(index)", type: MessageType.setLink) {
            writer in
            writer.appendLinkHeader(index: index)
            writer.nested(LinkAttribute.addressFamilySpecific) { families in
                families.nested(UInt16(ProtocolFamily.ipv6)) { ipv6 in
                    ipv6.attribute(LinkAttribute.ipv6AddressGeneration, mode.rawValue)
                }
            }
        }
    }

    /// Removes an interface; one end of a veth pair takes the other with it.
    public func deleteLink(index: Int32) throws(NetlinkError) {
        try perform("delete the interface number \(index)", type: MessageType.deleteLink) { writer in
            writer.appendLinkHeader(index: index)
        }
    }

    /// Removes an interface; one end of a veth pair takes the other with it.
    public func deleteLink(named name: String) throws(NetlinkError) {
        try perform("delete the interface \(name)", type: MessageType.deleteLink) { writer in
            writer.appendLinkHeader()
            writer.attribute(LinkAttribute.name, text: name)
        }
    }
}

/// RTEXT_FILTER_SKIP_STATS of linux/rtnetlink.h: leaves out IPv6's statistics, the longest part of an answer.
private let skipStatistics: UInt32 = 1 << 3

extension RouteSession {
    /// Brings an interface up or takes it down.
    public func setUp(link index: Int32, _ isUp: Bool = true) throws(NetlinkError) {
        var change = LinkChange()
        change.isUp = isUp
        try self.change(link: index, change)
    }

    /// Gives an interface another name.
    public func rename(link index: Int32, to name: InterfaceName) throws(NetlinkError) {
        var change = LinkChange()
        change.name = name
        try self.change(link: index, change)
    }

    /// Gives an interface another MAC address.
    public func setMAC(link index: Int32, _ mac: MACAddress) throws(NetlinkError) {
        var change = LinkChange()
        change.mac = mac
        try self.change(link: index, change)
    }

    /// Sets the largest layer-3 packet, in bytes.
    public func setMTU(link index: Int32, _ mtu: UInt32) throws(NetlinkError) {
        var change = LinkChange()
        change.mtu = mtu
        try self.change(link: index, change)
    }

    /// Gives an interface a text of at most 255 bytes, or takes it away if that is empty.
    public func setAlias(link index: Int32, _ alias: String) throws(NetlinkError) {
        var change = LinkChange()
        change.alias = alias
        try self.change(link: index, change)
    }

    /// Puts an interface into a bridge or bond, or takes it out if `master` is nil.
    public func setMaster(link index: Int32, _ master: Int32?) throws(NetlinkError) {
        var change = LinkChange()
        change.master = master ?? 0
        try self.change(link: index, change)
    }
}

extension RouteSession where Transport == NetlinkSocket {
    /// Moves an interface to another namespace and gives it a name there, in one step.
    ///
    /// Throws `.fileExists` if that name is taken there, and the interface stays here as it is; should the name be
    /// taken in the very moment of the move, it is there under its old name, and the error says so.
    public func move(
        link index: Int32, to namespace: NetworkNamespace, as name: InterfaceName
    ) throws(NetlinkError) {
        let operation = "move the interface number \(index) to the namespace \(namespace.identity) as \(name)"
        // The kernel looks at the name after the move only.
        if try RouteSocket(in: namespace).link(named: name.text) != nil {
            throw NetlinkError(errno: .fileExists, operation: operation, message: "the name is taken there")
        }
        var change = LinkChange()
        change.namespace = namespace
        change.name = name
        do throws(NetlinkError) {
            try self.change(link: index, change)
        } catch {
            let isGone = (try? link(index: index)) == .some(nil) && !error.isMissing
            let message = isGone ? "it is there now, under its old name" : error.message
            throw NetlinkError(errno: error.errno, operation: operation, message: message)
        }
    }
}

extension MessageWriter {
    /// Appends struct ifinfomsg.
    mutating func appendLinkHeader(index: Int32 = 0, flags: UInt32 = 0, mask: UInt32 = 0) {
        append(ProtocolFamily.unspecified)
        append(UInt8(0))  // padding
        append(UInt16(0))  // hardware type
        append(index)
        append(flags)
        append(mask)
    }
}
