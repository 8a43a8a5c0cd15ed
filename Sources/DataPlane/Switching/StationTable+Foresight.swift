/// What learning a station would do, found without doing it. See `StationTable.foresee`.
struct LearningForesight {
    /// What `learn` would answer.
    let result: LearnResult
    /// The port or VTEP behind which the station is known so far, heard of lately or not; 0: none.
    let formerPort: UInt16
    /// Who would have to give way and is still heard of, as words of its entry; both 0: nobody.
    let evictedKey: UInt64
    let evictedPlace: UInt64
    /// Words of the entry that the station would have afterwards; both 0: it would have none, or the one it has.
    let key: UInt64
    let place: UInt64
    /// Its entry would be cleared: it would be known nowhere.
    let isForgotten: Bool
}

extension StationTable {
    /// What `learn` would do with the same arguments. Changes nothing; the decisions are `learn`'s own.
    ///
    /// Cost: O(1), two buckets at most.
    @_noAllocation @_noLocks
    func foresee(mac: UInt64, vlan: UInt16, domain: UInt16, port: UInt16, now: UInt32) -> LearningForesight {
        let key = StationBuckets.key(mac: mac, vlan: vlan)
        let hash = buckets.hash(key: key, domain: domain)
        let place = StationBuckets.place(domain: domain, port: port, seen: now)
        if let entry = buckets.find(key: key, domain: domain, hash: hash) {
            let result = standing(entry, domain: domain, port: port, now: now)
            let isWritten =
                switch result {
                case .new, .moved, .refreshed: true
                case .known, .staticElsewhere, .refused: false
                }
            var isForgotten = false
            if case .refused = result { isForgotten = true }
            return LearningForesight(
                result: result, formerPort: UInt16(truncatingIfNeeded: buckets.load(entry, 1) &>> 32), evictedKey: 0,
                evictedPlace: 0, key: isWritten ? buckets.load(entry, 0) : 0, place: isWritten ? place : 0,
                isForgotten: isForgotten)
        }
        guard let entry = room(hash: hash, port: port, now: now) else {
            return LearningForesight(
                result: .refused, formerPort: 0, evictedKey: 0, evictedPlace: 0, key: 0, place: 0, isForgotten: false)
        }
        let oldKey = buckets.load(entry, 0)
        let oldPlace = buckets.load(entry, 1)
        let isEvicted = oldKey != 0 && !isExpired(oldKey, oldPlace, now: now)
        return LearningForesight(
            result: .new, formerPort: 0, evictedKey: isEvicted ? oldKey : 0, evictedPlace: isEvicted ? oldPlace : 0,
            key: key, place: place, isForgotten: false)
    }

    /// What `lookup` would answer if the station of `foresight`, whose address and VLAN are given, had been learned.
    @_noAllocation @_noLocks
    func lookup(
        mac: UInt64, vlan: UInt16, domain: UInt16, now: UInt32, after foresight: LearningForesight, of learned: UInt64
    ) -> UInt16 {
        let key = StationBuckets.key(mac: mac, vlan: vlan)
        if key == learned {
            if foresight.isForgotten { return 0 }
            if foresight.key != 0 {
                return isExpired(foresight.key, foresight.place, now: now)
                    ? 0 : UInt16(truncatingIfNeeded: foresight.place &>> 32)
            }
        } else if foresight.evictedKey & ~StationBuckets.staticBit == key,
            foresight.evictedPlace &>> 48 == UInt64(domain)
        {
            return 0
        }
        return lookup(mac: mac, vlan: vlan, domain: domain, now: now)
    }
}
