extension FragmentTable {
    /// The entry of a datagram, or `none`.
    @inline(__always) @_noAllocation @_noLocks
    func place(of key: FragmentKey, _ hash: UInt64) -> UInt16 {
        var place = chains[Int(truncatingIfNeeded: hash) & (Self.buckets &- 1)]
        // Invariant: chains hold entries only, end with `none`, and have no circles.
        while place != Self.none, !entries[Int(place)].key.isSameDatagram(as: key) {
            place = entries[Int(place)].chain
        }
        return place
    }

    /// Counts a part as seen; false if the datagram is spoiled, by it or before it.
    @inline(__always) @_noAllocation @_noLocks
    func add(_ key: FragmentKey, to place: UInt16) -> Bool {
        let index = Int(place)
        if entries[index].isSpoiled { return false }
        let end = UInt16(truncatingIfNeeded: key.end)
        let cover = FragmentCover(covers + index &* FragmentCover.words)
        if isOutside(key, place) || !cover.add(first: key.first, end: key.end) {
            entries[index].isSpoiled = true
            return false
        }
        entries[index].seen &+= UInt16(truncatingIfNeeded: key.end &- key.first)
        if end > entries[index].furthest { entries[index].furthest = end }
        if key.isLast { entries[index].end = end }
        return true
    }

    /// Whether a part can't be one of the datagram: empty, a second end, or something behind the end.
    @inline(__always) @_noAllocation @_noLocks
    private func isOutside(_ key: FragmentKey, _ place: UInt16) -> Bool {
        let index = Int(place)
        let end = UInt16(truncatingIfNeeded: key.end)
        let known = entries[index].end
        let isBehind = known != 0 && (key.isLast || end > known) || key.isLast && end < entries[index].furthest
        return isBehind || key.first >= key.end
    }

    /// Whether a part neither lies outside of a datagram nor overlaps what was seen of it.
    @_noAllocation @_noLocks
    func fits(_ key: FragmentKey, _ place: UInt16) -> Bool {
        let cover = FragmentCover(covers + Int(place) &* FragmentCover.words)
        return !isOutside(key, place) && !cover.overlaps(first: key.first, end: key.end)
    }

    /// A free entry for one more of a side: the first of the free ones.
    @inline(__always) @_noAllocation @_noLocks
    mutating func makeRoom(side: UInt16) -> UInt16 {
        let own = perSide[Int(side) & (Self.sides &- 1)]
        if own.count >= Self.sideCapacity {
            remove(own.first)
        } else if free == Self.none {
            remove(own.count >= Self.fairShare ? own.first : all.first)
        }
        return free
    }

    /// A few that are too old make room.
    @inline(__always) @_noAllocation @_noLocks
    mutating func expire(_ now: UInt32) {
        for _ in 0..<4 {
            guard all.first != Self.none, now &- entries[Int(all.first)].born >= Self.lifetime else { return }
            remove(all.first)
        }
    }

    /// Puts an entry last in its lists: the youngest.
    @inline(__always) @_noAllocation @_noLocks
    mutating func append(_ place: UInt16) {
        let index = Int(place)
        let side = perSide + Int(entries[index].key.side) & (Self.sides &- 1)
        entries[index].older = all.last
        entries[index].olderOfSide = side.pointee.last
        if all.last != Self.none { entries[Int(all.last)].younger = place } else { all.first = place }
        if side.pointee.last != Self.none {
            entries[Int(side.pointee.last)].youngerOfSide = place
        } else {
            side.pointee.first = place
        }
        all.last = place
        side.pointee.last = place
        all.count &+= 1
        side.pointee.count &+= 1
    }

    /// Frees an entry.
    @_noAllocation @_noLocks
    mutating func remove(_ place: UInt16) {
        guard place != Self.none else { return }
        let index = Int(place)
        let entry = entries[index]
        let side = perSide + Int(entry.key.side) & (Self.sides &- 1)
        if entry.older != Self.none {
            entries[Int(entry.older)].younger = entry.younger
        } else {
            all.first = entry.younger
        }
        if entry.younger != Self.none {
            entries[Int(entry.younger)].older = entry.older
        } else {
            all.last = entry.older
        }
        if entry.olderOfSide != Self.none {
            entries[Int(entry.olderOfSide)].youngerOfSide = entry.youngerOfSide
        } else {
            side.pointee.first = entry.youngerOfSide
        }
        if entry.youngerOfSide != Self.none {
            entries[Int(entry.youngerOfSide)].olderOfSide = entry.olderOfSide
        } else {
            side.pointee.last = entry.olderOfSide
        }
        all.count &-= 1
        side.pointee.count &-= 1

        if chains[Int(entry.bucket)] == place {
            chains[Int(entry.bucket)] = entry.chain
        } else {
            var before = chains[Int(entry.bucket)]
            while before != Self.none, entries[Int(before)].chain != place { before = entries[Int(before)].chain }
            if before != Self.none { entries[Int(before)].chain = entry.chain }
        }
        // A part that spoiled it may have left bits behind the furthest.
        let cover = FragmentCover(covers + index &* FragmentCover.words)
        cover.clear(before: entry.isSpoiled ? FragmentCover.units : Int(entry.furthest))
        entries[index].chain = free
        free = place
    }
}
