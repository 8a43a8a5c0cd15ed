/// How busy an I/O is.
package struct IOLoad {
    /// Frame buffers.
    package var slots: Int
    /// Of these: nobody's.
    package var free: Int
    /// Of these: the kernel's, to receive into.
    package var receiving: Int
    /// Completions that found no room in the completion queue, so far.
    package var overflows: UInt64
    /// Sends that found no room in the submission queue, so far.
    package var refusals: UInt64

    /// An I/O whose buffers are free.
    @_noAllocation @_noLocks @inline(__always)
    package init(slots: Int, free: Int, receiving: Int = 0, overflows: UInt64 = 0, refusals: UInt64 = 0) {
        self.slots = slots
        self.free = free
        self.receiving = receiving
        self.overflows = overflows
        self.refusals = refusals
    }
}

extension FrameIO where Self: ~Copyable {
    /// Of one that doesn't say.
    package var load: IOLoad { IOLoad(slots: slotCount, free: slotCount) }
}
