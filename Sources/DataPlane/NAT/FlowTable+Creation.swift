extension FlowTable {
    /// Makes a flow that the inside begins, and chooses its outside port.
    ///
    /// UDP: one outside port for each inside socket, whatever the remote (RFC 4787, REQ-1), and no other inside socket's; the
    /// inside's own if it can be, else a random one, of the same parity if it can be (REQ-4). TCP and echo: a port that is free
    /// towards this remote, or belongs to a closed flow, which is then gone: the inside's own if it can be, else the
    /// one whose turn it is (RFC 6056, 3.3.4), so that a port rests as long as possible.
    ///
    /// - Parameters:
    ///   - proto: as in IP.
    ///   - domain: the network, 1…4095.
    ///   - insidePort: the endpoint's port number, 1…16383; limits are counted against it.
    ///   - insideMAC: the endpoint's MAC.
    ///   - inside: the frame's source.
    ///   - remote: its destination.
    ///   - outsideHigh: the first half of the address that the host uses towards the remote.
    ///   - outsideLow: the other half.
    ///   - uplink: the uplink's port number.
    ///   - now: milliseconds.
    @_noAllocation @_noLocks
    package mutating func createOutgoing(
        _ proto: UInt8, domain: UInt16, insidePort: UInt16, insideMAC: UInt64, inside: TransportAddress,
        remote: TransportAddress, outsideHigh: UInt64, outsideLow: UInt64, uplink: UInt16, now: UInt32
    ) -> FlowCreation {
        clock = now
        let standing = standingOutgoing(proto, domain: domain, inside: inside, remote: remote)
        if standing != 0 {
            if isLive(standing, insidePort: insidePort) { return .made(standing) }
            remove(standing)
        }
        if let refusal = makeRoom(insidePort: insidePort, fromOutside: false) { return refuse(refusal) }
        var outside = TransportAddress(high: outsideHigh, low: outsideLow, port: 0)
        if proto == IPProtocol.udp {
            if let refusal = mapPort(domain: domain, insidePort: insidePort, inside: inside, outside: &outside) {
                return refuse(refusal)
            }
        } else {
            outside.port = choosePort(proto, inside: inside, outside: outside, remote: remote)
        }
        // Of UDP: the mapping of another endpoint's published socket may stand in the way of this remote.
        if outside.port == 0 || !vacate(proto, outside: outside, remote: remote) { return refuse(.noPort) }
        return make(
            Flow(
                proto: proto, isIncoming: false, domain: domain, insidePort: insidePort, insideMAC: insideMAC,
                inside: inside, outside: outside, remote: remote, uplink: uplink, publish: 0, now: now))
    }

    /// Makes a flow that a frame from outside to a published port begins.
    ///
    /// - Parameters:
    ///   - proto: as in IP.
    ///   - domain: the endpoint's network, 1…4095.
    ///   - insidePort: the endpoint's port number, 1…16383.
    ///   - insideMAC: the endpoint's MAC.
    ///   - inside: the endpoint's end.
    ///   - outside: the frame's destination: the published address and port.
    ///   - remote: the frame's source.
    ///   - uplink: where it came from.
    ///   - publish: the publish's number.
    ///   - now: milliseconds.
    /// - Returns: refused with `noPort` also if the endpoint has a flow with these ends by another outside end.
    @_noAllocation @_noLocks
    package mutating func createIncoming(
        _ proto: UInt8, domain: UInt16, insidePort: UInt16, insideMAC: UInt64, inside: TransportAddress,
        outside: TransportAddress, remote: TransportAddress, uplink: UInt16, publish: UInt32, now: UInt32
    ) -> FlowCreation {
        clock = now
        let standing = standingIncoming(proto, outside: outside, remote: remote)
        if standing != 0 {
            let flow = flow(standing)
            let isSame =
                flow.pointee.isIncoming && flow.pointee.publish == publish && flow.pointee.inside.isSame(as: inside)
                && flow.pointee.domain == domain & 0xFFF
            if isSame, isLive(standing, insidePort: insidePort) { return .made(standing) }
            // Of a publish that was changed. Somebody's mapped port, however, isn't given away.
            guard flow.pointee.isIncoming || isReusable(standing) else { return refuse(.noPort) }
            remove(standing)
        }
        let twin = standingOutgoing(proto, domain: domain, inside: inside, remote: remote)
        if twin != 0 {
            guard isReusable(twin) else { return refuse(.noPort) }
            reuse(twin)
        }
        if let refusal = makeRoom(insidePort: insidePort, fromOutside: true) { return refuse(refusal) }
        return make(
            Flow(
                proto: proto, isIncoming: true, domain: domain, insidePort: insidePort, insideMAC: insideMAC,
                inside: inside, outside: outside, remote: remote, uplink: uplink, publish: publish, now: now))
    }

    /// A UDP datagram that no flow is of, to an outside port that an inside socket has: passes if that socket has sent to the
    /// remote's address (address-dependent filtering, RFC 4787, REQ-8), as a further flow of the socket.
    ///
    /// - Parameters:
    ///   - outside: the datagram's destination.
    ///   - remote: its source.
    ///   - now: milliseconds.
    /// - Returns: 0: it must not pass.
    @_noAllocation @_noLocks
    package mutating func admitIncoming(outside: TransportAddress, remote: TransportAddress, now: UInt32) -> UInt32 {
        clock = now
        var witness = permission(outside: outside, remote: remote)
        // Expired ones may stand before one that isn't; a socket rarely has more than a few.
        var looks = 16
        while witness != 0, looks > 0, flow(witness).pointee.isExpired(now: now) {
            witness = permitted.next(witness)
            looks &-= 1
        }
        if witness == 0 || flow(witness).pointee.isExpired(now: now) { return 0 }
        let known = flow(witness).pointee
        let standing = standingIncoming(IPProtocol.udp, outside: outside, remote: remote)
        if standing != 0 {
            if !flow(standing).pointee.isExpired(now: now) { return standing }
            remove(standing)
        }
        let twin = standingOutgoing(IPProtocol.udp, domain: known.domain, inside: known.inside, remote: remote)
        if twin != 0 {
            guard isReusable(twin) else { return 0 }
            reuse(twin)
        }
        if let refusal = makeRoom(insidePort: known.insidePort, fromOutside: true) {
            _ = refuse(refusal)
            return 0
        }
        var flow = Flow(
            proto: IPProtocol.udp, isIncoming: false, domain: known.domain, insidePort: known.insidePort,
            insideMAC: known.insideMAC, inside: known.inside, outside: outside, remote: remote,
            uplink: known.uplink, publish: 0, now: now)
        flow.marks = Flow.Mark.admitted
        guard case .made(let number) = make(flow) else { return 0 }
        return number
    }

    /// Puts a new flow into an entry and makes it findable.
    @_noAllocation @_noLocks
    private mutating func make(_ flow: Flow) -> FlowCreation {
        let number = takeEntry()
        if number == 0 { return refuse(.tableFull) }
        let entry = self.flow(number)
        entry.pointee = flow
        storeSeal(entry, flow.properSeal)
        link(number)
        enter(number)
        count &+= 1
        statistics.made &+= 1
        return .made(number)
    }

    @inline(__always) @_noAllocation @_noLocks
    private mutating func refuse(_ refusal: FlowRefusal) -> FlowCreation {
        statistics.refused &+= 1
        return .refused(refusal)
    }

    /// Whether a flow is one that this endpoint goes on with.
    @inline(__always) @_noAllocation @_noLocks
    private func isLive(_ number: UInt32, insidePort: UInt16) -> Bool {
        !flow(number).pointee.isExpired(now: clock) && flow(number).pointee.insidePort == insidePort & Flow.portMask
    }

    /// Whether a flow may have to make way for another one with one of its keys.
    @inline(__always) @_noAllocation @_noLocks
    func isReusable(_ number: UInt32) -> Bool {
        flow(number).pointee.isClosed || flow(number).pointee.isExpired(now: clock)
    }

    /// Removes a flow that is reusable.
    @_noAllocation @_noLocks
    mutating func reuse(_ number: UInt32) {
        remove(number)
        statistics.reused &+= 1
    }

    /// Sees to it that no flow has these two ends; false if one has them and goes on.
    @_noAllocation @_noLocks
    mutating func vacate(_ proto: UInt8, outside: TransportAddress, remote: TransportAddress) -> Bool {
        let standing = standingIncoming(proto, outside: outside, remote: remote)
        if standing == 0 { return true }
        guard isReusable(standing) else { return false }
        reuse(standing)
        return true
    }
}
