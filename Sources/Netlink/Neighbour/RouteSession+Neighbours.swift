public import Addresses

extension RouteSession {
    /// The neighbours on one interface, or on all (nil), of one family or of both.
    public func neighbours(
        link index: Int32? = nil, family: IPAddress.Family? = nil
    ) throws(NetlinkError) -> [Neighbour] {
        try dump(
            "list the neighbours", type: MessageType.getNeighbour,
            build: { writer in
                let number = family.map { ProtocolFamily.of($0) } ?? ProtocolFamily.unspecified
                writer.appendNeighbourHeader(family: number, index: 0, state: [])
            },
            read: { message throws(NetlinkFormatError) in
                guard message.type == MessageType.newNeighbour, let neighbour = try Neighbour(message) else {
                    return nil
                }
                return index == nil || neighbour.interfaceIndex == index ? neighbour : nil
            })
    }

    /// Sets a neighbour for good, in the place of what was known of it.
    public func setNeighbour(link index: Int32, _ address: IPAddress, mac: MACAddress) throws(NetlinkError) {
        try perform(
            "set the neighbour \(address) on the interface number \(index)", type: MessageType.newNeighbour,
            flags: MessageFlags.create | MessageFlags.replace
        ) { writer in
            writer.appendNeighbourHeader(
                family: ProtocolFamily.of(address.family), index: index, state: .permanent)
            writer.attribute(NeighbourAttribute.destination, octets: address.octets)
            writer.attribute(NeighbourAttribute.linkAddress, octets: mac.octets)
        }
    }

    /// Forgets a neighbour. Throws `.noSuchFileOrDirectory` if there is none.
    public func removeNeighbour(link index: Int32, _ address: IPAddress) throws(NetlinkError) {
        try perform(
            "remove the neighbour \(address) from the interface number \(index)", type: MessageType.deleteNeighbour
        ) { writer in
            writer.appendNeighbourHeader(family: ProtocolFamily.of(address.family), index: index, state: [])
            writer.attribute(NeighbourAttribute.destination, octets: address.octets)
        }
    }

    /// Has the kernel find out where a neighbour is, or whether it still is where it was: as if it had a packet for it.
    /// What comes of it is told to monitors.
    public func resolveNeighbour(link index: Int32, _ address: IPAddress) throws(NetlinkError) {
        try perform(
            "look for the neighbour \(address) on the interface number \(index)", type: MessageType.newNeighbour,
            flags: MessageFlags.create
        ) { writer in
            writer.appendNeighbourHeader(
                family: ProtocolFamily.of(address.family), index: index, state: [], flags: inUse)
            writer.attribute(NeighbourAttribute.destination, octets: address.octets)
        }
    }

    /// Adds a station to the table of a VXLAN device: frames for `mac` go to the tunnel end `remote`. For the zero
    /// address, each further one is added: frames for unknown stations go to all of them.
    public func addTunnelStation(link index: Int32, mac: MACAddress, remote: IPAddress) throws(NetlinkError) {
        try perform(
            "add the station \(mac) behind \(remote)", type: MessageType.newNeighbour,
            flags: MessageFlags.create | (mac.isZero ? MessageFlags.append : MessageFlags.replace)
        ) { writer in
            writer.appendNeighbourHeader(
                family: ProtocolFamily.bridge, index: index, state: .permanent, flags: ownTable)
            writer.attribute(NeighbourAttribute.linkAddress, octets: mac.octets)
            writer.attribute(NeighbourAttribute.destination, octets: remote.octets)
        }
    }

    /// Takes a station from the table of a VXLAN device. Throws `.noSuchFileOrDirectory` if it isn't behind `remote`.
    public func removeTunnelStation(link index: Int32, mac: MACAddress, remote: IPAddress) throws(NetlinkError) {
        try perform(
            "remove the station \(mac) behind \(remote)", type: MessageType.deleteNeighbour
        ) { writer in
            writer.appendNeighbourHeader(family: ProtocolFamily.bridge, index: index, state: [], flags: ownTable)
            writer.attribute(NeighbourAttribute.linkAddress, octets: mac.octets)
            writer.attribute(NeighbourAttribute.destination, octets: remote.octets)
        }
    }
}

/// NTF_USE of linux/neighbour.h: resolve or confirm it now.
private let inUse: UInt8 = 0x01

/// NTF_SELF of linux/neighbour.h: the device's own table, not its bridge's.
private let ownTable: UInt8 = 0x02

extension MessageWriter {
    /// Appends struct ndmsg.
    fileprivate mutating func appendNeighbourHeader(
        family: UInt8, index: Int32, state: Neighbour.State, flags: UInt8 = 0
    ) {
        append(family)
        append(UInt8(0))  // padding
        append(UInt16(0))  // padding
        append(index)
        append(state.rawValue)
        append(flags)
        append(UInt8(0))  // kind
    }
}
