extension StationTable {
    /// Sets a station by hand: it never ages, and learning doesn't move it. A learned entry is replaced.
    ///
    /// - Parameters:
    ///   - mac: an individual, non-zero 48-bit address.
    ///   - vlan: 0…4094.
    ///   - domain: 1…4095.
    ///   - port: 1…16383, or a VTEP's number.
    ///   - now: milliseconds.
    /// - Returns: false if an argument can't be, or both buckets are full of static stations.
    public mutating func addStatic(mac: UInt64, vlan: UInt16, domain: UInt16, port: UInt16, now: UInt32) -> Bool {
        guard mac &>> 48 == 0, vlan <= VLANTag.largestIdentifier else { return false }
        let key = StationBuckets.key(mac: mac, vlan: vlan)
        let place = StationBuckets.place(domain: domain, port: port, seen: now)
        guard StationBuckets.isPossible(key: key, place: place) else { return false }
        let hash = buckets.hash(key: key, domain: domain)
        if let entry = buckets.find(key: key, domain: domain, hash: hash) {
            clear(entry)
            buckets.write(entry, key: key | StationBuckets.staticBit, place: place)
            return true
        }
        guard let entry = room(in: buckets.first(hash), buckets.second(hash), now: now) else { return false }
        vacate(entry, now: now)
        buckets.write(entry, key: key | StationBuckets.staticBit, place: place)
        return true
    }

    /// Forgets a station, static or learned.
    ///
    /// - Returns: false if it wasn't there.
    @discardableResult
    public mutating func remove(mac: UInt64, vlan: UInt16, domain: UInt16) -> Bool {
        let key = StationBuckets.key(mac: mac, vlan: vlan)
        let hash = buckets.hash(key: key, domain: domain)
        guard let entry = buckets.find(key: key, domain: domain, hash: hash) else { return false }
        clear(entry)
        return true
    }

    /// An empty or expired entry, else the oldest learned one of the port that holds most.
    private func room(
        in first: UnsafeMutableRawPointer, _ second: UnsafeMutableRawPointer, now: UInt32
    ) -> UnsafeMutableRawPointer? {
        var best: UnsafeMutableRawPointer?
        var bestRank: (UInt32, UInt32) = (0, 0)
        for bucket in [first, second] {
            for index in 0..<StationBuckets.entries {
                let entry = bucket + index &* StationBuckets.entryBytes
                let key = buckets.load(entry, 0)
                let place = buckets.load(entry, 1)
                if key == 0 || isExpired(key, place, now: now) { return entry }
                if key & StationBuckets.staticBit != 0 { continue }
                let elapsed = now &- UInt32(truncatingIfNeeded: place)
                let age = elapsed > UInt32(Int32.max) ? 0 : elapsed
                let rank = (learned(UInt16(truncatingIfNeeded: place &>> 32)), age)
                if best == nil || rank > bestRank {
                    best = entry
                    bestRank = rank
                }
            }
        }
        return best
    }
}
