/// Puts a VLAN tag back that the kernel took out of the frame: packet sockets get the outermost tag beside the frame
/// (PACKET_AUXDATA).
public enum VLANRestore {
    /// Bytes that must be free in front of the virtio_net_hdr.
    public static var headroom: Int { @_noAllocation @_noLocks get { 4 } }

    /// Moves the virtio_net_hdr and the two addresses 4 bytes towards lower addresses and writes the tag behind them.
    /// csum_start and hdr_len are moved along where they are in use.
    ///
    /// - Parameters:
    ///   - tpid: 0x8100 or 0x88A8, in host order.
    ///   - tci: priority and VLAN, in host order.
    ///   - header: the virtio_net_hdr, with the frame right behind it and `headroom` bytes free before it.
    ///   - length: of the frame without the tag.
    /// - Returns: the virtio_net_hdr's new place, `headroom` bytes lower (the frame is 4 bytes longer now); nil, and
    ///   nothing is changed, if the frame is too short to have addresses.
    @_noAllocation @_noLocks
    public static func insert(
        tpid: UInt16, tci: UInt16, at header: UnsafeMutableRawPointer, length: Int
    ) -> UnsafeMutableRawPointer? {
        guard length >= Ethernet.addressesLength else { return nil }
        let moved = VirtioNetHeader.length &+ Ethernet.addressesLength
        // 22 bytes, read completely before anything is written: 0…7, 8…15, 14…21.
        let source = UnsafeRawPointer(header)
        let first = source.native64(at: 0)
        let second = source.native64(at: 8)
        let third = source.native64(at: 14)
        let target = header - headroom
        target.storeNative64(first, at: 0)
        target.storeNative64(second, at: 8)
        target.storeNative64(third, at: 14)
        target.storeBigEndian16(tpid, at: moved)
        target.storeBigEndian16(tci, at: moved &+ 2)
        VirtioNetHeader.shift(target, by: VLANTag.length)
        return target
    }
}

extension VirtioNetHeader {
    /// Moves csum_start (if it is in use) and hdr_len (if it is told) after bytes were put in or taken out of the
    /// frame before them. A sum outside 0…65535 is wrapped: `check` comes after or came before.
    @inline(__always) @_noAllocation @_noLocks
    package static func shift(_ header: UnsafeMutableRawPointer, by count: Int) {
        let fields = UnsafeRawPointer(header)
        if fields.byte(at: 0) & needsChecksum != 0 {
            header.storeNative16(UInt16(truncatingIfNeeded: Int(fields.native16(at: 6)) &+ count), at: 6)
        }
        let told = fields.native16(at: 2)
        if told != 0 {
            header.storeNative16(UInt16(truncatingIfNeeded: Int(told) &+ count), at: 2)
        }
    }
}
