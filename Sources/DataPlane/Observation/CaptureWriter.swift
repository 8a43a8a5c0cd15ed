import Synchronization

/// The worker's side of a ring: writes records, and gives them away when their verdict is known. One thread.
struct CaptureWriter: ~Copyable {
    private let base: UnsafeMutableRawPointer
    private let capacity: Int
    /// Bytes that were ever written; a position in the ring is this modulo the capacity.
    private(set) var head: UInt64
    /// Of these, bytes that the reader may see.
    private(set) var published: UInt64
    /// The reader's tail when it was looked at last.
    private var tail: UInt64
    private var lost: UInt64 = 0
    private var lostBefore: UInt32 = 0

    /// Writes to a ring that outlives this; goes on where an earlier writer stopped. nil: its positions can't be.
    init?(_ memory: CaptureMemory) {
        base = memory.base
        capacity = memory.capacity
        head = Self.word(base, CaptureRing.headOffset).pointee.load(ordering: .relaxed)
        tail = Self.word(base, CaptureRing.tailOffset).pointee.load(ordering: .acquiring)
        lost = Self.word(base, CaptureRing.lostOffset).pointee.load(ordering: .relaxed)
        published = head
        guard head & 7 == 0, head < 1 << 62, tail <= head, head - tail <= UInt64(capacity) else { return nil }
    }

    @inline(__always)
    private static func word(_ base: UnsafeMutableRawPointer, _ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        // Invariant: the offset lies in the first page and is a multiple of 8; Atomic<UInt64> has the layout of UInt64.
        (base + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// Where a record's bytes lie.
    @inline(__always)
    func place(_ position: UInt64) -> UnsafeMutableRawPointer {
        base + (CaptureRing.dataOffset &+ (Int(truncatingIfNeeded: position) & (capacity &- 1)))
    }

    /// Bytes of the record at a position that was written and isn't published.
    @inline(__always)
    func size(_ position: UInt64) -> UInt64 {
        // The reader may write here too, if it is mad: what can't be leads to the end.
        let size = UInt64(UnsafeRawPointer(place(position)).native32(at: 0))
        return size >= 8 && size & 7 == 0 && size <= head &- position ? size : head &- position
    }

    /// Room for a record that holds so much of a frame: its position. nil: there is none, which is counted.
    @inline(__always)
    mutating func reserve(captured: Int) -> UInt64? {
        let size = UInt64(truncatingIfNeeded: CaptureRecordLayout.size(captured: captured))
        // What follows up to the end of the ring; no record goes across it.
        let rest = UInt64(truncatingIfNeeded: capacity) &- (head & UInt64(truncatingIfNeeded: capacity &- 1))
        let pad = size <= rest ? 0 : rest
        guard hasRoom(size &+ pad) else {
            lost &+= 1
            lostBefore = lostBefore == .max ? .max : lostBefore &+ 1
            Self.word(base, CaptureRing.lostOffset).pointee.store(lost, ordering: .relaxed)
            return nil
        }
        if pad > 0 {
            let place = place(head)
            place.storeBytes(of: UInt32(truncatingIfNeeded: pad), as: UInt32.self)
            place.storeByte(CaptureRecordLayout.padding, at: 4)
            head &+= pad
        }
        let position = head
        let place = place(position)
        place.storeBytes(of: UInt32(truncatingIfNeeded: size), as: UInt32.self)
        place.storeByte(CaptureRecordLayout.frame, at: 4)
        place.storeBytes(of: lostBefore, toByteOffset: 52, as: UInt32.self)
        lostBefore = 0
        head &+= size
        return position
    }

    @inline(__always)
    private mutating func hasRoom(_ size: UInt64) -> Bool {
        if head &+ size &- tail <= UInt64(truncatingIfNeeded: capacity) { return true }
        let seen = Self.word(base, CaptureRing.tailOffset).pointee.load(ordering: .acquiring)
        // A reader that says it is further than it can be has read nothing new.
        if seen >= tail, seen <= published { tail = seen }
        return head &+ size &- tail <= UInt64(truncatingIfNeeded: capacity)
    }

    /// Lets the reader see all up to a position.
    @inline(__always)
    mutating func publish(to position: UInt64) {
        guard position > published, position <= head else { return }
        published = position
        Self.word(base, CaptureRing.headOffset).pointee.store(position, ordering: .releasing)
    }
}
