/// TCP segments that follow one another, to be put together to one super-frame as Linux's GRO does (tcp_gro_receive): the
/// first frame whole, then the payloads of the others, gathered by whoever sends it.
public struct SegmentRun {
    /// The segment whose headers the merged frame gets.
    public let first: TCPSegment
    /// How many segments there are.
    public private(set) var count = 1
    /// Bytes of all payloads.
    public private(set) var payloadLength: Int
    /// Whether nothing can follow: the last segment was short, or told PSH or FIN, or the first is too small for a super-frame.
    public private(set) var isClosed: Bool
    /// The last segment's PSH and FIN.
    private var closing: UInt16
    /// Whether all segments have the same IPv4 identification; known with the second.
    private var isIdentificationFixed = false

    /// Most segments in a run.
    public static var longest: Int { @_noAllocation @_noLocks get { 64 } }
    /// The largest IP packet that a run may become.
    private static var largestPacket: Int { @_noAllocation @_noLocks get { 65_535 } }

    /// Begins a run. Whether the segment's checksum is right has been asked before.
    @inline(__always) @_noAllocation @_noLocks
    public init(first: TCPSegment) {
        self.first = first
        payloadLength = first.payloadLength
        closing = first.closing
        // `VirtioNetHeader.check` would refuse the frame.
        isClosed = closing != 0 || first.payloadLength < VirtioNetHeader.minimumSegment
    }

    /// Adds a segment if it continues the run.
    ///
    /// - Parameter next: its checksum is right; the first segment's memory is still as it was.
    /// - Returns: false, and nothing is changed, if it has to go another way.
    @_noAllocation @_noLocks
    public mutating func append(_ next: TCPSegment) -> Bool {
        guard !isClosed, count < Self.longest, next.payloadLength <= first.payloadLength else { return false }
        guard totalLength &- first.networkOffset &+ next.payloadLength <= Self.largestPacket else { return false }
        guard next.sequence == first.sequence &+ UInt32(truncatingIfNeeded: payloadLength) else { return false }
        guard first.hasHeadersLike(next) else { return false }
        if first.isIPv4 {
            let distance = next.identification &- first.identification
            if count == 1, distance == 0, first.isUnfragmentable { isIdentificationFixed = true }
            let wanted = isIdentificationFixed ? 0 : UInt16(truncatingIfNeeded: count)
            guard distance == wanted else { return false }
        }
        count &+= 1
        payloadLength &+= next.payloadLength
        closing = next.closing
        isClosed = closing != 0 || next.payloadLength < first.payloadLength
        return true
    }
}

extension SegmentRun {
    /// Bytes of the headers, from the destination address to the TCP header's end.
    public var headerLength: Int { @_noAllocation @_noLocks get { first.payloadOffset } }
    /// Bytes of the merged frame.
    public var totalLength: Int { @_noAllocation @_noLocks get { first.payloadOffset &+ payloadLength } }

    /// Makes the first frame's headers those of the merged frame, and writes its virtio_net_hdr, canonical already. As
    /// with all super-frames the checksum is left to whoever takes it apart, and identifications count up then: a run
    /// with a fixed one loses that, which DF makes harmless (RFC 6864).
    ///
    /// Not for a run of one segment, which is no super-frame: its frame goes on as it is.
    ///
    /// - Parameters:
    ///   - header: 10 bytes.
    ///   - frame: the first segment's memory.
    @_noAllocation @_noLocks
    public func finish(header: UnsafeMutableRawPointer, frame: UnsafeMutableRawPointer) {
        let network = first.networkOffset
        let transport = first.transportOffset
        let packet = totalLength &- network
        if first.isIPv4 {
            let fields = UnsafeRawPointer(frame) + network
            let told = UInt16(truncatingIfNeeded: packet).bigEndian
            let checksum = Checksum.updated(fields.native16(at: 10), old: fields.native16(at: 2), new: told)
            frame.storeNative16(told, at: network &+ 2)
            frame.storeNative16(checksum, at: network &+ 10)
        } else {
            frame.storeBigEndian16(UInt16(truncatingIfNeeded: packet &- IPv6View.headerLength), at: network &+ 4)
        }
        if closing != 0 {
            let flags = UnsafeRawPointer(frame).bigEndian16(at: transport &+ 12)
            frame.storeBigEndian16(flags | closing, at: transport &+ 12)
        }
        // CHECKSUM_PARTIAL: the pseudo-header's sum, not complemented.
        frame.storeNative16(
            first.pseudoHeader(length: totalLength &- transport), at: transport &+ Transport.tcpChecksumOffset)

        header.storeByte(VirtioNetHeader.needsChecksum, at: 0)
        header.storeByte(first.isIPv4 ? VirtioNetHeader.gsoTCPv4 : VirtioNetHeader.gsoTCPv6, at: 1)
        header.storeNative16(UInt16(truncatingIfNeeded: headerLength), at: 2)
        header.storeNative16(UInt16(truncatingIfNeeded: first.payloadLength), at: 4)
        header.storeNative16(UInt16(truncatingIfNeeded: transport), at: 6)
        header.storeNative16(UInt16(truncatingIfNeeded: Transport.tcpChecksumOffset), at: 8)
    }
}

extension TCPSegment {
    /// Whether DF is set; only if `isIPv4`.
    var isUnfragmentable: Bool {
        @_noAllocation @_noLocks get { frame.bigEndian16(at: networkOffset &+ 6) & 0x4000 != 0 }
    }
}
