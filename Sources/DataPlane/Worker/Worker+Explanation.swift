import Glibc

/// What would be done with a frame, told step by step and not done. Asked for by the control thread, between two frames.
///
/// These functions go the way that `handle`, `routeIncoming` and `deliver` go, and ask what those ask; what they would
/// change or send they tell. Only the asker's copy of the frame is written to.
extension Worker where IO: ~Copyable {
    /// What would become of a frame that came in by a port; 0 or an errno.
    ///
    /// - Parameters:
    ///   - port: one that receives frames; from 16384 on a VTEP's place: the frame comes out of its datagram.
    ///   - domain: where `port` is a VTEP's place.
    func explain(_ memory: ExplanationMemory, port: UInt16, domain: UInt16) -> Int32 {
        if port >= VTEPTable.firstNumber {
            guard forwarding.overlay(domain).pointee.isPresent else { return ENOENT }
            arrive(memory, port, domain)
            explainTunnelled(memory, vtep: port, domain: domain)
        } else {
            let index = Int(port)
            guard index > 0, index < SharedTables.maximumPorts else { return ENOENT }
            guard isPresent(index) || isDead(index) else { return ENOENT }
            guard !states[index].isTunnel, !states[index].isSender else { return EINVAL }
            arrive(memory, port, forwarding.port(port).pointee.domain)
            tellState(port, &memory.log)
            if states[index].isUplink {
                explainIncoming(memory, port: port)
            } else {
                explainSwitched(memory, port: port)
            }
        }
        memory.log.finish()
        return 0
    }

    private func arrive(_ memory: ExplanationMemory, _ port: UInt16, _ domain: UInt16) {
        memory.log.add(
            .arrived, port: port, first: UInt64(domain), second: UInt64(truncatingIfNeeded: memory.length))
        memory.log.append(memory.header + VirtioNetHeader.length, memory.length)
    }

    /// See `attendIncoming`, `judge` and `carryOut`.
    private func explainSwitched(_ memory: ExplanationMemory, port: UInt16) {
        let (header, length) = (memory.header, memory.length)
        if states[Int(port) & (SharedTables.maximumPorts &- 1)].attention & PortState.impairedIn != 0 {
            tellImpairment(.impairedIn, port, length, &memory.log)
        }
        let foresight = forwarding.foresee(ingress: port, header: header, length: length, now: now)
        tell(foresight, &memory.log)
        let verdict = foresight.verdict
        switch verdict.kind {
        case .drop:
            if case .noOtherPort = verdict.reason,
                explainAnswer(header, length, from: port, domain: verdict.domain, &memory.log)
            {
                return
            }
            memory.log.add(.dropped, port: port, reason: verdict.reason)
        case .forward:
            explainSend(header, length, to: verdict.port, from: port, verdict, &memory.log)
        case .flood:
            if forwarding.overlay(verdict.domain).pointee.isPresent {
                if explainAnswer(header, length, from: port, domain: verdict.domain, &memory.log) { return }
                explainReplication(header, length, from: port, verdict, &memory.log)
            }
            let members = forwarding.floodMembers(verdict.domain)
            memory.log.add(
                .flooded, first: UInt64(verdict.domain), second: UInt64(truncatingIfNeeded: members.count))
            for position in 0..<members.count where members[position] != port {
                explainSend(header, length, to: members[position], from: port, verdict, &memory.log)
            }
        case .tunnel:
            explainTunnel(header, length, from: port, to: verdict.port, verdict, &memory.log)
        case .route:
            explainRouting(header, length, from: port, verdict, &memory.log)
        }
    }

    /// See `deliver` of frames that came out of a tunnel.
    private func explainTunnelled(_ memory: ExplanationMemory, vtep: UInt16, domain: UInt16) {
        let (header, length) = (memory.header, memory.length)
        let foresight = forwarding.foresee(
            vtep: vtep, domain: domain, header: header, frame: header + VirtioNetHeader.length, length: length,
            now: now)
        tell(foresight, &memory.log)
        let verdict = foresight.verdict
        switch verdict.kind {
        case .drop:
            memory.log.add(.dropped, port: vtep, reason: verdict.reason)
        case .forward:
            explainSend(header, length, to: verdict.port, from: 0, verdict, &memory.log)
        case .route:
            guard router?.pointee.isForHost(header + VirtioNetHeader.length, length: length) ?? true else {
                memory.log.add(.dropped, port: vtep, reason: .noRoute)
                return
            }
            explainSend(header, length, to: verdict.port, from: 0, verdict.forwarded, &memory.log)
        case .flood:
            let members = forwarding.floodMembers(verdict.domain)
            memory.log.add(
                .flooded, first: UInt64(verdict.domain), second: UInt64(truncatingIfNeeded: members.count))
            for position in 0..<members.count {
                explainSend(header, length, to: members[position], from: 0, verdict, &memory.log)
            }
        case .tunnel:
            break
        }
    }

    /// Tells what the switch finds before it decides where a frame goes.
    private func tell(_ foresight: SwitchForesight, _ log: inout ExplanationLog) {
        let arrival = foresight.arrival
        let look = arrival.look
        if look.reason.isDrop || arrival.domain == 0 { return }
        log.add(.admitted, first: look.vlan & Verdict.superframeBit == 0 ? 0 : 1)
        if look.vlan & Verdict.awareBit != 0 {
            let isTagged = look.vlan & Verdict.taggedBit != 0
            log.add(.classified, first: UInt64(arrival.identifier), second: isTagged ? 1 : 0)
        }
        let isFromPort = arrival.ingress < VTEPTable.firstNumber
        if arrival.source.isGuarded, isFromPort {
            switch arrival.reason {
            case .guardMAC, .guardARP, .guardIPv4, .guardIPv6, .vlanTagged: return
            default: log.add(.guardPassed, port: arrival.ingress)
            }
        }
        if arrival.reason.isDrop { return }
        var learning = arrival.owner == 0 ? ExplainedLearning.never : .guardedEndpoint
        if let learned = foresight.learning { learning = ExplainedLearning(learned.result) }
        log.add(.learned, port: foresight.learning?.formerPort ?? 0, first: look.source, second: learning.rawValue)
        let target = forwarding.describe(foresight, now: now)
        log.add(.lookedUp, port: target.place, first: look.destination, second: target.kind.rawValue)
    }

    /// Tells what would be done on purpose to the packets of a port in one direction.
    func tellImpairment(_ kind: ExplanationKind, _ port: UInt16, _ length: Int, _ log: inout ExplanationLog) {
        let index = ImpairmentTable.index(port: port, isOut: kind == .impairedOut)
        guard length >= Ethernet.headerLength, let direction = impairments.direction(index) else { return }
        log.add(kind, port: port)
        log.append(direction.pointee.state.settings)
    }

    /// Tells what is wrong with a port, if something is.
    func tellState(_ port: UInt16, _ log: inout ExplanationLog) {
        let state = states[Int(port) & (SharedTables.maximumPorts &- 1)]
        let kind: ExplainedPort
        switch state.life {
        case .absent: kind = .absent
        case .retiring: kind = .retiring
        case .dead: kind = .dead
        case .present:
            guard state.retryAt != 0 else { return }
            kind = .failing
        }
        log.add(.portState, port: port, first: kind.rawValue, second: UInt64(max(0, state.cause)))
    }

    private func isDead(_ index: Int) -> Bool {
        if case .dead = states[index].life { return true }
        return false
    }
}

extension ExplainedLearning {
    init(_ result: LearnResult) {
        self =
            switch result {
            case .known: .known
            case .refreshed: .refreshed
            case .new: .new
            case .moved: .moved
            case .staticElsewhere: .staticElsewhere
            case .refused: .refused
            }
    }
}
