extension FlowTable {
    /// The flow of a frame from inside; 0 if there is none.
    ///
    /// - Parameters:
    ///   - proto: as in IP: 6 TCP, 17 UDP, 1 ICMP echo, 58 ICMPv6 echo.
    ///   - domain: the network.
    ///   - inside: the frame's source; of an echo the port is the identifier.
    ///   - remote: its destination; of an echo the port is 0.
    @inline(__always) @_noAllocation @_noLocks
    package func findOutgoing(
        _ proto: UInt8, domain: UInt16, inside: TransportAddress, remote: TransportAddress
    ) -> UInt32 {
        let number = standingOutgoing(proto, domain: domain, inside: inside, remote: remote)
        return flow(number).pointee.isExpired(now: clock) ? 0 : number
    }

    /// The flow of a frame from outside; 0 if there is none.
    ///
    /// - Parameters:
    ///   - proto: as in IP.
    ///   - outside: the frame's destination; of an echo the port is the identifier.
    ///   - remote: its source; of an echo the port is 0.
    @inline(__always) @_noAllocation @_noLocks
    package func findIncoming(_ proto: UInt8, outside: TransportAddress, remote: TransportAddress) -> UInt32 {
        let number = standingIncoming(proto, outside: outside, remote: remote)
        return flow(number).pointee.isExpired(now: clock) ? 0 : number
    }

    /// As `findOutgoing`, expired or not.
    @inline(__always) @_noAllocation @_noLocks
    func standingOutgoing(
        _ proto: UInt8, domain: UInt16, inside: TransportAddress, remote: TransportAddress
    ) -> UInt32 {
        let hash = hash.of(FlowKeyHash.Kind.outgoing, proto, domain & 0xFFF, inside, remote)
        var position = outgoing.start(hash)
        while true {
            let number = outgoing.next(hash, &position)
            if number == 0 { return 0 }
            let flow = flow(number)
            if flow.pointee.inside.isSame(as: inside), flow.pointee.remote.isSame(as: remote),
                flow.pointee.domain == domain & 0xFFF, flow.pointee.proto == proto
            {
                return number
            }
        }
    }

    /// As `findIncoming`, expired or not.
    @inline(__always) @_noAllocation @_noLocks
    func standingIncoming(_ proto: UInt8, outside: TransportAddress, remote: TransportAddress) -> UInt32 {
        let hash = hash.of(FlowKeyHash.Kind.incoming, proto, 0, outside, remote)
        var position = incoming.start(hash)
        while true {
            let number = incoming.next(hash, &position)
            if number == 0 { return 0 }
            let flow = flow(number)
            if flow.pointee.outside.isSame(as: outside), flow.pointee.remote.isSame(as: remote),
                flow.pointee.proto == proto
            {
                return number
            }
        }
    }

    /// One of the flows of an inside socket that has an outside port of its own at this outside address (the first of its
    /// siblings); 0: none.
    @inline(__always) @_noAllocation @_noLocks
    func mapping(domain: UInt16, inside: TransportAddress, outside: TransportAddress) -> UInt32 {
        let hash = mappingHash(domain: domain & 0xFFF, inside: inside, outside: outside)
        var position = mappings.start(hash)
        while true {
            let number = mappings.next(hash, &position)
            if number == 0 { return 0 }
            let flow = flow(number)
            if flow.pointee.inside.isSame(as: inside), flow.pointee.outside.hasSameAddress(as: outside),
                flow.pointee.domain == domain & 0xFFF
            {
                return number
            }
        }
    }

    /// One of the flows of the inside socket that has this outside end; 0: none.
    @inline(__always) @_noAllocation @_noLocks
    func mapping(outside: TransportAddress) -> UInt32 {
        let hash = mappedHash(outside)
        var position = mapped.start(hash)
        while true {
            let number = mapped.next(hash, &position)
            if number == 0 || flow(number).pointee.outside.isSame(as: outside) { return number }
        }
    }

    /// One of the flows by which an inside socket has sent to an address; 0: none.
    @inline(__always) @_noAllocation @_noLocks
    func permission(outside: TransportAddress, remote: TransportAddress) -> UInt32 {
        let hash = permissionHash(outside: outside, remote: remote)
        var position = permissions.start(hash)
        while true {
            let number = permissions.next(hash, &position)
            if number == 0 { return 0 }
            let flow = flow(number)
            if flow.pointee.outside.isSame(as: outside), flow.pointee.remote.hasSameAddress(as: remote) {
                return number
            }
        }
    }

    @inline(__always) @_noAllocation @_noLocks
    private func mappingHash(domain: UInt16, inside: TransportAddress, outside: TransportAddress) -> UInt64 {
        let address = TransportAddress(high: outside.high, low: outside.low, port: 0)
        return hash.of(FlowKeyHash.Kind.mapping, IPProtocol.udp, domain, inside, address)
    }

    @inline(__always) @_noAllocation @_noLocks
    private func mappedHash(_ outside: TransportAddress) -> UInt64 {
        hash.of(FlowKeyHash.Kind.mapped, IPProtocol.udp, 0, outside, TransportAddress(ipv4: 0, port: 0))
    }

    @inline(__always) @_noAllocation @_noLocks
    private func permissionHash(outside: TransportAddress, remote: TransportAddress) -> UInt64 {
        let address = TransportAddress(high: remote.high, low: remote.low, port: 0)
        return hash.of(FlowKeyHash.Kind.permission, IPProtocol.udp, 0, outside, address)
    }
}

extension FlowTable {
    /// Makes a flow that is in no index findable.
    @_noAllocation @_noLocks
    mutating func link(_ number: UInt32) {
        let flow = flow(number)
        let (inside, outside, remote) = (flow.pointee.inside, flow.pointee.outside, flow.pointee.remote)
        let (proto, domain) = (flow.pointee.proto, flow.pointee.domain)
        outgoing.insert(hash.of(FlowKeyHash.Kind.outgoing, proto, domain, inside, remote), number)
        incoming.insert(hash.of(FlowKeyHash.Kind.incoming, proto, 0, outside, remote), number)
        if !flow.pointee.isMapped { return }
        let endpoint = lists.endpoint(flow.pointee.insidePort)
        let first = mapping(outside: outside)
        if first == 0 {
            mappings.insert(mappingHash(domain: domain, inside: inside, outside: outside), number)
            mapped.insert(mappedHash(outside), number)
            if !flow.pointee.isClosed { endpoint.pointee.ports &+= 1 }
        } else {
            if siblings.isAlone(first), self.flow(first).pointee.isClosed { endpoint.pointee.ports &+= 1 }
            siblings.insert(number, after: first)
        }
        if flow.pointee.marks & Flow.Mark.admitted == 0 { permit(number) }
    }

    /// The remote's address may send to the flow's outside end from other ports too.
    @_noAllocation @_noLocks
    mutating func permit(_ number: UInt32) {
        let (outside, remote) = (flow(number).pointee.outside, flow(number).pointee.remote)
        let first = permission(outside: outside, remote: remote)
        if first == 0 {
            permissions.insert(permissionHash(outside: outside, remote: remote), number)
        } else {
            permitted.insert(number, after: first)
        }
    }

    /// Takes a flow out of all indexes.
    @_noAllocation @_noLocks
    mutating func unlink(_ number: UInt32) {
        let flow = flow(number)
        let (inside, outside, remote) = (flow.pointee.inside, flow.pointee.outside, flow.pointee.remote)
        let (proto, domain) = (flow.pointee.proto, flow.pointee.domain)
        outgoing.remove(hash.of(FlowKeyHash.Kind.outgoing, proto, domain, inside, remote), number)
        incoming.remove(hash.of(FlowKeyHash.Kind.incoming, proto, 0, outside, remote), number)
        if !flow.pointee.isMapped { return }
        if flow.pointee.marks & Flow.Mark.admitted == 0 {
            if permitted.isFirst(number) {
                let hash = permissionHash(outside: outside, remote: remote)
                pass(permissions, hash, from: number, to: permitted.next(number))
            }
            permitted.remove(number)
        }
        let endpoint = lists.endpoint(flow.pointee.insidePort)
        if siblings.isAlone(number), !flow.pointee.isClosed { endpoint.pointee.ports &-= 1 }
        let next = siblings.next(number)
        if siblings.isFirst(number) {
            let hash = mappingHash(domain: domain, inside: inside, outside: outside)
            pass(mappings, hash, from: number, to: next)
            pass(mapped, mappedHash(outside), from: number, to: next)
        }
        let wasAlone = siblings.isAlone(number)
        siblings.remove(number)
        if wasAlone { return }
        // A socket of which only an answered question is left holds its port no longer.
        let rest = next != 0 ? next : mapping(outside: outside)
        if siblings.isAlone(rest), self.flow(rest).pointee.isClosed { endpoint.pointee.ports &-= 1 }
    }

    @inline(__always) @_noAllocation @_noLocks
    private func pass(_ index: FlowIndex, _ hash: UInt64, from number: UInt32, to next: UInt32) {
        if next == 0 { index.remove(hash, number) } else { index.replace(hash, number, by: next) }
    }
}
