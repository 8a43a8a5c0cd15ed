/// What learning a frame's source did.
public enum LearnResult: UInt8, Sendable {
    /// Known where it is; nothing was written.
    case known
    /// Known where it is; its time was renewed.
    case refreshed
    /// Learned.
    case new
    /// It was behind another port.
    case moved
    /// A static entry says that it lives behind another port. The entry stays and the frame goes on (802.1D: a static
    /// entry is never overwritten; who may send what is the source guard's business).
    case staticElsewhere
    /// Not learned: its port has too many, or others need the room more. The frame goes on.
    case refused
}

extension StationTable {
    /// Learns or refreshes a frame's source.
    ///
    /// - Parameters:
    ///   - mac: an individual, non-zero 48-bit address.
    ///   - vlan: 0…4094.
    ///   - domain: 1…4095.
    ///   - port: 1…16383, or a VTEP's number.
    ///   - now: milliseconds.
    @inline(__always) @_noAllocation @_noLocks
    public mutating func learn(mac: UInt64, vlan: UInt16, domain: UInt16, port: UInt16, now: UInt32) -> LearnResult {
        let key = StationBuckets.key(mac: mac, vlan: vlan)
        let hash = buckets.hash(key: key, domain: domain)
        guard let entry = buckets.find(key: key, domain: domain, hash: hash) else {
            return insert(key: key, domain: domain, port: port, hash: hash, now: now)
        }
        let standing = standing(entry, domain: domain, port: port, now: now)
        if case .known = standing { return .known }
        renew(entry, standing, domain: domain, port: port, now: now)
        return standing
    }

    /// What learning a station does that has an entry. Only looks: `learn` and `foresee` both go by it.
    @inline(__always) @_noAllocation @_noLocks
    func standing(_ entry: UnsafeMutableRawPointer, domain: UInt16, port: UInt16, now: UInt32) -> LearnResult {
        let key = buckets.load(entry, 0)
        let place = buckets.load(entry, 1)
        if place &>> 32 == StationBuckets.place(domain: domain, port: port, seen: 0) &>> 32 {
            // A time that lies ahead counts as now.
            let age = now &- UInt32(truncatingIfNeeded: place)
            if age < Self.refreshInterval || age > UInt32(Int32.max) { return .known }
            return isExpired(key, place, now: now) ? .new : .refreshed
        }
        if key & StationBuckets.staticBit != 0 { return .staticElsewhere }
        if learned(port) >= portCap { return .refused }
        return isExpired(key, place, now: now) ? .new : .moved
    }

    /// Does what `standing` says.
    @inline(never) @_noAllocation @_noLocks
    private mutating func renew(
        _ entry: UnsafeMutableRawPointer, _ standing: LearnResult, domain: UInt16, port: UInt16, now: UInt32
    ) {
        switch standing {
        case .known, .staticElsewhere:
            return
        case .refused:
            // Better not known than known where it no longer is.
            clear(entry)
            statistics.refused &+= 1
            return
        case .refreshed:
            break
        case .new, .moved:
            // Learned ones only: a static one neither expires nor moves.
            count(port: UInt16(truncatingIfNeeded: buckets.load(entry, 1) &>> 32), .max)
            count(port: port, 1)
            if case .new = standing { statistics.learned &+= 1 } else { statistics.moved &+= 1 }
        }
        buckets.store(entry, 1, StationBuckets.place(domain: domain, port: port, seen: now))
    }

    /// The station isn't in its buckets.
    @inline(never) @_noAllocation @_noLocks
    mutating func insert(key: UInt64, domain: UInt16, port: UInt16, hash: UInt64, now: UInt32) -> LearnResult {
        guard let entry = room(hash: hash, port: port, now: now) else {
            statistics.refused &+= 1
            return .refused
        }
        vacate(entry, now: now)
        buckets.write(entry, key: key, place: StationBuckets.place(domain: domain, port: port, seen: now))
        count(port: port, 1)
        statistics.learned &+= 1
        return .new
    }

    /// The entry that a station gets that isn't in its buckets; nil: none. Only looks: `insert` and `foresee` both go
    /// by it.
    @inline(__always) @_noAllocation @_noLocks
    func room(hash: UInt64, port: UInt16, now: UInt32) -> UnsafeMutableRawPointer? {
        var survey = Survey(port: port)
        look(at: buckets.first(hash), now: now, &survey)
        if buckets.mask != 0 { look(at: buckets.second(hash), now: now, &survey) }
        if learned(port) >= portCap { return survey.ownOldest }
        if let free = survey.free { return free }
        if let victim = survey.victim, survey.victimCount > learned(port) { return victim }
        return survey.ownOldest
    }

    /// Empties an entry for another station, and counts what that does to the one that had it.
    @inline(__always) @_noAllocation @_noLocks
    mutating func vacate(_ entry: UnsafeMutableRawPointer, now: UInt32) {
        let key = buckets.load(entry, 0)
        if key == 0 { return }
        if isExpired(key, buckets.load(entry, 1), now: now) {
            statistics.aged &+= 1
        } else {
            statistics.evicted &+= 1
        }
        clear(entry)
    }

    /// Learned stations of a port.
    @inline(__always) @_noAllocation @_noLocks
    func learned(_ port: UInt16) -> UInt32 {
        learnedCounts[Int(port) & (Self.places &- 1)]
    }

    /// What the two buckets of a newcomer offer.
    struct Survey {
        let port: UInt16
        /// An entry that is empty or expired, in the emptier bucket.
        var free: UnsafeMutableRawPointer?
        /// How many such the bucket of `free` has.
        var freeCount = 0
        /// The newcomer's port's oldest learned station.
        var ownOldest: UnsafeMutableRawPointer?
        var ownAge: UInt32 = 0
        /// The oldest learned station of the other port that holds most in the whole table.
        var victim: UnsafeMutableRawPointer?
        var victimPort: UInt16 = 0
        var victimCount: UInt32 = 0
        var victimAge: UInt32 = 0

        @inline(__always) @_noAllocation @_noLocks
        init(port: UInt16) {
            self.port = port
        }
    }

    @inline(__always) @_noAllocation @_noLocks
    private func look(at bucket: UnsafeMutableRawPointer, now: UInt32, _ survey: inout Survey) {
        var firstFree: UnsafeMutableRawPointer?
        var freeCount = 0
        var entry = bucket
        let end = bucket + StationBuckets.bytes
        while entry < end {
            let key = buckets.load(entry, 0)
            let place = buckets.load(entry, 1)
            if key == 0 || isExpired(key, place, now: now) {
                if firstFree == nil { firstFree = entry }
                freeCount &+= 1
            } else if key & StationBuckets.staticBit == 0 {
                consider(entry, place: place, now: now, &survey)
            }
            entry += StationBuckets.entryBytes
        }
        if freeCount > survey.freeCount {
            survey.free = firstFree
            survey.freeCount = freeCount
        }
    }

    /// A learned station that is still heard of: may it have to give way?
    @inline(__always) @_noAllocation @_noLocks
    private func consider(_ entry: UnsafeMutableRawPointer, place: UInt64, now: UInt32, _ survey: inout Survey) {
        let port = UInt16(truncatingIfNeeded: place &>> 32)
        let elapsed = now &- UInt32(truncatingIfNeeded: place)
        let age = elapsed > UInt32(Int32.max) ? 0 : elapsed
        if port == survey.port {
            if survey.ownOldest == nil || age > survey.ownAge {
                survey.ownOldest = entry
                survey.ownAge = age
            }
            return
        }
        let held = learned(port)
        let isOlder = port == survey.victimPort && age > survey.victimAge
        if held > survey.victimCount || isOlder {
            survey.victim = entry
            survey.victimPort = port
            survey.victimCount = held
            survey.victimAge = age
        }
    }
}
