/// Cuts a super-frame into the frames it stands for, as Linux's GSO does (tcp_gso_segment, __udp_gso_segment,
/// inet_gso_segment, ipv6_gso_segment): each gets headers of its own with finished checksums, and a slice of the payload,
/// which is read once and stays where it is. Does not own the memory.
public struct SegmentCutter {
    /// How many frames there will be, at least 1.
    public let count: Int
    /// Bytes of every frame's headers, from the destination address to the transport header's end; at most
    /// `maximumHeaderLength`.
    public let headerLength: Int
    /// Bytes of payload in every frame but the last, which may have fewer.
    public let segmentSize: Int
    /// Where the IP header begins.
    public let networkOffset: Int

    private let frame: UnsafeRawPointer
    private let length: Int
    private let transportOffset: Int
    private let isIPv4: Bool
    private let isTCP: Bool
    /// The first frame's IPv4 identification; 0 with IPv6.
    private let identification: UInt16
    /// The first frame's TCP sequence number; 0 with UDP.
    private let sequence: UInt32
    /// TCP's data offset and flags in host order; 0 with UDP.
    private let flags: UInt16
    /// The sum of the IPv4 header without total length, identification and checksum.
    private let networkSum: UInt16
    /// The sum of the transport header and its pseudo-header, without all that differs from frame to frame.
    private let transportSum: UInt16

    /// The longest headers that are cut. Two tags and the longest IPv4 and TCP headers make 142 bytes; the rest is for
    /// IPv6 extension headers.
    public static var maximumHeaderLength: Int { @_noAllocation @_noLocks get { 256 } }
    /// TCP's flags that only the last frame keeps: FIN and PSH.
    private static var lastFlags: UInt16 { @_noAllocation @_noLocks get { 0x0009 } }
    /// TCP's flag that only the first frame keeps: CWR.
    private static var firstFlags: UInt16 { @_noAllocation @_noLocks get { 0x0080 } }

    /// Looks at a super-frame; nil if it is none, or none that can be cut.
    ///
    /// - Parameters:
    ///   - header: the virtio_net_hdr, made canonical by `VirtioNetHeader.check`; what matters is compared with the
    ///     frame all the same.
    ///   - frame: from the destination address on.
    ///   - length: of the frame.
    @_noAllocation @_noLocks
    public init?(header: UnsafeRawPointer, frame: UnsafeRawPointer, length: Int) {
        guard length <= Ethernet.maximumLength, let view = EthernetView(frame, length: length) else { return nil }
        let transport = Transport(view)
        guard case .located = transport.kind, !transport.isFragment else { return nil }
        guard header.byte(at: 0) & VirtioNetHeader.needsChecksum != 0 else { return nil }
        guard Int(header.native16(at: 6)) == transport.offset else { return nil }
        let type = header.byte(at: 1)
        let start = frame + transport.offset
        let transportHeader: Int
        if type == VirtioNetHeader.gsoUDP {
            guard transport.protocol == IPProtocol.udp else { return nil }
            transportHeader = Transport.udpLength
            isTCP = false
        } else {
            let wanted = transport.isIPv4 ? VirtioNetHeader.gsoTCPv4 : VirtioNetHeader.gsoTCPv6
            guard type & ~VirtioNetHeader.gsoECN == wanted, transport.protocol == IPProtocol.tcp else { return nil }
            guard let told = Transport.tcpLength(view, at: transport.offset) else { return nil }
            transportHeader = told
            isTCP = true
        }
        headerLength = transport.offset &+ transportHeader
        let payload = length &- headerLength
        segmentSize = Int(header.native16(at: 4))
        // From here on the transport header is whole.
        guard payload > 0, segmentSize > 0, headerLength <= Self.maximumHeaderLength else { return nil }
        let network = transport.networkOffset
        guard length &- network <= 65_535 else { return nil }
        count = (payload &+ segmentSize &- 1) / segmentSize

        self.frame = frame
        self.length = length
        networkOffset = network
        transportOffset = transport.offset
        isIPv4 = transport.isIPv4
        if transport.isIPv4 {
            let fields = frame + network
            identification = fields.bigEndian16(at: 4)
            networkSum = Self.without(
                fields.native16(at: 2), fields.native16(at: 4), fields.native16(at: 10),
                in: Checksum.sum(fields, count: transport.offset &- network))
        } else {
            identification = 0
            networkSum = 0
        }
        // The checksum field holds the pseudo-header's sum, with the length of the whole in it. Only that is replaced:
        // with a routing header the addresses in it aren't those of the IP header.
        let sum = Checksum.sum(start, count: transportHeader)
        if isTCP {
            sequence = start.bigEndian32(at: 4)
            flags = start.bigEndian16(at: 12)
            let told = UInt16(truncatingIfNeeded: length &- transport.offset).bigEndian
            let others = Self.without(told, start.native16(at: 12), 0, in: sum)
            transportSum = Self.without(start.native16(at: 4), start.native16(at: 6), 0, in: others)
        } else {
            sequence = 0
            flags = 0
            // Once in the pseudo-header, once in the header itself.
            transportSum = Self.without(start.native16(at: 4), start.native16(at: 4), 0, in: sum)
        }
    }

    /// Takes three words out of a sum.
    @inline(__always) @_noAllocation @_noLocks
    private static func without(_ first: UInt16, _ second: UInt16, _ third: UInt16, in sum: UInt16) -> UInt16 {
        Checksum.fold(UInt64(sum) &+ UInt64(~first) &+ UInt64(~second) &+ UInt64(~third))
    }
}

extension SegmentCutter {
    /// Where a frame's payload stands in the super-frame, from the destination address on.
    ///
    /// - Parameter index: 0 ..< `count`.
    @inline(__always) @_noAllocation @_noLocks
    public func payloadOffset(_ index: Int) -> Int {
        headerLength &+ index &* segmentSize
    }

    /// Bytes of a frame's payload.
    ///
    /// - Parameter index: 0 ..< `count`; beyond it the answer is 0.
    @inline(__always) @_noAllocation @_noLocks
    public func payloadCount(_ index: Int) -> Int {
        guard index >= 0, index < count else { return 0 }
        let left = length &- payloadOffset(index)
        return left < segmentSize ? left : segmentSize
    }

    /// Writes a frame's headers; its payload is what stands at `payloadOffset`.
    ///
    /// - Parameters:
    ///   - index: 0 ..< `count`.
    ///   - head: `headerLength` bytes, not in the super-frame.
    @_noAllocation @_noLocks
    public func writeHead(_ index: Int, into head: UnsafeMutableRawPointer) {
        head.copyMemory(from: frame, byteCount: headerLength)
        let payload = payloadCount(index)
        let packet = headerLength &- networkOffset &+ payload
        if isIPv4 {
            let total = UInt16(truncatingIfNeeded: packet).bigEndian
            let number = (identification &+ UInt16(truncatingIfNeeded: index)).bigEndian
            head.storeNative16(total, at: networkOffset &+ 2)
            head.storeNative16(number, at: networkOffset &+ 4)
            head.storeNative16(
                ~Checksum.fold(UInt64(networkSum) &+ UInt64(total) &+ UInt64(number)), at: networkOffset &+ 10)
        } else {
            head.storeBigEndian16(
                UInt16(truncatingIfNeeded: packet &- IPv6View.headerLength), at: networkOffset &+ 4)
        }
        let told = UInt16(truncatingIfNeeded: headerLength &- transportOffset &+ payload).bigEndian
        let slice = payload > 0 ? Checksum.sum(frame + payloadOffset(index), count: payload) : 0
        let sum = UInt64(transportSum) &+ UInt64(told) &+ UInt64(slice)
        if isTCP {
            writeTCP(index, sum: sum, into: head)
        } else {
            // In the header itself, after that in the pseudo-header.
            head.storeNative16(told, at: transportOffset &+ 4)
            let checksum = ~Checksum.fold(sum &+ UInt64(told))
            head.storeNative16(checksum == 0 ? 0xFFFF : checksum, at: transportOffset &+ Transport.udpChecksumOffset)
        }
    }

    /// The TCP header's own fields.
    @inline(__always) @_noAllocation @_noLocks
    private func writeTCP(_ index: Int, sum: UInt64, into head: UnsafeMutableRawPointer) {
        let place = (sequence &+ UInt32(truncatingIfNeeded: index &* segmentSize)).bigEndian
        var kept = flags
        if index != 0 { kept &= ~Self.firstFlags }
        if index != count &- 1 { kept &= ~Self.lastFlags }
        let word = kept.bigEndian
        head.storeNative32(place, at: transportOffset &+ 4)
        head.storeNative16(word, at: transportOffset &+ 12)
        // 32 bits are folded with the rest: their halves stand at even offsets.
        head.storeNative16(
            ~Checksum.fold(sum &+ UInt64(place) &+ UInt64(word)), at: transportOffset &+ Transport.tcpChecksumOffset)
    }
}
