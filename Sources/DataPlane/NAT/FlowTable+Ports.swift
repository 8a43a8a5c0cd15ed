extension FlowTable {
    /// Ports that are looked at for one flow before it is refused.
    package static var portTries: UInt32 { @_noAllocation @_noLocks get { 128 } }

    /// TCP and echo: a port that is free towards this remote; 0: none was found.
    ///
    /// The search for a remote goes on where the last one ended, so that a port comes again when all others were tried. Where
    /// it began nobody can foresee who doesn't know the table's key (RFC 6056, algorithm 4).
    @_noAllocation @_noLocks
    mutating func choosePort(
        _ proto: UInt8, inside: TransportAddress, outside: TransportAddress, remote: TransportAddress
    ) -> UInt16 {
        if pool.count == 0 { return 0 }
        var candidate = outside
        candidate.port = inside.port
        if pool.contains(inside.port), vacate(proto, outside: candidate, remote: remote) { return inside.port }
        let hash = hash.of(FlowKeyHash.Kind.sequence, proto, 0, outside, remote)
        let tried = lists.tries(hash)
        var remaining = Self.portTries
        while remaining > 0 {
            candidate.port = pool.port(at: (hash & 0xFFFF_FFFF) &+ UInt64(tried.pointee))
            tried.pointee = tried.pointee &+ 1
            if pool.contains(candidate.port), vacate(proto, outside: candidate, remote: remote) {
                return candidate.port
            }
            remaining &-= 1
        }
        return 0
    }

    /// UDP: the port of an inside socket at an outside address, a new one if it has none.
    ///
    /// - Returns: nil: `outside.port` is set.
    @_noAllocation @_noLocks
    mutating func mapPort(
        domain: UInt16, insidePort: UInt16, inside: TransportAddress, outside: inout TransportAddress
    ) -> FlowRefusal? {
        var first = mapping(domain: domain, inside: inside, outside: outside)
        // The address is another endpoint's now: flows of the one before it go, a few at a time.
        var looks = 64
        while first != 0, flow(first).pointee.insidePort != insidePort & 0xFFF, looks > 0 {
            remove(first)
            first = mapping(domain: domain, inside: inside, outside: outside)
            looks &-= 1
        }
        if first != 0 {
            outside.port = flow(first).pointee.outside.port
            return flow(first).pointee.insidePort == insidePort & 0xFFF ? nil : .noPort
        }
        if Int(lists.endpoint(insidePort).pointee.ports) >= limits.portsPerEndpoint { return .endpointLimit }
        if pool.count == 0 { return .noPort }
        outside.port = inside.port
        if pool.contains(inside.port), isFreeForMapping(outside) { return nil }
        drawn &+= 1
        var seed = outside
        seed.port = UInt16(truncatingIfNeeded: drawn)
        let start = hash.of(FlowKeyHash.Kind.random, UInt8(truncatingIfNeeded: drawn &>> 16), domain, inside, seed)
        // First the ports of the same parity, then the others.
        if searchMapping(start, parity: inside.port & 1, &outside) { return nil }
        return searchMapping(start, parity: ~inside.port & 1, &outside) ? nil : .noPort
    }

    @_noAllocation @_noLocks
    private mutating func searchMapping(_ start: UInt64, parity: UInt16, _ outside: inout TransportAddress) -> Bool {
        // Invariant: the pool isn't empty.
        var place = start &>> 32
        if pool.port(at: place) & 1 != parity { place &+= 1 }
        var remaining = Self.portTries / 2
        while remaining > 0 {
            outside.port = pool.port(at: place)
            // Where the range comes round after an odd number of ports, parity changes.
            if outside.port & 1 == parity, pool.contains(outside.port), isFreeForMapping(outside) { return true }
            place &+= outside.port & 1 == parity ? 2 : 1
            remaining &-= 1
        }
        return false
    }

    /// Whether no inside socket has this outside end, or only one with nothing but a flow that is closed or expired,
    /// which is then gone.
    @_noAllocation @_noLocks
    private mutating func isFreeForMapping(_ outside: TransportAddress) -> Bool {
        let holder = mapping(outside: outside)
        if holder == 0 { return true }
        guard siblings.isAlone(holder), isReusable(holder) else { return false }
        reuse(holder)
        return true
    }
}
