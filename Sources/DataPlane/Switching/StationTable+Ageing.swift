extension StationTable {
    /// Forgets stations that nothing was heard of for too long, in a few buckets at a time.
    ///
    /// Aged stations are never found, swept or not; this gives their room back and keeps the 32-bit clock (which comes
    /// round after 49 days) unambiguous: sweep the whole table at least once a day.
    ///
    /// - Parameters:
    ///   - budget: buckets of four to look at; a table has capacity / 4.
    ///   - now: milliseconds.
    /// - Returns: how many were forgotten.
    @_noAllocation @_noLocks
    public mutating func age(budget: Int, now: UInt32) -> Int {
        var forgotten = 0
        var remaining = budget
        while remaining > 0 {
            // Masked: always one of the buckets.
            var entry = buckets.start + Int(truncatingIfNeeded: sweepCursor & buckets.mask) &* StationBuckets.bytes
            let end = entry + StationBuckets.bytes
            while entry < end {
                let key = buckets.load(entry, 0)
                if key != 0, isExpired(key, buckets.load(entry, 1), now: now) {
                    clear(entry)
                    forgotten &+= 1
                }
                entry += StationBuckets.entryBytes
            }
            sweepCursor = (sweepCursor &+ 1) & buckets.mask
            remaining &-= 1
        }
        statistics.aged &+= UInt64(truncatingIfNeeded: forgotten)
        return forgotten
    }

    /// Forgets the stations of a port.
    ///
    /// - Parameters:
    ///   - port: 1…16383.
    ///   - includingStatic: false: those set by hand stay.
    /// - Returns: how many were forgotten.
    @discardableResult
    public mutating func flush(port: UInt16, includingStatic: Bool) -> Int {
        flush { key, place in
            (includingStatic || key & StationBuckets.staticBit == 0) && place >> 32 & 0xFFFF == UInt64(port)
        }
    }

    /// Forgets the stations of a domain.
    ///
    /// - Parameters:
    ///   - domain: 1…4095.
    ///   - includingStatic: false: those set by hand stay.
    /// - Returns: how many were forgotten.
    @discardableResult
    public mutating func flush(domain: UInt16, includingStatic: Bool) -> Int {
        flush { key, place in
            (includingStatic || key & StationBuckets.staticBit == 0) && place >> 48 == UInt64(domain)
        }
    }

    /// Forgets the learned stations of a domain that have no VLAN, or those that have one.
    @discardableResult
    mutating func flush(domain: UInt16, untagged: Bool) -> Int {
        flush { key, place in
            let isUntagged = key & StationBuckets.vlanMask == 0
            let isLearned = key & StationBuckets.staticBit == 0
            return isLearned && isUntagged == untagged && place >> 48 == UInt64(domain)
        }
    }

    /// Forgets the learned stations of a domain behind VTEPs that aren't among these.
    mutating func flush(domain: UInt16, behindOthersThan vteps: [UInt16]) {
        _ = flush { key, place in
            let number = UInt16(truncatingIfNeeded: place >> 32)
            let isRemote = place >> 48 == UInt64(domain) && number >= VTEPTable.firstNumber
            return isRemote && key & StationBuckets.staticBit == 0 && !vteps.contains(number)
        }
    }

    /// Forgets the learned stations behind VTEPs that the configuration doesn't refer to, and then those VTEPs; what
    /// stations that were set by hand refer to stays. O(capacity).
    @_noAllocation @_noLocks
    mutating func forgetUnreferred(_ vteps: inout VTEPTable) {
        referByStatics(&vteps, 1)
        var entry = buckets.start
        while entry < buckets.end {
            let place = UInt16(truncatingIfNeeded: buckets.load(entry, 1) &>> 32)
            if buckets.load(entry, 0) != 0, place >= VTEPTable.firstNumber, !vteps.isReferred(place) { clear(entry) }
            entry += StationBuckets.entryBytes
        }
        vteps.forgetUnreferred()
        referByStatics(&vteps, -1)
    }

    @_noAllocation @_noLocks
    private func referByStatics(_ vteps: inout VTEPTable, _ change: Int) {
        var entry = buckets.start
        while entry < buckets.end {
            let place = UInt16(truncatingIfNeeded: buckets.load(entry, 1) &>> 32)
            if buckets.load(entry, 0) & StationBuckets.staticBit != 0, place >= VTEPTable.firstNumber {
                if change > 0 { vteps.retain(place) } else { vteps.release(place) }
            }
            entry += StationBuckets.entryBytes
        }
    }

    /// Forgets the stations with such words. O(capacity).
    private mutating func flush(_ isMeant: (_ key: UInt64, _ place: UInt64) -> Bool) -> Int {
        var forgotten = 0
        var entry = buckets.start
        while entry < buckets.end {
            let key = buckets.load(entry, 0)
            if key != 0, isMeant(key, buckets.load(entry, 1)) {
                clear(entry)
                forgotten &+= 1
            }
            entry += StationBuckets.entryBytes
        }
        return forgotten
    }
}
