/// Slots that nobody uses, last in first out, so that the hottest is taken first.
struct SlotStack: ~Copyable {
    private let slots: UnsafeMutablePointer<UInt16>
    private let capacity: Int
    private(set) var count = 0

    /// Holds the numbers 0 ..< capacity, all free.
    init(capacity: Int) {
        self.capacity = capacity
        slots = .allocate(capacity: capacity)
        for slot in 0..<capacity { slots[slot] = UInt16(capacity - 1 - slot) }
        count = capacity
    }

    deinit {
        slots.deallocate()
    }

    /// Takes a slot, or nil if none is free.
    @_noAllocation @_noLocks @inline(__always)
    mutating func pop() -> UInt16? {
        guard count > 0 else { return nil }
        count &-= 1
        return slots[count]
    }

    /// Gives a slot back. One more than there are is ignored: it would have been given back twice.
    @_noAllocation @_noLocks @inline(__always)
    mutating func push(_ slot: UInt16) {
        guard count < capacity else { return }
        slots[count] = slot
        count &+= 1
    }
}
