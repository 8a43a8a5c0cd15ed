/// Where what is written for the frames of one batch lies until it is sent: heads, vectors, message headers. Given out
/// from the front, and free again all at once.
struct SendMemory: ~Copyable {
    /// A hundred super-frames of 64 KB, cut into segments of 1400 bytes, and room for one that is cut most finely.
    private static var bytes: Int { @_noAllocation @_noLocks get { 1 << 20 } }

    private let base: UnsafeMutableRawPointer
    private var used = 0

    init() {
        base = .allocate(byteCount: Self.bytes, alignment: 64)
    }

    deinit {
        base.deallocate()
    }

    /// Bytes that can still be taken.
    var room: Int { @_noAllocation @_noLocks get { Self.bytes &- used } }

    /// Takes `count` bytes, 16-byte aligned, of any content; nil if they aren't there.
    @_noAllocation @_noLocks @inline(__always)
    mutating func take(_ count: Int) -> UnsafeMutableRawPointer? {
        let rounded = (count &+ 15) & ~15
        guard rounded <= room else { return nil }
        let start = base + used
        used &+= rounded
        return start
    }

    /// All of it is free again: nothing in it waits to be sent.
    @_noAllocation @_noLocks @inline(__always)
    mutating func reset() {
        used = 0
    }
}
