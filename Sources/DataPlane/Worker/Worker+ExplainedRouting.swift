/// What an explanation tells of frames that the router takes. See `Worker+Explanation`.
extension Worker where IO: ~Copyable {
    /// See `routeOutgoing`.
    func explainRouting(
        _ header: UnsafeMutableRawPointer, _ length: Int, from ingress: UInt16, _ verdict: Verdict,
        _ log: inout ExplanationLog
    ) {
        guard let router else {
            return explainSend(header, length, to: verdict.port, from: ingress, verdict.forwarded, &log)
        }
        log.add(.routerTakes, port: verdict.port, first: UInt64(verdict.domain))
        let frame = RoutedFrame(
            header: header, length: length, ingress: ingress, domain: verdict.domain,
            isSuperframe: verdict.isSuperframe, now: now)
        let routing = router.pointee.foreseeOutgoing(frame, &log)
        guard case .toHost = routing.kind else { return explain(routing, frame, &log) }
        explainSend(header, length, to: verdict.port, from: ingress, verdict.forwarded, &log)
        let names = router.pointee.gateway(verdict.domain).pointee.namePort
        if names != 0, NameTraffic.isNeighbourAnswer(frame.frame, length: length) {
            explainSend(
                header, length, to: names, from: ingress,
                .forward(to: names, domain: verdict.domain, vlan: verdict.vlan), &log)
        }
    }

    /// See `routeIncoming`.
    func explainIncoming(_ memory: ExplanationMemory, port: UInt16) {
        let (header, length) = (memory.header, memory.length)
        let look = forwarding.examine(
            header, frame: header + VirtioNetHeader.length, length: length, domain: 0, accessVLAN: 0)
        if look.reason.isDrop {
            memory.log.add(.dropped, port: port, reason: look.reason)
            return
        }
        let isSuperframe = look.vlan & Verdict.superframeBit != 0
        memory.log.add(.admitted, first: isSuperframe ? 1 : 0)
        guard let router else {
            memory.log.add(.dropped, port: port, reason: .noFlow)
            return
        }
        memory.log.add(.routerTakes, port: port)
        let frame = RoutedFrame(
            header: header, length: length, ingress: port, domain: 0, isSuperframe: isSuperframe, now: now)
        explain(router.pointee.foreseeIncoming(frame, &memory.log), frame, &memory.log)
    }

    /// See `act`.
    private func explain(_ routing: RoutingVerdict, _ frame: RoutedFrame, _ log: inout ExplanationLog) {
        switch routing.kind {
        case .drop:
            log.add(.dropped, port: frame.ingress, reason: routing.reason)
        case .refuse:
            log.add(.dropped, port: frame.ingress, reason: routing.reason)
            explainMessage(routing.message, frame, &log)
        case .toHost:
            break
        case .toNames:
            log.add(.toNames, port: routing.port)
            guard forwarding.port(routing.port).pointee.domain == frame.domain else {
                log.add(.dropped, port: frame.ingress, reason: .noOtherPort)
                return
            }
            let vlan = frame.isSuperframe ? Verdict.superframeBit : 0
            explainSend(
                frame.header, frame.length, to: routing.port, from: frame.ingress,
                .forward(to: routing.port, domain: frame.domain, vlan: vlan), &log)
        case .held:
            log.add(.held, port: frame.ingress, first: ExplainedWait.nextHop.rawValue)
        case .toUplink:
            explainLeaving(frame, by: routing.port, mtu: routing.fragmentMTU, &log)
        case .toEndpoint:
            explainHandOver(routing, frame, &log)
        }
    }

    /// See `handOver`.
    private func explainHandOver(_ routing: RoutingVerdict, _ frame: RoutedFrame, _ log: inout ExplanationLog) {
        switch homecoming(routing, frame) {
        case .dropped(let reason):
            log.add(.dropped, port: frame.ingress, reason: reason)
        case .cut(let port):
            explainLeaving(frame, by: port, mtu: routing.fragmentMTU, &log)
        case .sent(let host, let verdict):
            explainSend(frame.header, frame.length, to: verdict.port, from: host, verdict, &log)
        }
    }

    /// A frame that leaves by a port, in fragments where `mtu` isn't 0. See `sendFragments`.
    private func explainLeaving(
        _ frame: RoutedFrame, by port: UInt16, mtu: Int, _ log: inout ExplanationLog
    ) {
        if mtu != 0 {
            guard let cut = FragmentPlan(frame, mtu: mtu) else {
                log.add(.dropped, port: port, reason: .egressRejected)
                return
            }
            log.add(
                .fragmented, port: port, first: UInt64(truncatingIfNeeded: max(0, mtu)),
                second: UInt64(truncatingIfNeeded: cut.count))
        }
        explainQueue(frame.frame, frame.length, nil, 0, by: port, isSuperframe: frame.isSuperframe, &log)
    }

    /// See `tell`.
    private func explainMessage(_ message: RouterMessage.Kind, _ frame: RoutedFrame, _ log: inout ExplanationLog) {
        guard let router else { return }
        let sender =
            frame.domain == 0 ? RouterMessage.Router() : router.pointee.gateway(frame.domain).pointee.router
        let count = RouterMessage.write(
            for: frame.frame, length: frame.length, kind: message, router: sender,
            into: log.copy + VirtioNetHeader.length)
        guard count > 0 else { return }
        var told = UInt64(0)
        if case .tooBig(let mtu) = message { told = UInt64(truncatingIfNeeded: max(0, mtu)) }
        log.add(.senderTold, port: frame.ingress, first: ExplainedMessage(message).rawValue, second: told)
        explainOwn(count, by: frame.ingress, &log)
    }
}

extension ExplainedMessage {
    init(_ kind: RouterMessage.Kind) {
        self =
            switch kind {
            case .tooBig: .tooBig
            case .timeExceeded: .timeExceeded
            case .unreachable(.prohibited): .prohibited
            case .unreachable: .networkUnreachable
            }
    }
}
