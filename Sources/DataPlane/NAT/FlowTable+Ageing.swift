extension FlowTable {
    /// Forgets flows that nothing was heard of for too long, in a few entries at a time. They aren't found before that either;
    /// this gives their entries, ports and counts back.
    ///
    /// - Parameters:
    ///   - budget: entries to look at; the table has `capacity`. With 0 it only learns what time it is.
    ///   - now: milliseconds.
    /// - Returns: how many were forgotten.
    @discardableResult @_noAllocation @_noLocks
    package mutating func age(budget: Int, now: UInt32) -> Int {
        clock = now
        var forgotten = 0
        // Entries that were never used need no look.
        var remaining = budget < Int(fresh) ? budget : Int(fresh)
        while remaining > 0 {
            if cursor >= fresh { cursor = 1 }
            let flow = flow(cursor)
            if flow.pointee.seal != 0, flow.pointee.isExpired(now: now) {
                remove(cursor)
                forgotten &+= 1
            }
            cursor &+= 1
            remaining &-= 1
        }
        statistics.expired &+= UInt64(truncatingIfNeeded: forgotten)
        return forgotten
    }

    /// Forgets the flows of a network; returns how many.
    @discardableResult
    package mutating func removeAll(domain: UInt16) -> Int {
        removeAll { $0.domain == domain }
    }

    /// Forgets the flows of an endpoint; returns how many.
    @discardableResult
    package mutating func removeAll(insidePort: UInt16) -> Int {
        removeAll { $0.insidePort == insidePort }
    }

    /// Forgets the flows that came by a publish; returns how many.
    @discardableResult
    package mutating func removeAll(publish: UInt32) -> Int {
        removeAll { $0.isIncoming && $0.publish == publish }
    }

    /// Forgets the flows of an uplink; returns how many.
    @discardableResult
    package mutating func removeAll(uplink: UInt16) -> Int {
        removeAll { $0.uplink == uplink }
    }

    /// Forgets the flows of an address that the host no longer has; returns how many.
    @discardableResult
    package mutating func removeAll(outsideHigh: UInt64, low: UInt64) -> Int {
        removeAll { $0.outside.high == outsideHigh && $0.outside.low == low }
    }

    /// Forgets all flows of a kind; returns how many.
    mutating func removeAll(where isUnwanted: (borrowing Flow) -> Bool) -> Int {
        var removed = 0
        for number in 1..<max(1, fresh) where flow(number).pointee.seal != 0 && isUnwanted(flow(number).pointee) {
            remove(number)
            removed += 1
        }
        return removed
    }
}
