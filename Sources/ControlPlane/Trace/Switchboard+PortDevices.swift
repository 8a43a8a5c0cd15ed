import DataPlane
import HeddleAPI
import Netlink

/// What the kernel would do with a frame at a device: the engine only knows that once it sends.
extension Switchboard {
    /// The steps, with those of ports whose device takes nothing now. Cost: a question to the kernel for each port that
    /// something leaves by; a TAP's is asked in its sandbox.
    func withDevices(_ steps: [ExplanationStep]) -> [ExplanationStep] {
        let ports = Set(steps.filter { $0.kind == .sent }.map(\.port))
        if ports.isEmpty { return steps }
        var states: [UInt16: ExplainedPort] = [:]
        for record in endpointRecords.values where ports.contains(record.port) && record.via.isWired && !record.isGone {
            guard let link = device(of: record) else { continue }
            states[record.port] = ExplainedPort(link, isTap: record.via == .tap)
        }
        for network in networkRecords.values {
            if let port = network.hostPort, ports.contains(port), let link = try? own.link(index: network.hostIndex) {
                states[port] = ExplainedPort(link, isTap: true)
            }
            if let port = network.parentPort, ports.contains(port), let link = try? own.link(index: network.parentIndex)
            {
                states[port] = ExplainedPort(link, isTap: false)
            }
        }
        for (index, port) in uplinkPorts where ports.contains(port) {
            if let link = try? own.link(index: index) { states[port] = ExplainedPort(link, isTap: false) }
        }
        return steps.flatMap { step in Self.tell(states[step.port], of: step) }
    }

    /// The end that the engine sends by; nil: it isn't found.
    private func device(of record: EndpointRecord) -> Link? {
        switch record.via {
        case .tap:
            guard let sandbox = openAgain(record) else { return nil }
            return try? sandbox.interface(
                marked: mark.alias(of: record.id), index: record.index, name: record.ifname)
        case .veth: return try? privateNamespace.route.link(index: record.nearIndex)
        case .adopted: return try? own.link(index: record.index)
        case .loopback, .host: return nil
        }
    }

    /// A step, and what the device's state makes of it. Pure.
    static func tell(_ state: ExplainedPort?, of step: ExplanationStep) -> [ExplanationStep] {
        guard let state else { return [step] }
        // What is known better replaces what the engine supposes.
        if step.kind == .portState { return step.first == ExplainedPort.failing.rawValue ? [] : [step] }
        guard step.kind == .sent else { return [step] }
        let told = ExplanationStep(.portState, port: step.port, first: state.rawValue)
        return state == .down
            ? [told, ExplanationStep(.dropped, port: step.port, reason: .egressDown)] : [told, step]
    }
}

extension ExplainedPort {
    /// What is wrong with a device; nil: nothing. A TAP has a carrier as long as the engine holds it.
    init?(_ link: Link, isTap: Bool) {
        if !link.isUp {
            self = .down
        } else if !isTap, !link.hasCarrier {
            self = .noCarrier
        } else {
            return nil
        }
    }
}
