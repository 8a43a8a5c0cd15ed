extension Checksum {
    /// The checksum after one 16-bit word of what it covers has changed: RFC 1624, equation 3.
    ///
    /// - Parameters:
    ///   - checksum: as it stands in the header.
    ///   - old: the word as it was.
    ///   - new: the word as it is; all three in the same byte order.
    @inline(__always) @_noAllocation @_noLocks
    public static func updated(_ checksum: UInt16, old: UInt16, new: UInt16) -> UInt16 {
        ~fold(UInt64(~checksum) &+ UInt64(~old) &+ UInt64(new))
    }

    /// The checksum after 32 bits at an even offset have changed.
    ///
    /// - Parameters:
    ///   - checksum: as it stands in the header.
    ///   - old: the bits as they were.
    ///   - new: the bits as they are; all three in the same byte order.
    @inline(__always) @_noAllocation @_noLocks
    public static func updated(_ checksum: UInt16, old: UInt32, new: UInt32) -> UInt16 {
        ~fold(UInt64(~checksum) &+ UInt64(~old) &+ UInt64(new))
    }

    /// A partial checksum (the plain pseudo-header's sum) after 32 bits of the pseudo-header have changed.
    ///
    /// - Parameters:
    ///   - partial: as it stands in the header.
    ///   - old: the bits as they were.
    ///   - new: the bits as they are; all three in the same byte order.
    @inline(__always) @_noAllocation @_noLocks
    public static func updated(partial: UInt16, old: UInt32, new: UInt32) -> UInt16 {
        fold(UInt64(partial) &+ UInt64(~old) &+ UInt64(new))
    }

    /// Finishes a partial checksum: sums everything from `start` to the frame's end, the pseudo-header's sum in the
    /// field among it, and writes the complement. At UDP's offset 0 means that there is none (RFC 768) and is written as
    /// 0xFFFF; TCP's stays 0, since some readers take 0xFFFF there for wrong (RFC 1624).
    ///
    /// Not for SCTP, whose checksum is another one.
    ///
    /// - Parameters:
    ///   - frame: from the destination address on.
    ///   - length: of the frame.
    ///   - start: csum_start.
    ///   - offset: csum_offset.
    /// - Returns: false, and nothing is written, if the field doesn't lie inside the frame.
    @_noAllocation @_noLocks
    public static func complete(
        _ frame: UnsafeMutableRawPointer, length: Int, start: UInt16, offset: UInt16
    ) -> Bool {
        let first = Int(start)
        let field = first &+ Int(offset)
        guard length >= 0, field &+ 2 <= length else { return false }
        let result = ~sum(UnsafeRawPointer(frame) + first, count: length &- first)
        let isUDP = Int(offset) == Transport.udpChecksumOffset
        frame.storeNative16(result == 0 && isUDP ? 0xFFFF : result, at: field)
        return true
    }
}
