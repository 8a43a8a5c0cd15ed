/// A fragment that was held.
package struct HeldFragment {
    /// The virtio_net_hdr with the frame behind it.
    package let header: UnsafeMutableRawPointer
    /// Of the frame.
    package let length: Int
    /// By which it came.
    package let port: UInt16
}

/// Later fragments that came before their first: 64 of them, 16 of each side. One more takes the place of its own side's
/// oldest, or where its side has few and there is no room, of the oldest of all. So few are searched one by one.
struct HeldFragments: ~Copyable {
    static var capacity: Int { @_noAllocation @_noLocks get { 64 } }
    static var sideCapacity: Int { @_noAllocation @_noLocks get { 16 } }
    /// Bytes of the longest frame that is held.
    static var longest: Int { @_noAllocation @_noLocks get { 2_048 } }
    /// Bytes for each: a multiple of 64.
    private static var stride: Int { @_noAllocation @_noLocks get { 2_112 } }

    private struct Slot {
        var key = FragmentEntry().key
        /// 0: free. Others in the order they came.
        var turn: UInt64 = 0
        var born: UInt32 = 0
        var port: UInt16 = 0
        var length = 0
    }

    private let slots: UnsafeMutablePointer<Slot>
    private let memory: UnsafeMutableRawPointer
    private var turn: UInt64 = 0
    private(set) var count = 0

    init() {
        slots = .allocate(capacity: Self.capacity)
        slots.initialize(repeating: Slot(), count: Self.capacity)
        memory = .allocate(byteCount: Self.capacity * Self.stride, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity * Self.stride)
    }

    deinit {
        slots.deallocate()
        memory.deallocate()
    }

    /// Keeps a copy; false if it is too long.
    @_noAllocation @_noLocks
    mutating func hold(_ key: FragmentKey, header: UnsafeRawPointer, length: Int, port: UInt16, now: UInt32) -> Bool {
        guard length >= 0, length <= Self.longest else { return false }
        var free = -1
        var oldest = 0
        var oldestOfSide = -1
        var ofSide = 0
        for place in 0..<Self.capacity {
            if slots[place].turn != 0, isOver(place, now) { release(place) }
            let slot = slots[place]
            if slot.turn == 0 {
                free = place
                continue
            }
            if slots[oldest].turn == 0 || slot.turn < slots[oldest].turn { oldest = place }
            if slot.key.side == key.side {
                ofSide &+= 1
                if oldestOfSide < 0 || slot.turn < slots[oldestOfSide].turn { oldestOfSide = place }
            }
        }
        if ofSide >= Self.sideCapacity {
            free = oldestOfSide
            release(free)
        } else if free < 0 {
            free = oldest
            release(free)
        }
        turn &+= 1
        count &+= 1
        slots[free].key = key
        slots[free].turn = turn
        slots[free].born = now
        slots[free].port = port
        slots[free].length = length
        place(free).copyMemory(from: header, byteCount: VirtioNetHeader.length &+ length)
        return true
    }

    /// The next of a datagram, in the order they came.
    @_noAllocation @_noLocks
    mutating func take(_ key: FragmentKey, now: UInt32) -> HeldFragment? {
        if count == 0 { return nil }
        var found = -1
        for place in 0..<Self.capacity where slots[place].turn != 0 && slots[place].key.isSameDatagram(as: key) {
            if isOver(place, now) {
                release(place)
            } else if found < 0 || slots[place].turn < slots[found].turn {
                found = place
            }
        }
        guard found >= 0 else { return nil }
        release(found)
        return HeldFragment(header: place(found), length: slots[found].length, port: slots[found].port)
    }

    /// Forgets those that are too old; returns how many.
    @_noAllocation @_noLocks
    mutating func expire(_ now: UInt32) -> Int {
        let before = count
        if before == 0 { return 0 }
        for place in 0..<Self.capacity where slots[place].turn != 0 && isOver(place, now) { release(place) }
        return before &- count
    }

    /// Forgets those of a side.
    mutating func removeAll(side: UInt16) {
        for place in 0..<Self.capacity where slots[place].turn != 0 && slots[place].key.side == side { release(place) }
    }

    @inline(__always) @_noAllocation @_noLocks
    private func isOver(_ place: Int, _ now: UInt32) -> Bool {
        now &- slots[place].born >= FragmentTable.lifetime
    }

    @inline(__always) @_noAllocation @_noLocks
    private mutating func release(_ place: Int) {
        slots[place].turn = 0
        count &-= 1
    }

    @inline(__always) @_noAllocation @_noLocks
    private func place(_ index: Int) -> UnsafeMutableRawPointer {
        memory + index &* Self.stride
    }
}
