import Addresses
import Glibc

/// What leaves a worker's networks and what enters them: the router decides and rewrites, this sends and counts.
extension Worker where IO: ~Copyable {
    /// The way of a frame that an endpoint sent to its router's MAC address. It was counted as forwarded.
    mutating func routeOutgoing(
        _ header: UnsafeMutableRawPointer, _ length: Int, from ingress: UInt16, _ verdict: Verdict
    ) {
        guard let router else { return send(header, length, to: verdict.port, from: ingress, verdict.forwarded) }
        let frame = RoutedFrame(
            header: header, length: length, ingress: ingress, domain: verdict.domain,
            isSuperframe: verdict.isSuperframe, now: now)
        let routing = router.pointee.outgoing(frame)
        if case .toHost = routing.kind {
            captures.note(.forwarded, target: verdict.port)
            send(header, length, to: verdict.port, from: ingress, verdict.forwarded)
            let names = router.pointee.gateway(verdict.domain).pointee.namePort
            if names != 0, NameTraffic.isNeighbourAnswer(frame.frame, length: length) {
                send(
                    header, length, to: names, from: ingress,
                    .forward(to: names, domain: verdict.domain, vlan: verdict.vlan))
            }
            return
        }
        act(routing, frame)
    }

    /// The way of a frame that came by an uplink.
    mutating func routeIncoming(header: UnsafeMutableRawPointer, length: Int, port: UInt16) {
        let numbers = tables.numbers(of: port)
        let count = max(length, 0)
        let bytes = UnsafeRawPointer(header) + VirtioNetHeader.length
        let look = forwarding.examine(header, frame: bytes, length: count, domain: 0, accessVLAN: 0)
        let isSuperframe = look.vlan & Verdict.superframeBit != 0
        countReceived(numbers, length: count, isSuperframe: isSuperframe)
        if look.reason.isDrop {
            self.count(drop: look.reason, numbers)
            captures.note(drop: look.reason)
            return
        }
        guard let router else {
            self.count(drop: .noFlow, numbers)
            captures.note(drop: .noFlow)
            return
        }
        numbers[CounterIndex.forwarded] &+= 1
        let frame = RoutedFrame(
            header: header, length: count, ingress: port, domain: 0, isSuperframe: isSuperframe, now: now)
        act(router.pointee.incoming(frame), frame)
    }

    /// Does what the router has decided. What is dropped was counted as forwarded before.
    private mutating func act(_ routing: RoutingVerdict, _ frame: RoutedFrame) {
        switch routing.kind {
        case .drop:
            countUnrouted(routing.reason, frame.ingress)
        case .refuse:
            countUnrouted(routing.reason, frame.ingress)
            tell(routing.message, frame)
        case .toHost:
            // A packet that waited, and whose destination has become the host's meanwhile.
            let port = forwarding.domain(frame.domain).pointee.gatewayPort
            let vlan = frame.isSuperframe ? Verdict.superframeBit : 0
            send(
                frame.header, frame.length, to: port, from: frame.ingress,
                .forward(to: port, domain: frame.domain, vlan: vlan))
        case .toNames:
            ask(routing.port, frame)
        case .held:
            captures.note(.held)
        case .toUplink where routing.fragmentMTU != 0:
            sendFragments(frame, by: routing.port, mtu: routing.fragmentMTU)
        case .toUplink:
            queue(
                OutgoingFrame(
                    port: routing.port, bytes: frame.header, count: VirtioNetHeader.length &+ frame.length,
                    isSuperframe: frame.isSuperframe))
        case .toEndpoint:
            handOver(routing, frame)
        }
        if let key = routing.followers { sendFollowers(key, domain: frame.domain) }
    }

    /// Sends a frame that was translated to the endpoint that it is for, through the switch's own checks.
    private mutating func handOver(_ routing: RoutingVerdict, _ frame: RoutedFrame) {
        switch homecoming(routing, frame) {
        case .dropped(let reason): countUnrouted(reason, frame.ingress)
        case .cut(let port): sendFragments(frame, by: port, mtu: routing.fragmentMTU)
        case .sent(let host, let verdict): send(frame.header, frame.length, to: verdict.port, from: host, verdict)
        }
    }

    /// How a frame goes to the endpoint that it was translated for.
    @inline(__always)
    func homecoming(_ routing: RoutingVerdict, _ frame: RoutedFrame) -> Homecoming {
        var port = routing.port
        if port == 0 {
            port = forwarding.stations.lookup(
                mac: frame.frame.bigEndian48(at: 0), vlan: 0, domain: routing.domain, now: now)
            guard port != 0, port < VTEPTable.firstNumber else { return .dropped(.neighbourUnknown) }
        }
        let home = forwarding.domain(routing.domain)
        // `send` says nothing of a port that isn't there, or is another domain's now.
        guard forwarding.port(port).pointee.domain == routing.domain else { return .dropped(.noFlow) }
        if routing.fragmentMTU != 0 { return .cut(by: port) }
        // Untagged, as from the host port: not for ports of a VLAN.
        var vlan: UInt16 = frame.isSuperframe ? Verdict.superframeBit : 0
        if home.pointee.accessCount != 0 { vlan |= Verdict.awareBit }
        return .sent(
            from: home.pointee.gatewayPort, Verdict.forward(to: port, domain: routing.domain, vlan: vlan))
    }

    /// Hands a question to the name service's port.
    private mutating func ask(_ port: UInt16, _ frame: RoutedFrame) {
        // `send` says nothing of a port that isn't there yet.
        guard forwarding.port(port).pointee.domain == frame.domain else {
            countUnrouted(.noOtherPort, frame.ingress)
            return
        }
        let vlan = frame.isSuperframe ? Verdict.superframeBit : 0
        send(
            frame.header, frame.length, to: port, from: frame.ingress,
            .forward(to: port, domain: frame.domain, vlan: vlan))
    }

    @inline(__always)
    private mutating func countUnrouted(_ reason: DropReason, _ ingress: UInt16) {
        let numbers = tables.numbers(of: ingress)
        numbers[CounterIndex.forwarded] &-= 1
        count(drop: reason, numbers)
        captures.note(drop: reason)
    }

    /// Tells the sender of a frame why it goes nowhere, by the port that it came by.
    private mutating func tell(_ message: RouterMessage.Kind, _ frame: RoutedFrame) {
        guard let router, tunnels.mayAnswer(now: now) else { return }
        makeRoom()
        guard let answer = tunnels.memory.take(VirtioNetHeader.length &+ RouterMessage.maximumLength) else { return }
        // From outside the message comes from the address that was asked for.
        let sender =
            frame.domain == 0 ? RouterMessage.Router() : router.pointee.gateway(frame.domain).pointee.router
        let count = RouterMessage.write(
            for: frame.frame, length: frame.length, kind: message, router: sender,
            into: answer + VirtioNetHeader.length)
        self.answer(answer, count, by: frame.ingress)
    }

    /// Fragments that came before the first one of their datagram.
    private mutating func sendFollowers(_ key: FragmentKey, domain: UInt16) {
        guard let router else { return }
        // At most as many as can wait.
        for _ in 0..<HeldFragments.capacity {
            guard let held = router.pointee.fragments.takeHeld(key) else { return }
            // It was counted as dropped.
            let numbers = tables.numbers(of: held.port)
            numbers[CounterIndex.drops &+ Int(DropReason.fragmentRefused.rawValue)] &-= 1
            numbers[CounterIndex.forwarded] &+= 1
            let frame = RoutedFrame(
                header: held.header, length: held.length, ingress: held.port, domain: domain, isSuperframe: false,
                now: now)
            // What becomes of these says nothing of the frame that is being handled.
            let outcome = captures.outcome
            act(domain == 0 ? router.pointee.incoming(frame) : router.pointee.outgoing(frame), frame)
            captures.outcome = outcome
            // Its memory is used again.
            io.submit()
        }
    }
}

/// The last part of the way of a frame that enters one of the worker's networks.
enum Homecoming {
    /// It goes nowhere.
    case dropped(DropReason)
    /// In fragments, by a port.
    case cut(by: UInt16)
    /// By the port of the verdict, as if the host port had sent it.
    case sent(from: UInt16, Verdict)
}

/// Not on a frame's path.
extension Worker where IO: ~Copyable {
    /// Gives a domain its router or takes it away.
    mutating func setGateway(_ domain: DomainConfiguration) {
        router?.pointee.setGateway(domain.id, domain.gateway)
        forwarding.setGateway(
            domain.id, port: router == nil ? 0 : domain.gateway?.port ?? 0, mac: domain.gateway?.mac.value ?? 0)
    }

    /// What the control thread asks of the router.
    mutating func obeyRouting(_ command: WorkerCommand) -> Int32 {
        guard let router else { return ENOENT }
        switch command {
        case .setUplink(let uplink): router.pointee.setUplink(uplink)
        case .setPool(let pool): router.pointee.setPool(pool)
        case .setHostAddresses(let addresses): router.pointee.setHostAddresses(addresses)
        case .setRoutes(let routes): router.pointee.setRoutes(routes)
        case .setNextHop(let hop):
            router.pointee.setNextHop(hop)
            if hop.mac != nil { sendPending(hop) }
        case .publish(let publish): return router.pointee.publish(publish) ? 0 : ENOSPC
        case .unpublish(let number): router.pointee.unpublish(number)
        default: return EINVAL
        }
        return 0
    }

    /// Sends what has waited for a next hop.
    private mutating func sendPending(_ hop: NextHopConfiguration) {
        guard let router else { return }
        let (high, low) = hop.address.words
        var place = -1
        while true {
            place = router.pointee.pending.take(from: place + 1, uplink: hop.uplink, high: high, low: low)
            if place < 0 { break }
            let waiting = router.pointee.pending.places[place]
            guard isPresent(Int(waiting.ingress)) else { continue }
            let header = router.pointee.pending.header(place)
            let frame = RoutedFrame(
                header: header, length: waiting.length, ingress: waiting.ingress, domain: waiting.domain,
                isSuperframe: header.load(fromByteOffset: 1, as: UInt8.self) != 0, now: now)
            act(waiting.domain == 0 ? router.pointee.incoming(frame) : router.pointee.outgoing(frame), frame)
            // Its place may be taken again before the batch ends.
            io.submit()
        }
    }

    /// Nothing that came by a port, or leads to it, may meet the next one of its number.
    mutating func forgetRouted(_ port: UInt16) {
        guard let router else { return }
        router.pointee.removePort(port)
        var place = -1
        while true {
            place = router.pointee.pending.take(from: place + 1, ingress: port)
            if place < 0 { break }
            countUnrouted(.neighbourUnknown, port)
        }
    }

    /// What is due once a second: old flows go, and packets whose next hop never answered.
    mutating func keepRouter() {
        guard let router else { return }
        _ = router.pointee.flows.age(budget: FlowTable.capacity / 16, now: now)
        var place = -1
        while true {
            place = router.pointee.pending.takeStale(from: place + 1, now: now)
            if place < 0 { break }
            countUnrouted(.neighbourUnknown, router.pointee.pending.places[place].ingress)
        }
        router.pointee.fragments.expire(now: now)
    }

    /// Asks the control side for next hops.
    mutating func reportQuestions() {
        guard let router else { return }
        for index in 0..<router.pointee.questions.count {
            let question = router.pointee.questions.list[index]
            mailbox.post(
                .nextHopWanted(
                    uplink: question.uplink, address: IPAddress(high: question.high, low: question.low)))
        }
        router.pointee.questions.clear()
    }
}
