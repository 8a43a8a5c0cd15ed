/// A UDP header (RFC 768) that lies inside the frame. Does not own the memory.
package struct UDPView {
    package let bytes: UnsafeRawPointer

    /// A view; nil if the header is cut.
    @inline(__always) @_noAllocation @_noLocks
    package init?(_ bytes: UnsafeRawPointer, available: Int) {
        guard available >= Transport.udpLength else { return nil }
        self.bytes = bytes
    }

    /// Source port in host order.
    package var sourcePort: UInt16 { @_noAllocation @_noLocks get { bytes.bigEndian16(at: 0) } }
    /// Destination port in host order.
    package var destinationPort: UInt16 { @_noAllocation @_noLocks get { bytes.bigEndian16(at: 2) } }
    /// Length as the header tells it. Not believed.
    package var length: Int { @_noAllocation @_noLocks get { Int(bytes.bigEndian16(at: 4)) } }
}
