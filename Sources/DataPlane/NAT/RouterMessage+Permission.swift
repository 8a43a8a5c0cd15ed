extension RouterMessage {
    /// Whether the sender of an IPv4 packet may be told (RFC 1122, 3.2.2; RFC 1812, 4.3.2.7).
    @inline(__always) @_noAllocation @_noLocks
    static func mayAnswer(_ packet: IPv4View) -> Bool {
        let fragment = packet.bytes.bigEndian16(at: 6)
        guard fragment & 0x1FFF == 0, packet.totalLength >= packet.headerLength else {
            return false
        }
        let source = packet.source
        // 0/8, 127/8, groups and what is above them, up to broadcast.
        let network = source &>> 24
        if network == 0 || network == 127 || network >= 224 || packet.destination &>> 24 >= 224 { return false }
        if packet.protocol != IPProtocol.icmp { return true }
        return packet.payloadAvailable >= 1 && !isError(icmp: packet.payload.byte(at: 0))
    }

    /// Destination unreachable, source quench, redirect, time exceeded, parameter problem.
    @inline(__always) @_noAllocation @_noLocks
    private static func isError(icmp type: UInt8) -> Bool {
        type == 3 || type == 4 || type == 5 || type == 11 || type == 12
    }

    /// Whether the sender of an IPv6 packet may be told (RFC 4443, 2.4 e).
    @inline(__always) @_noAllocation @_noLocks
    static func mayAnswer(_ packet: IPv6View) -> Bool {
        // Multicast, unspecified, loopback.
        if packet.sourceHigh &>> 56 == 0xFF || packet.sourceHigh == 0 && packet.sourceLow <= 1 { return false }
        if packet.bytes.byte(at: 24) == 0xFF { return false }
        let walk = IPv6ExtensionWalk(packet)
        guard walk.isComplete, !walk.isLaterFragment else { return false }
        if walk.protocol != IPProtocol.icmpv6 { return true }
        guard walk.offset < packet.available else { return false }
        // Errors are all below 128 (RFC 4443, 2.1).
        let type = packet.bytes.byte(at: walk.offset)
        return type >= 128 && type != ICMPv6View.redirect
    }
}
