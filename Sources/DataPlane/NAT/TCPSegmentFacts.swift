/// What the state of a TCP connection follows from: the fields of one segment, in host order.
package struct TCPSegmentFacts: Sendable {
    /// CWR, ECE, URG, ACK, PSH, RST, SYN, FIN, from the most significant bit on.
    package var flags: UInt8
    /// Of the first byte of payload, or of the SYN.
    package var sequence: UInt32
    /// Only with ACK.
    package var acknowledgement: UInt32
    /// As it stands in the header, not scaled.
    package var window: UInt16
    /// Bytes of payload; of a super-frame those of all its segments.
    package var payload: UInt32
    /// The shift count of a SYN's window scale option (RFC 7323); 0xFF: none.
    package var windowScale: UInt8

    /// Makes facts; none without arguments.
    @inline(__always) @_noAllocation @_noLocks
    package init(
        flags: UInt8 = 0, sequence: UInt32 = 0, acknowledgement: UInt32 = 0, window: UInt16 = 0, payload: UInt32 = 0,
        windowScale: UInt8 = 0xFF
    ) {
        self.flags = flags
        self.sequence = sequence
        self.acknowledgement = acknowledgement
        self.window = window
        self.payload = payload
        self.windowScale = windowScale
    }
}
