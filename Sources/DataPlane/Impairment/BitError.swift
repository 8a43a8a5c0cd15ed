/// One changed bit in a packet.
enum BitError {
    /// Changes one bit behind the Ethernet header, which a wire's checksum protects from becoming another station's. A
    /// checksum that its sender left to others is finished first, so that the change shows; none is mended.
    ///
    /// - Parameters:
    ///   - header: the virtio_net_hdr, with the frame right behind it; this packet's own memory.
    ///   - length: of the frame.
    ///   - random: which bit.
    @_noAllocation @_noLocks
    static func strike(_ header: UnsafeMutableRawPointer, length: Int, random: UInt64) {
        let frame = header + VirtioNetHeader.length
        if !VirtioNetHeader.isSuperframe(header) {
            finishChecksum(header, length: length)
            // Nobody has found this checksum right.
            header.storeNative64(0, at: 0)
            header.storeNative16(0, at: 8)
        }
        guard length > Ethernet.headerLength else { return }
        let bits = UInt64(truncatingIfNeeded: (length &- Ethernet.headerLength) &* 8)
        let bit = PacketRandom.reduce(random, below: bits)
        // Below `length`: `bit` is below `bits`.
        let place = Ethernet.headerLength &+ Int(truncatingIfNeeded: bit &>> 3)
        frame.storeByte(UnsafeRawPointer(frame).byte(at: place) ^ (1 &<< UInt8(truncatingIfNeeded: bit & 7)), at: place)
    }

    @_noAllocation @_noLocks @inline(__always)
    private static func finishChecksum(_ header: UnsafeMutableRawPointer, length: Int) {
        let fields = UnsafeRawPointer(header)
        guard fields.byte(at: 0) & VirtioNetHeader.needsChecksum != 0 else { return }
        _ = Checksum.complete(
            header + VirtioNetHeader.length, length: length, start: fields.native16(at: 6),
            offset: fields.native16(at: 8))
    }
}
