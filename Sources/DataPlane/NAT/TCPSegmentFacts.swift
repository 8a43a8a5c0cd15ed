/// What following a TCP flow needs to know of a segment.
package struct TCPSegmentFacts: Sendable {
    /// FIN 0x01, SYN 0x02, RST 0x04, PSH 0x08, ACK 0x10, URG 0x20, ECE 0x40, CWR 0x80.
    package var flags: UInt8
    /// The window scale option's shift; `noScale` if there is none.
    package var windowScale: UInt8
    /// As in the header, not scaled.
    package var window: UInt16
    /// In host order.
    package var sequence: UInt32
    /// In host order; without meaning if ACK isn't set.
    package var acknowledgement: UInt32
    /// Bytes of payload, of a super-frame all of them.
    package var payloadLength: Int

    /// No window scale option.
    package static var noScale: UInt8 { @_noAllocation @_noLocks get { 15 } }
    /// The largest shift (RFC 7323, 2.3).
    private static var largestScale: UInt8 { @_noAllocation @_noLocks get { 14 } }

    static var fin: UInt8 { @_noAllocation @_noLocks get { 0x01 } }
    static var syn: UInt8 { @_noAllocation @_noLocks get { 0x02 } }
    static var rst: UInt8 { @_noAllocation @_noLocks get { 0x04 } }
    static var ack: UInt8 { @_noAllocation @_noLocks get { 0x10 } }

    /// Makes facts by hand.
    @inline(__always) @_noAllocation @_noLocks
    package init(
        flags: UInt8, sequence: UInt32, acknowledgement: UInt32, window: UInt16, payloadLength: Int,
        windowScale: UInt8 = Self.noScale
    ) {
        self.flags = flags
        self.windowScale = windowScale < Self.noScale ? windowScale : Self.noScale
        self.window = window
        self.sequence = sequence
        self.acknowledgement = acknowledgement
        self.payloadLength = payloadLength
    }

    /// For flows that aren't TCP.
    @inline(__always) @_noAllocation @_noLocks
    package init() {
        self.init(flags: 0, sequence: 0, acknowledgement: 0, window: 0, payloadLength: 0)
    }

    /// Reads a TCP header; options only of a SYN.
    ///
    /// - Parameters:
    ///   - header: of it `headerLength` bytes can be read.
    ///   - headerLength: with options, at least 20: see `Transport.tcpLength`.
    ///   - payloadLength: what follows in the packet.
    @inline(__always) @_noAllocation @_noLocks
    package init(_ header: UnsafeRawPointer, headerLength: Int, payloadLength: Int) {
        // Invariant: twenty bytes can be read, by the caller's word.
        let flags = header.byte(at: 13)
        self.init(
            flags: flags, sequence: header.bigEndian32(at: 4), acknowledgement: header.bigEndian32(at: 8),
            window: header.bigEndian16(at: 14), payloadLength: payloadLength)
        if flags & Self.syn != 0 { windowScale = Self.scale(header, headerLength: headerLength) }
    }

    /// The window scale option (RFC 7323, 2.2): kind 3, length 3.
    @_noAllocation @_noLocks
    private static func scale(_ header: UnsafeRawPointer, headerLength: Int) -> UInt8 {
        var offset = 20
        while offset < headerLength {
            let kind = header.byte(at: offset)
            if kind == 0 { break }
            if kind == 1 {
                offset &+= 1
                continue
            }
            guard offset &+ 1 < headerLength else { break }
            let length = Int(header.byte(at: offset &+ 1))
            guard length >= 2, offset &+ length <= headerLength else { break }
            if kind == 3, length == 3 {
                let scale = header.byte(at: offset &+ 2)
                return scale < largestScale ? scale : largestScale
            }
            offset &+= length
        }
        return noScale
    }

    /// Whether flags are set.
    @inline(__always) @_noAllocation @_noLocks
    func has(_ flag: UInt8) -> Bool {
        flags & flag != 0
    }

    /// Whether these flags can be together: no SYN or RST with FIN, no SYN with RST, no FIN or data without ACK (RFC 9293, 3.10.7).
    var isPossible: Bool {
        @inline(__always) @_noAllocation @_noLocks get {
            switch flags & 0x17 {
            case Self.syn, Self.syn | Self.ack, Self.rst, Self.rst | Self.ack, Self.ack, Self.fin | Self.ack: true
            default: false
            }
        }
    }

    /// One past the last sequence number; SYN and FIN count (RFC 9293, 3.4).
    var end: UInt32 {
        @inline(__always) @_noAllocation @_noLocks get {
            let added: UInt32 = (has(Self.syn) ? 1 : 0) &+ (has(Self.fin) ? 1 : 0)
            return sequence &+ UInt32(truncatingIfNeeded: payloadLength) &+ added
        }
    }
}
