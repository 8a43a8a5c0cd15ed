/// What stands in front of a frame that leaves with another tag than it came with: the frame itself is not touched,
/// since others may be sending the same slot.
public struct TagRewrite {
    /// Bytes that were written to the scratch: virtio_net_hdr, addresses, and a tag if there is one. 0: nothing to do.
    public let count: Int
    /// Bytes of the frame, from the destination address on, that the scratch replaces.
    public let skip: Int

    /// Bytes the scratch must have.
    public static var scratchLength: Int { @_noAllocation @_noLocks get { 64 } }

    @inline(__always) @_noAllocation @_noLocks
    private init(count: Int, skip: Int) {
        self.count = count
        self.skip = skip
    }

    /// Writes what `action` asks for. Send `scratch[0 ..< count]`, then the frame from byte `skip` on.
    ///
    /// - Parameters:
    ///   - action: as `Switch.egress` said.
    ///   - header: the virtio_net_hdr with the frame right behind it; only read.
    ///   - length: of the frame.
    ///   - scratch: `scratchLength` bytes.
    /// - Returns: with `count` 0 if there is nothing to rewrite, or the frame is too short to be (it then has to go
    ///   unchanged or not at all; a frame that passed `Switch.verdict` never is).
    @_noAllocation @_noLocks
    public static func write(
        _ action: EgressAction, header: UnsafeRawPointer, length: Int, into scratch: UnsafeMutableRawPointer
    ) -> TagRewrite {
        let pushes: Bool
        let pops: Bool
        switch action.kind {
        case .pushTag: (pushes, pops) = (true, false)
        case .popTag: (pushes, pops) = (false, true)
        case .setTag: (pushes, pops) = (true, true)
        case .skip, .drop, .passUnchanged: return TagRewrite(count: 0, skip: 0)
        }
        // A tag and the EtherType behind it: what is loaded below lies inside.
        let needed = pops ? Ethernet.headerLength &+ VLANTag.length : Ethernet.headerLength
        guard length >= needed else { return TagRewrite(count: 0, skip: 0) }
        let front = VirtioNetHeader.length &+ Ethernet.addressesLength
        scratch.storeNative64(header.native64(at: 0), at: 0)
        scratch.storeNative64(header.native64(at: 8), at: 8)
        scratch.storeNative64(header.native64(at: 14), at: 14)
        if pushes {
            // A tag that is replaced keeps its priority and drop eligibility (the upper 4 bits).
            let kept = pops ? header.bigEndian16(at: front &+ 2) & ~VLANTag.identifierMask : 0
            scratch.storeBigEndian16(EtherType.vlan, at: front)
            scratch.storeBigEndian16(kept | action.vlan & VLANTag.identifierMask, at: front &+ 2)
        }
        VirtioNetHeader.shift(scratch, by: (pushes ? VLANTag.length : 0) &- (pops ? VLANTag.length : 0))
        return TagRewrite(
            count: front &+ (pushes ? VLANTag.length : 0),
            skip: Ethernet.addressesLength &+ (pops ? VLANTag.length : 0))
    }
}
