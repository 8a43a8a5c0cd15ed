import Synchronization

extension RingIO {
    package var placeholder: UnsafeMutableRawPointer { @_noAllocation @_noLocks get { slots.base } }
    package var slotCount: Int { slots.count }
    package var load: IOLoad {
        @_noAllocation @_noLocks get {
            IOLoad(
                slots: slots.count, free: free.count, receiving: provided, lost: UInt64(ring.lost),
                refusals: refusals)
        }
    }

    /// Slots that the kernel has at first.
    static var initialWindow: Int { 32 }
    /// Bytes of frames that should be on their way at a time: they stay in the second-level cache between read and
    /// write.
    private static var windowBytes: Int { @_noAllocation @_noLocks @inline(__always) get { 1 << 20 } }
    private static var smallestWindow: Int { @_noAllocation @_noLocks @inline(__always) get { 16 } }

    @_noAllocation @_noLocks @inline(__always)
    package mutating func release(slot: UInt16) {
        free.push(slot)
    }

    /// Few slots for large frames, so that they stay hot; many for small ones, so that a batch is long.
    @_noAllocation @_noLocks @inline(__always)
    mutating func adaptWindow() {
        guard batchFrames >= Self.smallestWindow / 2 else {
            batchFrames = 0
            batchBytes = 0
            return
        }
        let average = max(batchBytes / batchFrames, 1)
        let wanted = max(Self.smallestWindow, min(Self.windowBytes / average, slots.count))
        // Halfway, so that one odd batch doesn't swing it.
        window = (window &+ wanted &+ 1) / 2
        batchFrames = 0
        batchBytes = 0
    }

    /// Gives the kernel free slots up to the window.
    @_noAllocation @_noLocks @inline(__always)
    mutating func provideSlots() {
        let before = bufferTail
        while provided < window, let slot = free.pop() {
            // Invariant: the index is masked to the ring's entries.
            let entry = bufferRing + Int(bufferTail & bufferMask) &* 16
            entry.storeBytes(of: UInt64(UInt(bitPattern: slots.buffer(slot))), as: UInt64.self)
            entry.storeBytes(of: UInt32(SlotMemory.capacity), toByteOffset: 8, as: UInt32.self)
            entry.storeBytes(of: slot, toByteOffset: 12, as: UInt16.self)
            bufferTail &+= 1
            provided &+= 1
        }
        if bufferTail != before {
            // The ring's tail lies in the reserved field of its first entry.
            let tail = (bufferRing + 14).assumingMemoryBound(to: Atomic<UInt16>.self)
            tail.pointee.store(bufferTail, ordering: .releasing)
        }
    }
}
