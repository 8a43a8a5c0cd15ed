/// The ways out of an explanation. See `Worker+Explanation`.
extension Worker where IO: ~Copyable {
    /// See `send`.
    func explainSend(
        _ header: UnsafeMutableRawPointer, _ length: Int, to port: UInt16, from ingress: UInt16, _ verdict: Verdict,
        _ log: inout ExplanationLog
    ) {
        let action = forwarding.egress(to: port, from: ingress, verdict: verdict, length: length)
        if case .drop = action.kind {
            log.add(.dropped, port: port, reason: action.reason)
            return
        }
        log.add(.leaves, port: port, first: ExplainedTag(action.kind).rawValue, second: UInt64(action.vlan))
        switch action.kind {
        case .skip, .drop: return
        case .passUnchanged:
            explainQueue(
                header + VirtioNetHeader.length, length, nil, 0, by: port, isSuperframe: verdict.isSuperframe, &log)
        case .pushTag, .popTag, .setTag:
            let rewrite = TagRewrite.write(action, header: header, length: length, into: log.copy)
            explainQueue(
                log.copy + VirtioNetHeader.length, rewrite.count &- VirtioNetHeader.length,
                header + (VirtioNetHeader.length &+ rewrite.skip), length &- rewrite.skip, by: port,
                isSuperframe: verdict.isSuperframe, &log)
        }
    }

    /// See `queue`: a frame in one or two pieces.
    func explainQueue(
        _ head: UnsafeRawPointer, _ headCount: Int, _ rest: UnsafeRawPointer?, _ restCount: Int, by port: UInt16,
        isSuperframe: Bool, _ log: inout ExplanationLog
    ) {
        let length = headCount &+ restCount
        if states[Int(port) & (SharedTables.maximumPorts &- 1)].attention & PortState.impairedOut != 0 {
            tellImpairment(.impairedOut, port, length, &log)
        }
        tellState(port, &log)
        log.add(
            .sent, port: port, first: UInt64(truncatingIfNeeded: max(0, length)), second: isSuperframe ? 1 : 0)
        log.append(head, headCount)
        if let rest { log.append(rest, restCount) }
    }

    /// See `answerNeighbour`. False: nothing is answered.
    func explainAnswer(
        _ header: UnsafeMutableRawPointer, _ length: Int, from ingress: UInt16, domain: UInt16,
        _ log: inout ExplanationLog
    ) -> Bool {
        guard let (question, mac) = neighbourQuestion(header, length, domain: domain) else { return false }
        log.add(.answered, port: ingress, first: mac)
        log.append(high: question.targetHigh, low: question.targetLow)
        let isRouter = mac == forwarding.overlay(domain).pointee.router.mac
        let count = question.writeAnswer(mac: mac, isRouter: isRouter, into: log.copy + VirtioNetHeader.length)
        explainOwn(count, by: ingress, &log)
        return true
    }

    /// See `answer`: a frame of our own, which lies in the log's copy.
    func explainOwn(_ count: Int, by port: UInt16, _ log: inout ExplanationLog) {
        guard count > 0 else { return }
        explainQueue(log.copy + VirtioNetHeader.length, count, nil, 0, by: port, isSuperframe: false, &log)
    }

    /// See `replicate`.
    func explainReplication(
        _ header: UnsafeMutableRawPointer, _ length: Int, from ingress: UInt16, _ verdict: Verdict,
        _ log: inout ExplanationLog
    ) {
        let peers = forwarding.floodPeers(verdict.domain)
        guard peers.count > 0 else { return }
        log.add(.replicated, first: UInt64(verdict.domain), second: UInt64(truncatingIfNeeded: peers.count))
        guard let frame = explainPreparation(header, length, from: ingress, verdict, &log) else { return }
        for position in 0..<peers.count {
            explainTransmission(frame, domain: verdict.domain, to: peers[unchecked: position], &log)
        }
    }

    /// See `tunnel`.
    func explainTunnel(
        _ header: UnsafeMutableRawPointer, _ length: Int, from ingress: UInt16, to vtep: UInt16, _ verdict: Verdict,
        _ log: inout ExplanationLog
    ) {
        guard let frame = explainPreparation(header, length, from: ingress, verdict, &log) else { return }
        explainTransmission(frame, domain: verdict.domain, to: vtep, &log)
    }

    /// See `prepare`.
    private func explainPreparation(
        _ header: UnsafeMutableRawPointer, _ length: Int, from ingress: UInt16, _ verdict: Verdict,
        _ log: inout ExplanationLog
    ) -> TunnelFrame? {
        let overlay = forwarding.overlay(verdict.domain)
        guard canTunnel(overlay.pointee) else {
            log.add(.dropped, port: overlay.pointee.tunnel, reason: .noTunnel)
            return nil
        }
        let came = (header: header, length: length)
        var header = header
        var length = length
        let action = forwarding.egressToTunnel(from: ingress, verdict: verdict)
        log.add(
            .leaves, port: overlay.pointee.tunnel, first: ExplainedTag(action.kind).rawValue,
            second: UInt64(action.vlan))
        switch action.kind {
        case .passUnchanged, .skip, .drop, .popTag: break
        case .pushTag, .setTag:
            guard let count = writeTagged(header, length, action, into: log.copy) else {
                log.add(.dropped, port: overlay.pointee.tunnel, reason: .egressRejected)
                return nil
            }
            header = log.copy
            length = count
        }
        switch TunnelFit(header, length, overlay.pointee) {
        case .fits(let cutter):
            if case .none = cutter { finishChecksum(header, header + VirtioNetHeader.length, length) }
            return TunnelFrame(
                frame: header + VirtioNetHeader.length, length: length, congestion: 0, isShared: false,
                cutter: cutter, whole: cutter.flatMap { SuperDatagram(header: header, cutter: $0, length: length) })
        case .uncuttable:
            log.add(.dropped, port: overlay.pointee.tunnel, reason: .egressRejected)
        case .tooLong(let mtu):
            log.add(.dropped, port: overlay.pointee.tunnel, reason: .exceedsTunnelMTU)
            guard ingress != 0 else { return nil }
            let count = TooBigMessage.write(
                for: came.header + VirtioNetHeader.length, length: came.length, mtu: mtu,
                router: overlay.pointee.router, into: log.copy + VirtioNetHeader.length)
            if count > 0 {
                log.add(
                    .senderTold, port: ingress, first: ExplainedMessage.tooBig.rawValue,
                    second: UInt64(truncatingIfNeeded: max(0, mtu)))
                explainOwn(count, by: ingress, &log)
            }
        }
        return nil
    }

    /// See `transmit` and `dispatch`.
    private func explainTransmission(
        _ frame: TunnelFrame, domain: UInt16, to vtep: UInt16, _ log: inout ExplanationLog
    ) {
        let overlay = forwarding.overlay(domain)
        let tunnel = forwarding.tunnel(overlay.pointee.tunnel)
        let address = forwarding.vteps.address(vtep)
        let place = TunnelState.place(frame.hash, senders: tunnel.pointee.senderCount)
        let sender = TunnelState.place(UInt32(truncatingIfNeeded: place), senders: tunnel.pointee.senderCount)
        let key = Train.Key(
            tunnel: overlay.pointee.tunnel, vtep: vtep, domain: domain, congestion: frame.congestion)
        var isSuperframe = false
        if case .some = frame.cutter { isSuperframe = true }
        let isWhole = mayLeaveWhole(frame, key)
        guard isWhole || isWay(tunnel, by: tunnel.pointee.senders[sender], to: address) else {
            log.add(.dropped, port: vtep, reason: .noTunnel)
            return
        }
        let datagrams = isWhole ? 1 : UInt64(truncatingIfNeeded: max(1, frame.cutter.map { $0.count } ?? 1))
        log.add(
            .encapsulated, port: vtep, first: UInt64(overlay.pointee.vni),
            second: UInt64(tunnel.pointee.udpPort) | datagrams &<< 16)
        log.append(high: address.high, low: address.low)
        let port = isWhole ? tunnel.pointee.device : tunnel.pointee.senders[sender]
        explainQueue(frame.frame, frame.length, nil, 0, by: port, isSuperframe: isSuperframe, &log)
    }
}

extension ExplainedTag {
    init(_ kind: EgressAction.Kind) {
        self =
            switch kind {
            case .skip, .drop: .skipped
            case .passUnchanged: .unchanged
            case .pushTag: .pushed
            case .popTag: .popped
            case .setTag: .replaced
            }
    }
}
