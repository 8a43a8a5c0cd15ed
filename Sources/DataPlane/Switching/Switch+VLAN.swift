extension Switch {
    /// Finds the VLAN of a frame in a domain that has access ports.
    ///
    /// - Parameters:
    ///   - frame: at least `shortestTagged` bytes if it is tagged.
    ///   - etherType: its first.
    ///   - access: the ingress port's VLAN; 0: a trunk.
    ///   - vlan: the VLAN and the bits of `Verdict` are added.
    /// - Returns: why the frame may not come in, or `.none`.
    @inline(__always) @_noAllocation @_noLocks
    func classify(_ frame: EthernetView, etherType: UInt16, access: UInt16, vlan: inout UInt16) -> DropReason {
        vlan |= access | Verdict.awareBit
        if etherType != EtherType.vlan {
            // Other kinds of tags are payload between trunks, and a way round the VLANs at an access port.
            let isOtherTag = etherType == EtherType.serviceVLAN || etherType == EtherType.legacyVLAN
            return access != 0 && isOtherTag ? .vlanTagged : .none
        }
        let identifier = frame.bytes.bigEndian16(at: Ethernet.headerLength) & VLANTag.identifierMask
        if identifier > VLANTag.largestIdentifier { return .vlanReserved }
        vlan |= Verdict.taggedBit
        if access == 0 {
            vlan |= identifier
            return .none
        }
        // A priority tag (VLAN 0) is accepted, but not with another tag behind it, which would show on the way out.
        if identifier != 0 { return .vlanTagged }
        let inner = frame.bytes.bigEndian16(at: Ethernet.headerLength &+ 2)
        return EtherType.isTag(inner) || inner == EtherType.legacyVLAN ? .vlanTagged : .none
    }
}
