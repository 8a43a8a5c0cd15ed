import Glibc

/// Memory for packets that are held: places of one size in one mapping, which take memory only once they are used, and the
/// one that was given back last is used first.
struct PacketPlaces: ~Copyable {
    /// Bytes in front of a packet's virtio_net_hdr, as in a slot.
    static var headroom: Int { @_noAllocation @_noLocks get { SlotMemory.headroom } }
    /// No place.
    static var none: UInt32 { @_noAllocation @_noLocks get { .max } }

    private let memory: UnsafeMutableRawPointer
    private let stride: Int
    /// How many there are.
    let capacity: Int
    /// What follows a place in one of the lists.
    private let next: UnsafeMutablePointer<UInt32>
    /// Places from here on were never used.
    private var fresh = 0
    private var firstFree = PacketPlaces.none
    /// Places whose packets are on their way out: free with `reclaim`.
    private var firstSpent = PacketPlaces.none
    private var lastSpent = PacketPlaces.none

    /// Maps the places; nil: there is no memory.
    init?(capacity: Int, stride: Int) {
        let bytes = capacity * stride
        guard
            let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
            memory != MAP_FAILED
        else { return nil }
        self.memory = memory
        self.capacity = capacity
        self.stride = stride
        next = .allocate(capacity: capacity)
    }

    deinit {
        munmap(memory, capacity * stride)
        next.deallocate()
    }

    /// Bytes of virtio_net_hdr and frame that fit into a place.
    var longest: Int { @_noAllocation @_noLocks @inline(__always) get { stride &- Self.headroom } }

    /// Whether places wait for `reclaim`.
    var hasSpent: Bool { @_noAllocation @_noLocks @inline(__always) get { firstSpent != Self.none } }

    /// Where a place's virtio_net_hdr lies. Any number is safe.
    @_noAllocation @_noLocks @inline(__always)
    func header(_ place: UInt32) -> UnsafeMutableRawPointer {
        let index = Int(place) < capacity ? Int(place) : 0
        return memory + (index &* stride &+ Self.headroom)
    }

    /// A place that nobody has; `none`: all are in use.
    @_noAllocation @_noLocks @inline(__always)
    mutating func take() -> UInt32 {
        if firstFree != Self.none {
            let place = firstFree
            firstFree = next[Int(place)]
            return place
        }
        guard fresh < capacity else { return Self.none }
        fresh &+= 1
        return UInt32(truncatingIfNeeded: fresh &- 1)
    }

    /// Gives a place back whose packet is given out, but not sent yet. Invariant: it came from `take`, once.
    @_noAllocation @_noLocks @inline(__always)
    mutating func spend(_ place: UInt32) {
        guard Int(place) < capacity else { return }
        next[Int(place)] = firstSpent
        if firstSpent == Self.none { lastSpent = place }
        firstSpent = place
    }

    /// What was given out has been sent: its places are free.
    @_noAllocation @_noLocks @inline(__always)
    mutating func reclaim() {
        guard firstSpent != Self.none else { return }
        next[Int(lastSpent)] = firstFree
        firstFree = firstSpent
        firstSpent = Self.none
    }
}
