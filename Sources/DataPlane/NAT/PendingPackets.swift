/// Packets that wait for the MAC address of their next hop, as the kernel's neighbour table keeps some: without it the
/// first packet to every new neighbour would be lost. Bounded; what finds no room is dropped by the caller.
struct PendingPackets: ~Copyable {
    /// A packet that waits, as it came.
    struct Place {
        var isUsed = false
        var uplink: UInt16 = 0
        var ingress: UInt16 = 0
        var domain: UInt16 = 0
        var length = 0
        var high: UInt64 = 0
        var low: UInt64 = 0
        var since: UInt32 = 0

        init() {}
    }

    /// Places in all.
    static var capacity: Int { @_noAllocation @_noLocks get { 64 } }
    /// Most that wait for one next hop (Linux: unres_qlen_bytes holds about a hundred).
    static var perHop: Int { @_noAllocation @_noLocks get { 16 } }
    /// Longest frame that is kept.
    static var longest: Int { @_noAllocation @_noLocks get { 2_048 } }
    /// How long the kernel needs to give up (three questions a second apart), in milliseconds.
    static var life: UInt32 { @_noAllocation @_noLocks get { 3_000 } }
    private static var stride: Int { @_noAllocation @_noLocks get { SlotMemory.headroom &+ 16 &+ longest } }

    let places: UnsafeMutablePointer<Place>
    private let memory: UnsafeMutableRawPointer
    private(set) var count = 0

    init() {
        places = .allocate(capacity: Self.capacity)
        places.initialize(repeating: Place(), count: Self.capacity)
        memory = .allocate(byteCount: Self.capacity * Self.stride, alignment: 64)
    }

    deinit {
        places.deallocate()
        memory.deallocate()
    }

    /// Where the virtio_net_hdr of a place's packet lies. Any number is safe: it is masked.
    @inline(__always) @_noAllocation @_noLocks
    func header(_ place: Int) -> UnsafeMutableRawPointer {
        memory + ((place & (Self.capacity &- 1)) &* Self.stride &+ SlotMemory.headroom)
    }

    /// Keeps a copy. False: no room, or it is too long.
    @_noAllocation @_noLocks
    mutating func keep(_ frame: RoutedFrame, uplink: UInt16, high: UInt64, low: UInt64) -> Bool {
        let free = place(for: frame, uplink: uplink, high: high, low: low)
        guard free >= 0 else { return false }
        var place = Place()
        place.isUsed = true
        place.uplink = uplink
        place.ingress = frame.ingress
        place.domain = frame.domain
        place.length = frame.length
        place.high = high
        place.low = low
        place.since = frame.now
        places[free] = place
        // `longest` was checked above: header and frame fit in a stride.
        header(free).copyMemory(from: frame.header, byteCount: VirtioNetHeader.length &+ frame.length)
        count &+= 1
        return true
    }

    /// Where a packet would be kept; -1: no room, or it is too long.
    @_noAllocation @_noLocks
    func place(for frame: RoutedFrame, uplink: UInt16, high: UInt64, low: UInt64) -> Int {
        guard frame.length >= 0, frame.length <= Self.longest, count < Self.capacity else { return -1 }
        var free = -1
        var same = 0
        var index = 0
        while index < Self.capacity {
            let place = places[index]
            if !place.isUsed {
                if free < 0 { free = index }
            } else if place.uplink == uplink, place.low == low, place.high == high {
                same &+= 1
            }
            index &+= 1
        }
        return same < Self.perHop ? free : -1
    }

    /// The next packet from `start` on that waits for the hop, taken out; -1: none.
    @_noAllocation @_noLocks
    mutating func take(from start: Int, uplink: UInt16, high: UInt64, low: UInt64) -> Int {
        var index = start
        while count > 0, index < Self.capacity {
            let place = places[index]
            if place.isUsed, place.uplink == uplink, place.low == low, place.high == high {
                release(index)
                return index
            }
            index &+= 1
        }
        return -1
    }

    /// The next packet from `start` on that has waited too long, taken out; -1: none.
    @_noAllocation @_noLocks
    mutating func takeStale(from start: Int, now: UInt32) -> Int {
        var index = start
        while count > 0, index < Self.capacity {
            let place = places[index]
            if place.isUsed, now &- place.since >= Self.life {
                release(index)
                return index
            }
            index &+= 1
        }
        return -1
    }

    /// The next packet from `start` on that came by a port, taken out; -1: none.
    @_noAllocation @_noLocks
    mutating func take(from start: Int, ingress: UInt16) -> Int {
        var index = start
        while count > 0, index < Self.capacity {
            let place = places[index]
            if place.isUsed, place.ingress == ingress {
                release(index)
                return index
            }
            index &+= 1
        }
        return -1
    }

    @inline(__always) @_noAllocation @_noLocks
    private mutating func release(_ index: Int) {
        places[index].isUsed = false
        count &-= 1
    }
}

/// Questions for next hops on their way to the control side: a short list that is emptied after each batch.
struct OpenQuestions: ~Copyable {
    /// One question.
    struct Question {
        var uplink: UInt16 = 0
        var high: UInt64 = 0
        var low: UInt64 = 0

        init() {}
    }

    static var capacity: Int { @_noAllocation @_noLocks get { 16 } }

    var list = InlineArray<16, Question>(repeating: Question())
    private(set) var count = 0

    init() {}

    /// Adds a question; one too many is asked with the next packet.
    @_noAllocation @_noLocks
    mutating func ask(uplink: UInt16, high: UInt64, low: UInt64) {
        guard count < Self.capacity else { return }
        list[count].uplink = uplink
        list[count].high = high
        list[count].low = low
        count &+= 1
    }

    /// Empties the list.
    mutating func clear() {
        count = 0
    }
}
