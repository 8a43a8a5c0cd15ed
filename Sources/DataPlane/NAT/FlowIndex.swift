import Glibc

/// Finds flows by a hash: open addressing with linear probing, twice as many places as there can be flows, so that a search ends
/// after two or three places, mostly in one cache line, at any number of flows.
///
/// A place holds 32 bits of the hash beside the flow's number: a search looks into other flows once in four billion times, and
/// whatever follows a removed flow can be moved up without looking at it, so that there are no tombstones.
struct FlowIndex {
    /// Hash (63…32), number (31…0); 0: free. Zeroed memory of the kernel: pages that aren't used cost nothing.
    private let places: UnsafeMutablePointer<UInt64>

    static var size: Int { @_noAllocation @_noLocks get { 262_144 } }
    private static var mask: Int { @_noAllocation @_noLocks get { size &- 1 } }

    init() {
        places = zeroed(UInt64.self, count: Self.size)
    }

    /// Frees the memory.
    func free() {
        Glibc.free(places)
    }

    /// Where a search begins.
    @inline(__always) @_noAllocation @_noLocks
    func start(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash) & Self.mask
    }

    /// The next flow whose hash looks like this one; 0: no more. Look at its ends, then ask again.
    @inline(__always) @_noAllocation @_noLocks
    func next(_ hash: UInt64, _ position: inout Int) -> UInt32 {
        // Invariant: half of the places are free, so every search ends.
        while true {
            let place = places[position]
            if place == 0 { return 0 }
            position = (position &+ 1) & Self.mask
            if place &>> 32 == hash & 0xFFFF_FFFF { return UInt32(truncatingIfNeeded: place) }
        }
    }

    /// Adds a flow.
    @inline(__always) @_noAllocation @_noLocks
    func insert(_ hash: UInt64, _ number: UInt32) {
        var position = start(hash)
        while places[position] != 0 { position = (position &+ 1) & Self.mask }
        places[position] = hash &<< 32 | UInt64(number)
    }

    /// Puts one flow where another was.
    @inline(__always) @_noAllocation @_noLocks
    func replace(_ hash: UInt64, _ number: UInt32, by other: UInt32) {
        let position = find(hash, number)
        if places[position] != 0 { places[position] = hash &<< 32 | UInt64(other) }
    }

    /// Takes a flow out, and moves up what stands behind it because of it.
    @_noAllocation @_noLocks
    func remove(_ hash: UInt64, _ number: UInt32) {
        var hole = find(hash, number)
        if places[hole] == 0 { return }
        var position = hole
        while true {
            position = (position &+ 1) & Self.mask
            let place = places[position]
            if place == 0 { break }
            // It may go into the hole unless its search begins behind the hole.
            let distance = (position &- Int(truncatingIfNeeded: place &>> 32)) & Self.mask
            if distance >= (position &- hole) & Self.mask {
                places[hole] = place
                hole = position
            }
        }
        places[hole] = 0
    }

    /// The place of a flow, or a free one.
    @inline(__always) @_noAllocation @_noLocks
    private func find(_ hash: UInt64, _ number: UInt32) -> Int {
        let wanted = hash &<< 32 | UInt64(number)
        var position = start(hash)
        while places[position] != 0, places[position] != wanted { position = (position &+ 1) & Self.mask }
        return position
    }
}

/// Zeroed memory; ends the process if there is none, as Swift's own allocation does.
func zeroed<Element: BitwiseCopyable>(_ type: Element.Type, count: Int) -> UnsafeMutablePointer<Element> {
    guard let memory = calloc(count, MemoryLayout<Element>.stride) else {
        fatalError("no memory for the tables of the data plane")
    }
    return memory.bindMemory(to: type, capacity: count)
}
