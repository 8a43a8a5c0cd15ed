import Glibc

/// Datagrams of one size to one VTEP that leave with one call (UDP_SEGMENT): the kernel sends them as one packet for as
/// long as it can. All that it points to lies in `SendMemory` and in slots.
struct Train {
    /// What datagrams of one train have in common.
    struct Key {
        var tunnel: UInt16
        var vtep: UInt16
        var domain: UInt16
        /// The outer ECN bits.
        var congestion: UInt8

        @_noAllocation @_noLocks @inline(__always)
        init(tunnel: UInt16, vtep: UInt16, domain: UInt16, congestion: UInt8) {
            self.tunnel = tunnel
            self.vtep = vtep
            self.domain = domain
            self.congestion = congestion
        }
    }

    /// UDP_MAX_SEGMENTS of kernels before 6.9 (linux/udp.h).
    static var longest: Int { @_noAllocation @_noLocks get { 64 } }
    /// Largest UDP payload over IPv4 (RFC 768); over IPv6 it is a little more.
    private static var largest: Int { @_noAllocation @_noLocks get { 65_507 } }

    // The block that a train is written in: message header, address, control data, two vectors a datagram.
    private static var addressOffset: Int { @_noAllocation @_noLocks get { 64 } }
    private static var controlOffset: Int { @_noAllocation @_noLocks get { 96 } }
    private static var vectorsOffset: Int { @_noAllocation @_noLocks get { 160 } }

    /// Bytes that a train of so many datagrams is written in.
    @_noAllocation @_noLocks @inline(__always)
    static func blockBytes(longest: Int) -> Int {
        vectorsOffset &+ 2 &* longest &* 16
    }

    /// nil: no train.
    private var block: UnsafeMutableRawPointer?
    private(set) var key = Key(tunnel: 0, vtep: 0, domain: 0, congestion: 0)
    private var longest = 0
    private var vectorCount = 0
    private(set) var segments = 0
    /// Bytes of each datagram but the last.
    private var segmentBytes = 0
    private var bytes = 0
    /// Whether a short datagram was the last.
    private var isClosed = false
    /// Frames that the train carries, each counted where its first datagram is; and their bytes.
    var frames: UInt32 = 0
    var frameBytes: UInt32 = 0
    var superframes: UInt32 = 0

    @_noAllocation @_noLocks @inline(__always)
    init() {}

    /// Begins a train in `blockBytes` of memory.
    @_noAllocation @_noLocks
    init(block: UnsafeMutableRawPointer, key: Key, segmentBytes: Int, longest: Int) {
        self.block = block
        self.key = key
        self.segmentBytes = segmentBytes
        self.longest = longest
    }

    /// Whether a datagram can be its next.
    @_noAllocation @_noLocks @inline(__always)
    func takes(_ next: Key, count: Int) -> Bool {
        guard !isClosed, segments < longest, count <= segmentBytes else { return false }
        return bytes &+ count <= Self.largest && next.vtep == key.vtep && next.domain == key.domain
            && next.tunnel == key.tunnel && next.congestion == key.congestion
    }

    /// Adds a datagram of one or two pieces; only if it is the first one, or `takes` said so.
    @_noAllocation @_noLocks @inline(__always)
    mutating func append(
        _ head: UnsafeRawPointer, _ headCount: Int, _ rest: UnsafeRawPointer, _ restCount: Int
    ) {
        // Invariant: segments < longest, and each takes at most two vectors.
        guard let block else { return }
        let vectors = (block + Self.vectorsOffset).assumingMemoryBound(to: iovec.self)
        vectors[vectorCount].iov_base = UnsafeMutableRawPointer(mutating: head)
        vectors[vectorCount].iov_len = headCount
        vectorCount &+= 1
        if restCount > 0 {
            vectors[vectorCount].iov_base = UnsafeMutableRawPointer(mutating: rest)
            vectors[vectorCount].iov_len = restCount
            vectorCount &+= 1
        }
        segments &+= 1
        bytes &+= headCount &+ restCount
        if headCount &+ restCount < segmentBytes { isClosed = true }
    }

    /// Writes address, control data and message header, and returns that.
    @_noAllocation @_noLocks
    func finish(
        family: UInt16, udpPort: UInt16, address: (high: UInt64, low: UInt64)
    ) -> UnsafeMutablePointer<msghdr>? {
        guard let block else { return nil }
        let place = block + Self.addressOffset
        // struct sockaddr_in: family, port, address. struct sockaddr_in6: family, port, flow, address, scope.
        place.storeNative64(0, at: 0)
        place.storeNative64(0, at: 8)
        place.storeNative64(0, at: 16)
        place.storeNative32(0, at: 24)
        place.storeNative16(family, at: 0)
        place.storeBigEndian16(udpPort, at: 2)
        let isIPv4 = family == Tunnel.internet
        if isIPv4 {
            place.storeNative32(UInt32(truncatingIfNeeded: address.low).bigEndian, at: 4)
        } else {
            place.storeNative64(address.high.bigEndian, at: 8)
            place.storeNative64(address.low.bigEndian, at: 16)
        }
        let message = block.assumingMemoryBound(to: msghdr.self)
        message.pointee.msg_name = place
        message.pointee.msg_namelen = isIPv4 ? 16 : 28
        message.pointee.msg_iov = (block + Self.vectorsOffset).assumingMemoryBound(to: iovec.self)
        message.pointee.msg_iovlen = vectorCount
        message.pointee.msg_control = block + Self.controlOffset
        message.pointee.msg_controllen = writeControl(block + Self.controlOffset, isIPv4: isIPv4)
        message.pointee.msg_flags = 0
        return message
    }

    /// struct cmsghdr: length (8), level (4), type (4), then the value, each padded to 24 bytes.
    @_noAllocation @_noLocks
    private func writeControl(_ control: UnsafeMutableRawPointer, isIPv4: Bool) -> Int {
        var count = 0
        if segments > 1 {
            // SOL_UDP, UDP_SEGMENT: the size of a datagram, 16 bits.
            control.storeNative64(18, at: 0)
            control.storeNative32(17, at: 8)
            control.storeNative32(103, at: 12)
            control.storeNative64(0, at: 16)
            control.storeNative16(UInt16(truncatingIfNeeded: segmentBytes), at: 16)
            count = 24
        }
        if key.congestion != 0 {
            // IPPROTO_IP, IP_TOS, or IPPROTO_IPV6, IPV6_TCLASS: an int.
            control.storeNative64(20, at: count)
            control.storeNative32(isIPv4 ? 0 : 41, at: count &+ 8)
            control.storeNative32(isIPv4 ? 1 : 67, at: count &+ 12)
            control.storeNative64(UInt64(key.congestion), at: count &+ 16)
            count &+= 24
        }
        return count
    }
}

/// What is remembered of a train that was sent, in case it fails.
struct TrainRecord {
    var tunnel: UInt16 = 0
    var domain: UInt16 = 0
    var frames: UInt32 = 0
    var frameBytes: UInt32 = 0
    var superframes: UInt32 = 0
    /// It was a super-frame that left whole.
    var isWhole = false
    /// The kernel had more than one datagram to cut.
    var isTrain = false

    @_noAllocation @_noLocks @inline(__always)
    init() {}

    /// A super-frame that leaves whole.
    @_noAllocation @_noLocks @inline(__always)
    init(tunnel: UInt16, domain: UInt16, frameBytes: Int) {
        self.tunnel = tunnel
        self.domain = domain
        frames = 1
        superframes = 1
        self.frameBytes = UInt32(truncatingIfNeeded: frameBytes)
        isWhole = true
    }

    @_noAllocation @_noLocks @inline(__always)
    init(_ train: Train) {
        tunnel = train.key.tunnel
        domain = train.key.domain
        frames = train.frames
        frameBytes = train.frameBytes
        superframes = train.superframes
        isTrain = train.segments > 1
    }
}
