/// Whether there would be room for one more flow, and at which outside port. See `FlowTable+Limits` and `FlowTable+Ports`,
/// which do it.
extension FlowTable {
    /// What `makeRoom` would answer.
    @_noAllocation @_noLocks
    func foreseeRoom(insidePort: UInt16, fromOutside: Bool, _ changes: inout FlowChanges) -> FlowRefusal? {
        if flowCount(of: insidePort, changes) >= limits.perEndpoint {
            let stranger = oldest(lists.opening(insidePort, fromOutside: true), openings, changes)
            guard !fromOutside, stranger != 0 else { return .endpointLimit }
            changes.remove(stranger)
            if flowCount(of: insidePort, changes) >= limits.perEndpoint { return .endpointLimit }
        }
        return foreseeOpeningRoom(insidePort: insidePort, fromOutside: fromOutside, &changes)
    }

    /// What `makeOpeningRoom` would answer.
    @_noAllocation @_noLocks
    func foreseeOpeningRoom(insidePort: UInt16, fromOutside: Bool, _ changes: inout FlowChanges) -> FlowRefusal? {
        if openingCount(of: insidePort, changes) >= limits.openingPerEndpoint {
            guard foreseeEviction(of: insidePort, fromOutside: fromOutside, &changes),
                openingCount(of: insidePort, changes) < limits.openingPerEndpoint
            else { return .openingLimit }
        }
        if openingCount(changes) >= limits.opening {
            let hasMany = openingCount(of: insidePort, changes) &* 16 > limits.opening
            if (fromOutside || hasMany) && foreseeEviction(of: insidePort, fromOutside: fromOutside, &changes) {
                return openingCount(changes) >= limits.opening ? .openingLimit : nil
            }
            var victim = oldest(lists.opening(fromOutside: true), ages, changes)
            if victim == 0 { victim = oldest(lists.opening(fromOutside: false), ages, changes) }
            guard victim != 0 else { return .openingLimit }
            changes.remove(victim)
            if openingCount(changes) >= limits.opening { return .openingLimit }
        }
        return nil
    }

    /// Whether `takeEntry` would find one.
    @_noAllocation @_noLocks
    func hasEntry(_ changes: FlowChanges) -> Bool {
        lists.unused.pointee.head != 0 || changes.count > 0 || Int(fresh) < Self.capacity
            || oldest(lists.closed, ages, changes) != 0
            || oldest(lists.opening(fromOutside: true), ages, changes) != 0
            || oldest(lists.opening(fromOutside: false), ages, changes) != 0
    }

    /// What `vacate` would answer.
    @_noAllocation @_noLocks
    func isFree(
        _ proto: UInt8, outside: TransportAddress, remote: TransportAddress, now: UInt32, _ changes: inout FlowChanges
    ) -> Bool {
        let standing = standingIncoming(proto, outside: outside, remote: remote)
        if standing == 0 || changes.contains(standing) { return true }
        guard isReusable(standing, now: now) else { return false }
        changes.remove(standing)
        return true
    }

    /// What `choosePort` would answer.
    @_noAllocation @_noLocks
    func foreseePort(
        _ proto: UInt8, inside: TransportAddress, outside: TransportAddress, remote: TransportAddress, now: UInt32,
        _ changes: inout FlowChanges
    ) -> UInt16 {
        if pool.count == 0 { return 0 }
        var candidate = outside
        candidate.port = inside.port
        if pool.contains(inside.port), isFree(proto, outside: candidate, remote: remote, now: now, &changes) {
            return inside.port
        }
        let hash = hash.of(FlowKeyHash.Kind.sequence, proto, 0, outside, remote)
        var tried = lists.tries(hash).pointee
        var remaining = Self.portTries
        while remaining > 0 {
            candidate.port = pool.port(at: (hash & 0xFFFF_FFFF) &+ UInt64(tried))
            tried &+= 1
            if pool.contains(candidate.port), isFree(proto, outside: candidate, remote: remote, now: now, &changes) {
                return candidate.port
            }
            remaining &-= 1
        }
        return 0
    }

    /// What `mapPort` would answer.
    enum MappingForesight {
        case found
        /// Flows of another endpoint with that address would have to go first.
        case unknown
        case refused(FlowRefusal)
    }

    @_noAllocation @_noLocks
    func foreseeMapping(
        domain: UInt16, insidePort: UInt16, inside: TransportAddress, outside: inout TransportAddress, now: UInt32,
        _ changes: inout FlowChanges
    ) -> MappingForesight {
        let first = mapping(domain: domain, inside: inside, outside: outside)
        var number = first
        // The address was another endpoint's: its flows would go, of which a few are foreseen.
        while number != 0, flow(number).pointee.insidePort != insidePort & Flow.portMask {
            changes.remove(number)
            number = siblings.next(number)
        }
        if first != 0, staying(first, changes) > 0 {
            while number != 0, changes.contains(number) { number = siblings.next(number) }
            guard number != 0 else { return .unknown }
            outside.port = flow(number).pointee.outside.port
            return .found
        }
        if portCount(of: insidePort, changes) >= limits.portsPerEndpoint { return .refused(.endpointLimit) }
        if pool.count == 0 { return .refused(.noPort) }
        outside.port = inside.port
        if pool.contains(inside.port), isFreeForMapping(outside, now: now, &changes) { return .found }
        let start = start(of: drawn &+ 1, domain: domain, inside: inside, outside: outside)
        for turn in UInt16(0)..<2 {
            var candidates = MappingCandidates(start, parity: (inside.port ^ turn) & 1, pool)
            while candidates.next(pool, &outside.port) {
                if pool.contains(outside.port), isFreeForMapping(outside, now: now, &changes) { return .found }
            }
        }
        return .refused(.noPort)
    }

    @_noAllocation @_noLocks
    private func isFreeForMapping(_ outside: TransportAddress, now: UInt32, _ changes: inout FlowChanges) -> Bool {
        let holder = mapping(outside: outside)
        if holder == 0 { return true }
        let count = staying(holder, changes)
        if count == 0 { return true }
        // The first of those that stay is alone then.
        var number = holder
        while changes.contains(number) { number = siblings.next(number) }
        guard count == 1, isReusable(number, now: now) else { return false }
        changes.remove(number)
        return true
    }

    /// How many of a socket's flows would stay: 0, 1, or 2 for more. `first`: the first of them.
    @_noAllocation @_noLocks
    private func staying(_ first: UInt32, _ changes: FlowChanges) -> Int {
        var count = 0
        var number = first
        while number != 0, count < 2 {
            if !changes.contains(number) { count &+= 1 }
            number = siblings.next(number)
        }
        return count
    }

    @_noAllocation @_noLocks
    private func foreseeEviction(of insidePort: UInt16, fromOutside: Bool, _ changes: inout FlowChanges) -> Bool {
        var victim = oldest(lists.opening(insidePort, fromOutside: true), openings, changes)
        if victim == 0, !fromOutside {
            victim = oldest(lists.opening(insidePort, fromOutside: false), openings, changes)
        }
        if victim == 0 { return false }
        changes.remove(victim)
        return true
    }

    /// The first of a list that would stay; 0: none.
    @_noAllocation @_noLocks
    private func oldest(
        _ list: UnsafeMutablePointer<FlowChain.List>, _ chain: FlowChain, _ changes: FlowChanges
    ) -> UInt32 {
        var number = list.pointee.head
        while number != 0, changes.contains(number) { number = chain.next(number) }
        return number
    }

    @_noAllocation @_noLocks
    private func flowCount(of insidePort: UInt16, _ changes: FlowChanges) -> Int {
        var count = Int(lists.endpoint(insidePort).pointee.flows) &+ (changes.madeFor == insidePort ? 1 : 0)
        for place in 0..<changes.count {
            let flow = flow(changes.number(at: place))
            if flow.pointee.insidePort == insidePort, !flow.pointee.isClosed { count &-= 1 }
        }
        return count
    }

    @_noAllocation @_noLocks
    private func openingCount(of insidePort: UInt16, _ changes: FlowChanges) -> Int {
        var count = Int(lists.endpoint(insidePort).pointee.opening) &+ (changes.madeFor == insidePort ? 1 : 0)
        for place in 0..<changes.count {
            let flow = flow(changes.number(at: place))
            if flow.pointee.insidePort == insidePort, case .opening = flow.pointee.state { count &-= 1 }
        }
        return count
    }

    @_noAllocation @_noLocks
    private func openingCount(_ changes: FlowChanges) -> Int {
        var count = openingCount &+ (changes.madeFor == 0 ? 0 : 1)
        for place in 0..<changes.count {
            if case .opening = flow(changes.number(at: place)).pointee.state { count &-= 1 }
        }
        return count
    }

    /// A socket whose only flow that isn't closed would go holds its port no longer.
    @_noAllocation @_noLocks
    private func portCount(of insidePort: UInt16, _ changes: FlowChanges) -> Int {
        var count = Int(lists.endpoint(insidePort).pointee.ports)
        for place in 0..<changes.count {
            let number = changes.number(at: place)
            let flow = flow(number)
            if flow.pointee.insidePort == insidePort, flow.pointee.isMapped, !flow.pointee.isClosed,
                siblings.isAlone(number)
            {
                count &-= 1
            }
        }
        return count
    }
}
