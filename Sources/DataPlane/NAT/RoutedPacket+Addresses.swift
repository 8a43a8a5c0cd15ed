extension RoutedPacket {
    /// Whether nobody can have sent the packet with this source (RFC 1812, 5.3.7; RFC 6890): this network, loopback, a
    /// group, reserved, unspecified, IPv4 in IPv6's clothes, or the destination itself.
    package var isMartianSource: Bool {
        @_noAllocation @_noLocks get {
            if source.hasSameAddress(as: destination) { return true }
            return Self.isNobody(source, isIPv4: isIPv4)
        }
    }

    /// Whether no router may send the packet on to its destination: a group, broadcast, link-local, or none at all.
    package var isUnroutable: Bool {
        @_noAllocation @_noLocks get {
            Self.isNobody(destination, isIPv4: isIPv4) || Self.isLinkLocal(destination, isIPv4: isIPv4)
        }
    }

    /// Whether the source holds on its link only (RFC 3927, 2.7; RFC 4291, 2.5.6): such a packet may be for the host,
    /// and isn't sent on.
    package var isLinkLocalSource: Bool {
        @_noAllocation @_noLocks get { Self.isLinkLocal(source, isIPv4: isIPv4) }
    }

    /// Whether neighbour discovery may go on with that destination: IPv6's link-local addresses and groups.
    package var isDiscoverable: Bool {
        @_noAllocation @_noLocks get {
            !isIPv4 && (destination.high &>> 56 == 0xFF || Self.isLinkLocal(destination, isIPv4: false))
        }
    }

    @inline(__always) @_noAllocation @_noLocks
    private static func isNobody(_ address: TransportAddress, isIPv4: Bool) -> Bool {
        if isIPv4 {
            let network = address.ipv4 &>> 24
            return network == 0 || network == 127 || network >= 224
        }
        return address.high &>> 56 == 0xFF || address.high == 0 && address.low <= 1 || address.isIPv4
    }

    @inline(__always) @_noAllocation @_noLocks
    private static func isLinkLocal(_ address: TransportAddress, isIPv4: Bool) -> Bool {
        isIPv4 ? address.ipv4 &>> 16 == 0xA9FE : address.high &>> 54 == 0x3FA
    }
}
