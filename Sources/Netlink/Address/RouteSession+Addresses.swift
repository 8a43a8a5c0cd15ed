public import Addresses

extension RouteSession {
    /// The addresses of one interface, or of all (nil).
    public func addresses(link index: Int32? = nil) throws(NetlinkError) -> [InterfaceAddress] {
        try dump(
            "list the addresses", type: MessageType.getAddress,
            build: { writer in
                // With strict checking the kernel filters by the index; without it, it ignores that.
                writer.appendAddressHeader(family: ProtocolFamily.unspecified, length: 0, index: index ?? 0)
            },
            read: { message throws(NetlinkFormatError) in
                guard message.type == MessageType.newAddress, let address = try InterfaceAddress(message) else {
                    return nil
                }
                return index == nil || address.interfaceIndex == index ? address : nil
            })
    }

    /// Gives an interface an address; `prefix` has the host bits, and the subnet's length. The broadcast address is
    /// set to the subnet's. With `noDuplicateDetection` an IPv6 address is usable at once. Throws `.fileExists` if it
    /// has the address already, unless `replacing`.
    public func addAddress(
        link index: Int32, _ prefix: IPPrefix, noDuplicateDetection: Bool = false, replacing: Bool = false
    ) throws(NetlinkError) {
        let flags = MessageFlags.create | (replacing ? MessageFlags.replace : MessageFlags.exclusive)
        try perform(
            "add the address \(prefix) to the interface number \(index)", type: MessageType.newAddress, flags: flags
        ) { writer in
            writer.appendAddress(prefix, index: index)
            if let broadcast = prefix.broadcast {
                writer.attribute(AddressAttribute.broadcast, octets: broadcast.octets)
            }
            if noDuplicateDetection {
                writer.attribute(AddressAttribute.flags, InterfaceAddress.Flags.noDuplicateDetection.rawValue)
            }
        }
    }

    /// Takes an address from an interface. Throws `.addressNotAvailable` if it doesn't have it.
    public func removeAddress(link index: Int32, _ prefix: IPPrefix) throws(NetlinkError) {
        try perform(
            "remove the address \(prefix) from the interface number \(index)", type: MessageType.deleteAddress
        ) { writer in
            writer.appendAddress(prefix, index: index)
        }
    }
}

extension ProtocolFamily {
    /// The number of an address's family.
    static func of(_ family: IPAddress.Family) -> UInt8 {
        switch family {
        case .v4: ipv4
        case .v6: ipv6
        }
    }
}

extension MessageWriter {
    /// Appends struct ifaddrmsg.
    fileprivate mutating func appendAddressHeader(family: UInt8, length: UInt8, index: Int32) {
        append(family)
        append(length)
        append(UInt8(0))  // flags: in an attribute of their own
        append(UInt8(0))  // scope: everywhere
        append(index)
    }

    fileprivate mutating func appendAddress(_ prefix: IPPrefix, index: Int32) {
        appendAddressHeader(
            family: ProtocolFamily.of(prefix.family), length: UInt8(truncatingIfNeeded: prefix.length), index: index)
        attribute(AddressAttribute.local, octets: prefix.address.octets)
        attribute(AddressAttribute.address, octets: prefix.address.octets)
    }
}
