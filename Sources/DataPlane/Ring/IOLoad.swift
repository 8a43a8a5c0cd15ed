/// How busy an I/O is.
package struct IOLoad {
    /// Frame buffers.
    package var slots: Int
    /// Of these: nobody's.
    package var free: Int
    /// Of these: the kernel's, to receive into.
    package var receiving: Int
    /// Completions that the kernel lost, since the queue was full and it had no memory for more, so far.
    package var lost: UInt64
    /// Sends that found no room in the submission queue, so far.
    package var refusals: UInt64

    /// An I/O whose buffers are free.
    @_noAllocation @_noLocks @inline(__always)
    package init(slots: Int, free: Int, receiving: Int = 0, lost: UInt64 = 0, refusals: UInt64 = 0) {
        self.slots = slots
        self.free = free
        self.receiving = receiving
        self.lost = lost
        self.refusals = refusals
    }
}

extension FrameIO where Self: ~Copyable {
    /// Of one that doesn't say.
    package var load: IOLoad { IOLoad(slots: slotCount, free: slotCount) }
}
