extension RoutedPacket {
    /// Changes the source's address of a fragment other than the first, which has no ports.
    @_noAllocation @_noLocks
    package func rewriteLaterFragmentSource(_ header: UnsafeMutableRawPointer, to new: TransportAddress) {
        guard case .laterFragment = kind else { return }
        rewriteSource(header, to: new)
    }

    /// Changes the destination's address of a fragment other than the first.
    @_noAllocation @_noLocks
    package func rewriteLaterFragmentDestination(_ header: UnsafeMutableRawPointer, to new: TransportAddress) {
        guard case .laterFragment = kind else { return }
        rewriteDestination(header, to: new)
    }

    /// Changes the identification, by which fragments of one datagram know each other: two senders behind one address
    /// may have chosen the same. Of IPv4 the lower 16 bits; of IPv6 nothing if there is no fragment header.
    @_noAllocation @_noLocks
    package func rewriteIdentification(_ header: UnsafeMutableRawPointer, to new: UInt32) {
        guard isIP else { return }
        let frame = header + VirtioNetHeader.length
        if !isIPv4 {
            if fragmentHeader != 0 { frame.storeBigEndian32(new, at: fragmentHeader &+ 4) }
            return
        }
        let network = frame + networkOffset
        let old = UnsafeRawPointer(network).bigEndian16(at: 4)
        network.storeBigEndian16(UInt16(truncatingIfNeeded: new), at: 4)
        var change = ChecksumChange()
        change.replace(old, by: UInt16(truncatingIfNeeded: new))
        Self.apply(change, to: network, at: 10)
    }

    /// Bytes of the datagram's payload that this fragment holds; 0 if it isn't one.
    package var fragmentLength: Int {
        @_noAllocation @_noLocks get {
            fragmentPayload == 0 ? 0 : networkOffset &+ packetLength &- fragmentPayload
        }
    }
}
