/// An ARP packet for IPv4 over Ethernet (RFC 826) that lies inside the frame. Does not own the memory.
package struct ARPView {
    package let bytes: UnsafeRawPointer

    /// Bytes of the packet without padding.
    package static var length: Int { @_noAllocation @_noLocks get { 28 } }
    /// `operation`: a question.
    package static var request: UInt16 { @_noAllocation @_noLocks get { 1 } }

    /// A view; nil if the packet is cut, or not for 6-byte hardware and 4-byte IPv4 addresses.
    @inline(__always) @_noAllocation @_noLocks
    package init?(_ bytes: UnsafeRawPointer, available: Int) {
        guard available >= Self.length else { return nil }
        // Hardware type 1, protocol type 0x0800, lengths 6 and 4, then the operation.
        guard bytes.bigEndian64(at: 0) &>> 16 == 0x0001_0800_0604 else { return nil }
        self.bytes = bytes
    }

    /// What the packet is: 1 request, 2 reply.
    package var operation: UInt16 { @_noAllocation @_noLocks get { bytes.bigEndian16(at: 6) } }
    /// The sender's MAC as a 48-bit number.
    package var senderHardware: UInt64 { @_noAllocation @_noLocks get { bytes.bigEndian48(at: 8) } }
    /// The sender's IPv4 address in host order; 0 in a probe (RFC 5227).
    package var senderProtocol: UInt32 { @_noAllocation @_noLocks get { bytes.bigEndian32(at: 14) } }
    /// The IPv4 address that is asked for, in host order.
    package var targetProtocol: UInt32 { @_noAllocation @_noLocks get { bytes.bigEndian32(at: 24) } }
}
