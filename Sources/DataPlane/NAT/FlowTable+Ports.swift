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
        while first != 0, flow(first).pointee.insidePort != insidePort & Flow.portMask, looks > 0 {
            remove(first)
            first = mapping(domain: domain, inside: inside, outside: outside)
            looks &-= 1
        }
        if first != 0 {
            outside.port = flow(first).pointee.outside.port
            return flow(first).pointee.insidePort == insidePort & Flow.portMask ? nil : .noPort
        }
        if Int(lists.endpoint(insidePort).pointee.ports) >= limits.portsPerEndpoint { return .endpointLimit }
        if pool.count == 0 { return .noPort }
        outside.port = inside.port
        if pool.contains(inside.port), isFreeForMapping(outside) { return nil }
        drawn &+= 1
        let start = start(of: drawn, domain: domain, inside: inside, outside: outside)
        // First the ports of the same parity, then the others.
        if searchMapping(start, parity: inside.port & 1, &outside) { return nil }
        return searchMapping(start, parity: ~inside.port & 1, &outside) ? nil : .noPort
    }

    /// A port of one parity that no other socket has.
    @_noAllocation @_noLocks
    private mutating func searchMapping(_ start: UInt64, parity: UInt16, _ outside: inout TransportAddress) -> Bool {
        var candidates = MappingCandidates(start, parity: parity, pool)
        while candidates.next(pool, &outside.port) {
            if pool.contains(outside.port), isFreeForMapping(outside) { return true }
        }
        return false
    }

    /// Where the search for a random port begins, for the number of the draw.
    @inline(__always) @_noAllocation @_noLocks
    func start(
        of draw: UInt64, domain: UInt16, inside: TransportAddress, outside: TransportAddress
    ) -> UInt64 {
        var seed = outside
        seed.port = UInt16(truncatingIfNeeded: draw)
        return hash.of(FlowKeyHash.Kind.random, UInt8(truncatingIfNeeded: draw &>> 16), domain, inside, seed)
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
