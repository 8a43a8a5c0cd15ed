import Glibc

/// Which held packet goes on next: a binary heap over the packets of all impaired directions of a worker, by time, and by
/// the order in which they came where times are equal.
struct ReleaseQueue: ~Copyable {
    /// A packet that is held.
    struct Entry {
        /// When it goes on, in nanoseconds.
        var due: Int64
        /// When it has passed the rate.
        var departure: Int64
        /// In the order of coming.
        var sequence: UInt64 = 0
        /// Bytes of the frame.
        var length: UInt32
        /// Where it lies, in the places that `isLong` names.
        var place: UInt32
        /// See `ImpairmentTable.index`.
        var direction: UInt16
        /// See `ImpairedDirection`.
        var isLong: Bool
        /// Whether it is a super-frame.
        var isSuperframe: Bool

        @_noAllocation @_noLocks @inline(__always)
        init(
            due: Int64, departure: Int64, length: UInt32, place: UInt32, direction: UInt16, isLong: Bool,
            isSuperframe: Bool
        ) {
            self.due = due
            self.departure = departure
            self.length = length
            self.place = place
            self.direction = direction
            self.isLong = isLong
            self.isSuperframe = isSuperframe
        }

        @_noAllocation @_noLocks @inline(__always)
        fileprivate func isBefore(_ other: Entry) -> Bool {
            due != other.due ? due < other.due : sequence < other.sequence
        }
    }

    /// One mapping, which takes memory only as packets are held. Invariant: room for `capacity`.
    private var entries: UnsafeMutablePointer<Entry>
    private var capacity: Int
    /// Packets that are held.
    private(set) var count = 0
    private var sequence: UInt64 = 0

    init() {
        // A mapping of nothing is refused: nothing is read or written before `reserve`.
        entries = .allocate(capacity: 1)
        capacity = 0
    }

    deinit {
        Self.release(entries, capacity)
    }

    /// Makes room for so many in all. False: there is no memory, and all stays as it is. Not on a packet's way.
    mutating func reserve(_ wanted: Int) -> Bool {
        guard wanted > capacity else { return true }
        let bytes = wanted * MemoryLayout<Entry>.stride
        guard
            let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
            memory != MAP_FAILED
        else { return false }
        let larger = memory.bindMemory(to: Entry.self, capacity: wanted)
        larger.update(from: entries, count: count)
        Self.release(entries, capacity)
        entries = larger
        capacity = wanted
        return true
    }

    private static func release(_ entries: UnsafeMutablePointer<Entry>, _ capacity: Int) {
        if capacity == 0 { return entries.deallocate() }
        munmap(entries, capacity * MemoryLayout<Entry>.stride)
    }

    /// When the next packet is due; nil: none is held.
    var nextDue: Int64? { @_noAllocation @_noLocks @inline(__always) get { count > 0 ? entries[0].due : nil } }

    /// Adds a packet. False: no room.
    @_noAllocation @_noLocks
    mutating func push(_ entry: Entry) -> Bool {
        guard count < capacity else { return false }
        var new = entry
        new.sequence = sequence
        sequence &+= 1
        rise(new, from: count)
        count &+= 1
        return true
    }

    /// Takes the next packet that is due at a time; nil: none is.
    @_noAllocation @_noLocks
    mutating func pop(until now: Int64) -> Entry? {
        guard count > 0, entries[0].due <= now else { return nil }
        let first = entries[0]
        count &-= 1
        if count > 0 { sink(entries[count], from: 0) }
        return first
    }

    /// Moves an entry from an empty place towards the front.
    @_noAllocation @_noLocks @inline(__always)
    private mutating func rise(_ entry: Entry, from place: Int) {
        var hole = place
        while hole > 0 {
            let parent = (hole &- 1) &>> 1
            guard entry.isBefore(entries[parent]) else { break }
            entries[hole] = entries[parent]
            hole = parent
        }
        entries[hole] = entry
    }

    /// Moves an entry from an empty place towards the end.
    @_noAllocation @_noLocks @inline(__always)
    private mutating func sink(_ entry: Entry, from place: Int) {
        var hole = place
        while true {
            var child = hole &* 2 &+ 1
            guard child < count else { break }
            if child &+ 1 < count, entries[child &+ 1].isBefore(entries[child]) { child &+= 1 }
            guard entries[child].isBefore(entry) else { break }
            entries[hole] = entries[child]
            hole = child
        }
        entries[hole] = entry
    }
}

/// What is done when settings change; not on a packet's way.
extension ReleaseQueue {
    /// Takes all packets of a direction out, or those that are meant, in the order in which they are due.
    mutating func removeAll(of direction: UInt16, where isMeant: (Entry) -> Bool = { _ in true }) -> [Entry] {
        var taken: [Entry] = []
        var left = 0
        for index in 0..<count {
            if entries[index].direction == direction, isMeant(entries[index]) {
                taken.append(entries[index])
            } else {
                entries[left] = entries[index]
                left += 1
            }
        }
        count = left
        restore()
        taken.sort { $0.isBefore($1) }
        return taken
    }

    /// Gives the packets of a direction other times, in the order in which they came, or in which they are due.
    mutating func reschedule(_ direction: UInt16, byDue: Bool = false, _ change: (inout Entry) -> Void) {
        let places = (0..<count).filter { entries[$0].direction == direction }.sorted {
            byDue ? entries[$0].isBefore(entries[$1]) : entries[$0].sequence < entries[$1].sequence
        }
        for place in places { change(&entries[place]) }
        restore()
    }

    private mutating func restore() {
        for place in stride(from: count / 2 - 1, through: 0, by: -1) { sink(entries[place], from: place) }
    }
}
