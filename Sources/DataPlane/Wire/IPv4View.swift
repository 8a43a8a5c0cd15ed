/// An IPv4 header that lies inside the frame with its options. Does not own the memory.
package struct IPv4View {
    /// The first byte of the header.
    package let bytes: UnsafeRawPointer
    /// Bytes of the header with options, 20…60; never more than there are.
    package let headerLength: Int
    /// Bytes from the header's first to the frame's last.
    package let available: Int

    /// The smallest header (RFC 791).
    package static var minimumLength: Int { @_noAllocation @_noLocks get { 20 } }

    /// A view; nil if the version isn't 4 or the header doesn't fit.
    @inline(__always) @_noAllocation @_noLocks
    package init?(_ bytes: UnsafeRawPointer, available: Int) {
        guard available >= Self.minimumLength else { return nil }
        let first = bytes.byte(at: 0)
        let headerLength = Int(first & 0xF) &* 4
        guard first &>> 4 == 4, headerLength >= Self.minimumLength, headerLength <= available else { return nil }
        self.bytes = bytes
        self.headerLength = headerLength
        self.available = available
    }

    /// Total length as the header tells it. Not believed: may be more or less than what is there.
    package var totalLength: Int { @_noAllocation @_noLocks get { Int(bytes.bigEndian16(at: 2)) } }

    /// Whether total length lies between the header's length and what is there.
    package var hasPlausibleLength: Bool {
        @_noAllocation @_noLocks get { totalLength >= headerLength && totalLength <= available }
    }

    /// The protocol of the payload.
    package var `protocol`: UInt8 { @_noAllocation @_noLocks get { bytes.byte(at: 9) } }

    /// The source in host order.
    package var source: UInt32 { @_noAllocation @_noLocks get { bytes.bigEndian32(at: 12) } }

    /// The destination in host order.
    package var destination: UInt32 { @_noAllocation @_noLocks get { bytes.bigEndian32(at: 16) } }

    /// Whether this is one part of a datagram: more fragments follow, or the offset isn't 0.
    package var isFragment: Bool { @_noAllocation @_noLocks get { bytes.bigEndian16(at: 6) & 0x3FFF != 0 } }

    /// What stands behind the header.
    package var payload: UnsafeRawPointer { @_noAllocation @_noLocks get { bytes + headerLength } }

    /// Bytes behind the header up to the frame's end.
    package var payloadAvailable: Int { @_noAllocation @_noLocks get { available &- headerLength } }
}
