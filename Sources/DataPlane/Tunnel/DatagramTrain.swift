/// What a received outer frame holds: one inner frame, one inner super-frame, or a train of datagrams with an inner frame
/// each (UDP GRO, or a sender's UDP_SEGMENT that no NIC has cut). A packet socket tells by the virtio_net_hdr which.
public struct DatagramTrain {
    /// One datagram of the train; offsets are from the outer frame's first byte on.
    public struct Piece {
        /// Where the VXLAN header begins.
        public var vxlanOffset = 0
        /// Where the inner frame begins. Never past the outer frame's end, unless `isTruncated`.
        public var innerOffset = 0
        /// Bytes of the inner frame; 0 if `isTruncated`.
        public var innerLength = 0
        /// Whether the datagram is too short for a VXLAN header: there is nothing to read.
        public var isTruncated = true

        /// A piece to be filled in by `next`.
        @inline(__always) @_noAllocation @_noLocks
        public init() {}
    }

    /// Where the next piece begins, and where the last one ends.
    private var offset: Int
    private let end: Int
    /// Bytes of each piece but the last.
    private let size: Int
    /// Whether the one piece is still to come, even if it is empty.
    private var isFresh = true
    /// The inner frames' virtio_net_hdr: all of it for ordinary frames is zero.
    private let flags: UInt8
    private let type: UInt8
    private let segment: UInt16
    private let checksumStart: UInt16
    private let checksumOffset: UInt16

    /// Understands the header; nil if it makes no sense for this datagram.
    ///
    /// The kernel describes the innermost packet it knows of: a checksum or segments that begin behind the outer UDP
    /// header are the inner frame's. What is told of the inner frame isn't verified: `VirtioNetHeader.check` does that.
    ///
    /// - Parameters:
    ///   - header: the outer frame's virtio_net_hdr as it was received.
    ///   - outer: the datagram.
    @_noAllocation @_noLocks
    public init?(header: UnsafeRawPointer, outer: OuterDatagram) {
        let told = header.byte(at: 1)
        let isPartial = header.byte(at: 0) & VirtioNetHeader.needsChecksum != 0
        let segment = Int(header.native16(at: 4))
        let start = Int(header.native16(at: 6))
        let inner = outer.payloadOffset &+ VXLANView.length
        let isOuter = isPartial && start == outer.udpOffset
        let isInner = isPartial && start >= inner
        if isPartial, !isOuter, !isInner { return nil }
        offset = outer.payloadOffset
        end = outer.payloadOffset &+ outer.payloadLength
        if told == VirtioNetHeader.gsoUDP, isOuter {
            // Linux puts no more together, and cuts no more.
            guard Int(header.native16(at: 8)) == Transport.udpChecksumOffset, segment > 0,
                outer.payloadLength <= segment &* VirtioNetHeader.maximumDatagrams
            else { return nil }
            size = segment
        } else {
            let base = told & ~VirtioNetHeader.gsoECN
            let isTCP = base == VirtioNetHeader.gsoTCPv4 || base == VirtioNetHeader.gsoTCPv6
            guard told == VirtioNetHeader.gsoNone || isInner && (isTCP || told == VirtioNetHeader.gsoUDP) else {
                return nil
            }
            size = outer.payloadLength
        }
        flags = isInner ? VirtioNetHeader.needsChecksum : 0
        type = isInner ? told : VirtioNetHeader.gsoNone
        self.segment = isInner && told != VirtioNetHeader.gsoNone ? UInt16(truncatingIfNeeded: segment) : 0
        checksumStart = isInner ? UInt16(truncatingIfNeeded: start &- inner) : 0
        checksumOffset = isInner ? header.native16(at: 8) : 0
    }

    /// The next datagram; false if there is none.
    @inline(__always) @_noAllocation @_noLocks
    public mutating func next(_ piece: inout Piece) -> Bool {
        guard isFresh || offset < end else { return false }
        isFresh = false
        let left = end &- offset
        let count = left < size ? left : size
        piece.vxlanOffset = offset
        piece.innerOffset = offset &+ VXLANView.length
        piece.isTruncated = count < VXLANView.length
        piece.innerLength = piece.isTruncated ? 0 : count &- VXLANView.length
        offset &+= count
        return true
    }

    /// Whether the inner frames came with a checksum to be finished or to be cut.
    public var hasInnerOffloads: Bool {
        @inline(__always) @_noAllocation @_noLocks get { flags | type != 0 }
    }

    /// Whether the inner frame is one to be cut.
    public var isInnerSuperframe: Bool {
        @inline(__always) @_noAllocation @_noLocks get { type != VirtioNetHeader.gsoNone }
    }

    /// Whether a segment's checksum is what the inner frame came without.
    @inline(__always) @_noAllocation @_noLocks
    public func leavesChecksum(of segment: TCPSegment) -> Bool {
        flags != 0 && Int(checksumStart) == segment.transportOffset
            && Int(checksumOffset) == Transport.tcpChecksumOffset
    }

    /// Writes the inner frames' virtio_net_hdr: the same for all of a train. hdr_len is left 0, to be recomputed by
    /// `VirtioNetHeader.check`.
    ///
    /// The 10 bytes in front of an inner frame are its VXLAN header and the two bytes before: of the UDP header for the
    /// first piece, **but of the inner frame before it for all others**. Whoever writes there must be through with that.
    ///
    /// - Parameter header: 10 bytes.
    @inline(__always) @_noAllocation @_noLocks
    public func writeInnerHeader(into header: UnsafeMutableRawPointer) {
        header.storeByte(flags, at: 0)
        header.storeByte(type, at: 1)
        header.storeNative16(0, at: 2)
        header.storeNative16(segment, at: 4)
        header.storeNative16(checksumStart, at: 6)
        header.storeNative16(checksumOffset, at: 8)
    }
}
