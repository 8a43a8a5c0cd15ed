import Glibc

/// One direction of a port whose packets are impaired: what is decided, and where packets are held.
struct ImpairedDirection: ~Copyable {
    /// See `ImpairmentState`.
    var state: ImpairmentState
    /// Places of one kind: for packets, and for what is longer.
    var packets: PacketPlaces
    /// Places for super-frames, which are held whole where all of their packets have the same fate, and other long frames.
    var long: PacketPlaces
    /// Packets that are held.
    var held = 0
    /// Nothing is impaired any more, and what is held goes on: see `ImpairmentTable.end`.
    var isEnding = false
    /// When nothing is held back any more, if it is ending.
    var endsAt: Int64 = 0
    /// In the list of those that have places to be reclaimed.
    fileprivate var isSpent = false
    /// The next in that list; 0: none.
    fileprivate var nextSpent = 0

    /// Bytes from one packet's place to the next: 1,900 bytes of frame fit.
    static var packetStride: Int { @_noAllocation @_noLocks get { 2_048 } }

    /// Allocates; nil: there is no memory.
    init?(_ settings: ImpairmentSettings, stream: UInt64) {
        let wanted = settings.places
        guard let packets = PacketPlaces(capacity: wanted.packets, stride: Self.packetStride),
            let long = PacketPlaces(capacity: wanted.long, stride: SlotMemory.stride)
        else { return nil }
        self.packets = packets
        self.long = long
        state = ImpairmentState(settings, stream: stream)
    }
}

/// All impaired directions of a worker, and the packets that they hold. Allocates when settings change, never for a packet.
struct ImpairmentTable: ~Copyable {
    /// One for each port and direction; nil: not impaired.
    private let directions: UnsafeMutablePointer<UnsafeMutablePointer<ImpairedDirection>?>
    /// See `ReleaseQueue`.
    var queue = ReleaseQueue()
    /// The captures that have just recorded the frame that is impaired on its way out.
    var captured: UInt16 = 0
    /// Directions that have ended and hold nothing any more were seen since `nextDrained` found none.
    var drained = 0
    /// How many directions are impaired.
    private(set) var count = 0
    /// Of the list of those with places to be reclaimed; 0: none.
    private var firstSpent = 0
    /// Made when a direction first needs it.
    private(set) var normal: UnsafeMutablePointer<NormalTable>?
    /// Where a super-frame that lies in pieces is put together to be cut.
    let whole: UnsafeMutableRawPointer
    private let heads: UnsafeMutableRawPointer

    init() {
        directions = zeroed(UnsafeMutablePointer<ImpairedDirection>?.self, count: 2 * SharedTables.maximumPorts)
        whole = .allocate(byteCount: SlotMemory.stride, alignment: 64)
        heads = .allocate(byteCount: 2 * Self.headLength, alignment: 64)
    }

    deinit {
        for index in 0..<(2 * SharedTables.maximumPorts) {
            guard let direction = directions[index] else { continue }
            direction.deinitialize(count: 1)
            direction.deallocate()
        }
        if let normal {
            normal.deinitialize(count: 1)
            normal.deallocate()
        }
        Glibc.free(directions)
        whole.deallocate()
        heads.deallocate()
    }

    /// A virtio_net_hdr and the longest headers that are cut.
    private static var headLength: Int { @_noAllocation @_noLocks get { SegmentCutter.maximumHeaderLength &+ 64 } }

    /// A direction's number. Port 0 is nobody's, so that 0 can mean none.
    @_noAllocation @_noLocks @inline(__always)
    static func index(port: UInt16, isOut: Bool) -> Int {
        (Int(port) & (SharedTables.maximumPorts &- 1)) &* 2 &+ (isOut ? 1 : 0)
    }

    /// The port of a direction's number.
    @_noAllocation @_noLocks @inline(__always)
    static func port(_ index: Int) -> UInt16 { UInt16(truncatingIfNeeded: index &>> 1) }

    /// Whether a direction's number is that of what leaves by a port.
    @_noAllocation @_noLocks @inline(__always)
    static func isOut(_ index: Int) -> Bool { index & 1 != 0 }

    /// What is done in a direction; nil: nothing.
    @_noAllocation @_noLocks @inline(__always)
    func direction(_ index: Int) -> UnsafeMutablePointer<ImpairedDirection>? {
        directions[index & (2 &* SharedTables.maximumPorts &- 1)]
    }

    /// Where the head of a packet is written that a super-frame is cut into. One for each way: what comes in may make
    /// another one go out before it is through.
    @_noAllocation @_noLocks @inline(__always)
    func head(_ index: Int) -> UnsafeMutableRawPointer {
        heads + (Self.isOut(index) ? Self.headLength : 0)
    }

    /// The packet of a held one is on its way out; its place is free when all of the batch was sent.
    @_noAllocation @_noLocks @inline(__always)
    mutating func spend(_ place: UInt32, isLong: Bool, of index: Int) {
        guard let direction = direction(index) else { return }
        if isLong { direction.pointee.long.spend(place) } else { direction.pointee.packets.spend(place) }
        guard !direction.pointee.isSpent else { return }
        direction.pointee.isSpent = true
        direction.pointee.nextSpent = firstSpent
        firstSpent = index
    }

    /// All that was given out has been sent.
    @_noAllocation @_noLocks
    mutating func reclaim() {
        while firstSpent != 0, let direction = direction(firstSpent) {
            direction.pointee.packets.reclaim()
            direction.pointee.long.reclaim()
            direction.pointee.isSpent = false
            firstSpent = direction.pointee.nextSpent
        }
    }
}

/// What is done when settings change. Nothing may be on its way out then: see `Worker.settle`.
extension ImpairmentTable {
    /// Sets what is done in a direction.
    ///
    /// - Returns: what was held and doesn't fit the queue any more, whose places are free with the next `reclaim`; nil:
    ///   there is no memory, and nothing is changed.
    mutating func set(_ index: Int, _ settings: ImpairmentSettings, now: Int64) -> [ReleaseQueue.Entry]? {
        if settings.isNormal, normal == nil {
            let table = UnsafeMutablePointer<NormalTable>.allocate(capacity: 1)
            table.initialize(to: NormalTable())
            normal = table
        }
        let stream = UInt64(index & 1)
        guard let known = directions[index] else {
            guard let new = ImpairedDirection(settings, stream: stream),
                makeRoom(more: new.packets.capacity + new.long.capacity)
            else { return nil }
            let place = UnsafeMutablePointer<ImpairedDirection>.allocate(capacity: 1)
            place.initialize(to: new)
            directions[index] = place
            count += 1
            return []
        }
        let wanted = settings.places
        if wanted.packets > known.pointee.packets.capacity || wanted.long > known.pointee.long.capacity {
            guard move(index, known, to: settings, stream: stream) else { return nil }
        }
        if known.pointee.isEnding {
            // As where none was, but behind what still goes on.
            let link = ImpairmentLink(freeAt: known.pointee.state.link.freeAt)
            known.pointee.isEnding = false
            known.pointee.state = ImpairmentState(settings, stream: stream)
            known.pointee.state.link = link
            return []
        }
        let before = known.pointee.state.settings
        known.pointee.state.change(to: settings)
        guard before.rate != settings.rate || before.queue > settings.queue else { return [] }
        return reschedule(index, known, now: now)
    }

    /// Forgets a direction, whose packets must have been taken out of `queue`.
    mutating func remove(_ index: Int) {
        guard let direction = directions[index] else { return }
        direction.deinitialize(count: 1)
        direction.deallocate()
        directions[index] = nil
        count -= 1
    }

    /// More memory for a direction; what it holds moves there.
    private mutating func move(
        _ index: Int, _ known: UnsafeMutablePointer<ImpairedDirection>, to settings: ImpairmentSettings, stream: UInt64
    ) -> Bool {
        let old = known.pointee.state.settings.places
        var larger = settings.places
        larger.packets = max(larger.packets, old.packets, known.pointee.packets.capacity)
        larger.long = max(larger.long, old.long, known.pointee.long.capacity)
        guard var packets = PacketPlaces(capacity: larger.packets, stride: ImpairedDirection.packetStride),
            var long = PacketPlaces(capacity: larger.long, stride: SlotMemory.stride),
            makeRoom(
                more: larger.packets + larger.long - known.pointee.packets.capacity - known.pointee.long.capacity)
        else { return false }
        queue.reschedule(UInt16(index)) { entry in
            let place = entry.isLong ? long.take() : packets.take()
            let target = entry.isLong ? long.header(place) : packets.header(place)
            let source =
                entry.isLong ? known.pointee.long.header(entry.place) : known.pointee.packets.header(entry.place)
            target.copyMemory(from: source, byteCount: VirtioNetHeader.length + Int(entry.length))
            entry.place = place
        }
        known.pointee.packets = packets
        known.pointee.long = long
        return true
    }

    /// What waits for a rate waits for the new one, as if it came now: what doesn't fit the queue is taken out, so that
    /// the next packets find room as soon as they would with these settings.
    private mutating func reschedule(
        _ index: Int, _ direction: UnsafeMutablePointer<ImpairedDirection>, now: Int64
    ) -> [ReleaseQueue.Entry] {
        var link = ImpairmentLink()
        let settings = direction.pointee.state.settings
        queue.reschedule(UInt16(index)) { entry in
            guard entry.departure > now else { return }
            let held = entry.due - entry.departure
            let departure = link.take(
                length: Int(entry.length), now: now, rate: settings.rate, queue: settings.queue)
            entry.departure = departure ?? .max
            entry.due = departure.map { $0 + held } ?? .max
        }
        direction.pointee.state.link = link
        let surplus = queue.removeAll(of: UInt16(index)) { $0.departure == .max }
        direction.pointee.held -= surplus.count
        for entry in surplus { spend(entry.place, isLong: entry.isLong, of: index) }
        return surplus
    }

    /// Sees to it that the queue takes all that the directions can hold, and so many more. False: there is no memory.
    private mutating func makeRoom(more: Int) -> Bool {
        var total = more
        for index in 0..<(2 * SharedTables.maximumPorts) {
            guard let direction = directions[index] else { continue }
            total += direction.pointee.packets.capacity + direction.pointee.long.capacity
        }
        return queue.reserve(total)
    }
}
