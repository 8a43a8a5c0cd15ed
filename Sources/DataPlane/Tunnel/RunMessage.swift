import Glibc

/// The message that a run of segments leaves with, in one piece of `SendMemory` that is taken when the run begins, so
/// that it can always be sent: message header, virtio_net_hdr, and a vector for each segment and that header. All ways
/// out that get the frame unchanged send the same message.
struct RunMessage {
    private static var headerOffset: Int { @_noAllocation @_noLocks get { 64 } }
    private static var vectorsOffset: Int { @_noAllocation @_noLocks get { 80 } }
    /// Vectors before the payloads: the virtio_net_hdr and the first segment.
    static var front: Int { @_noAllocation @_noLocks get { 2 } }
    /// Bytes of memory.
    static var bytes: Int { @_noAllocation @_noLocks get { bytes(vectors: SegmentRun.longest &+ 1) } }

    /// Bytes of memory for so many vectors.
    @_noAllocation @_noLocks @inline(__always)
    static func bytes(vectors: Int) -> Int {
        vectorsOffset &+ vectors &* MemoryLayout<iovec>.stride
    }

    /// nil: no message.
    private var memory: UnsafeMutableRawPointer?
    private(set) var vectorCount = 0

    @_noAllocation @_noLocks @inline(__always)
    init() {}

    /// Begins a message in `bytes` of memory.
    @_noAllocation @_noLocks @inline(__always)
    init(memory: UnsafeMutableRawPointer) {
        self.memory = memory
        vectorCount = Self.front
    }

    /// Where the virtio_net_hdr belongs.
    var header: UnsafeMutableRawPointer? {
        @_noAllocation @_noLocks @inline(__always) get {
            guard let memory else { return nil }
            return memory + Self.headerOffset
        }
    }

    private var vectors: UnsafeMutablePointer<iovec>? {
        @_noAllocation @_noLocks @inline(__always) get {
            guard let memory else { return nil }
            return (memory + Self.vectorsOffset).assumingMemoryBound(to: iovec.self)
        }
    }

    /// Adds a segment's payload. Invariant: the caller adds no more than `SegmentRun.longest` &- 1.
    @_noAllocation @_noLocks @inline(__always)
    mutating func append(_ payload: UnsafeMutableRawPointer, _ count: Int) {
        guard let vectors else { return }
        vectors[vectorCount].iov_base = payload
        vectors[vectorCount].iov_len = count
        vectorCount &+= 1
    }

    /// Writes what stands before the payloads, and returns the message header.
    @_noAllocation @_noLocks
    func finish(
        head: UnsafeMutableRawPointer, _ headCount: Int, first: UnsafeMutableRawPointer, _ firstCount: Int
    ) -> UnsafeMutablePointer<msghdr>? {
        guard let memory, let vectors else { return nil }
        vectors[0].iov_base = head
        vectors[0].iov_len = headCount
        vectors[1].iov_base = first
        vectors[1].iov_len = firstCount
        let message = memory.assumingMemoryBound(to: msghdr.self)
        message.pointee.msg_name = nil
        message.pointee.msg_namelen = 0
        message.pointee.msg_iov = vectors
        message.pointee.msg_iovlen = vectorCount
        message.pointee.msg_control = nil
        message.pointee.msg_controllen = 0
        message.pointee.msg_flags = 0
        return message
    }

    /// The same payloads in other memory, of `bytes(vectors: vectorCount)`.
    @_noAllocation @_noLocks
    func copied(into other: UnsafeMutableRawPointer) -> RunMessage {
        guard let memory else { return RunMessage() }
        (other + Self.vectorsOffset).copyMemory(
            from: memory + Self.vectorsOffset, byteCount: vectorCount &* MemoryLayout<iovec>.stride)
        var copy = RunMessage(memory: other)
        copy.vectorCount = vectorCount
        return copy
    }
}
