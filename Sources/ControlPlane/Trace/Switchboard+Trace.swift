import Addresses
import Capture
import DataPlane
import FrameText
public import HeddleAPI

extension Switchboard {
    /// See `ControlService`.
    public func trace(_ request: TraceRequest) async throws(APIError) -> TraceReport {
        let network = try findNetwork(request.network)
        let port = try findTracedPort(request.from, network)
        let names = traceNames()
        var frame: [UInt8]
        var assumed: [String] = []
        switch try Self.read(request.frame) {
        case .bytes(let bytes): frame = bytes
        case .description(let description):
            (frame, assumed) = try surroundings(port: port, network: network, names).complete(description)
        }
        guard frame.count <= MessageLimits.maximumFrame else {
            throw .invalid(
                "the frame has \(frame.count) bytes", hint: "At most \(MessageLimits.maximumFrame) can be traced.")
        }
        if let hearing = hearing(of: port), !hearing.hears(frame) {
            return TraceReport.unheard(
                frame, network: network.name, from: names.place(port), assumed: assumed)
        }
        let steps = withDevices(try await explain(port: port, frame: frame))
        // VTEPs may have been seen for the first time since.
        let writer = TraceWriter(names: traceNames(for: steps, names), frame: frame)
        let outcomes = writer.outcomes(steps)
        return TraceReport(
            network: network.name, from: names.place(port),
            summary: FrameSummary(frame, length: frame.count).description, frame: TraceWriter.hexadecimal(frame),
            assumed: assumed, steps: writer.steps(steps), outcomes: outcomes,
            conclusion: ([TraceReport.conclusion(outcomes)] + writer.remarks(steps)).joined(separator: "; "))
    }

    private func explain(port: UInt16, frame: [UInt8]) async throws(APIError) -> [ExplanationStep] {
        do {
            return try await engine.explain(port: port, frame: frame)
        } catch let failure as EngineFailure {
            throw failure.apiError
        } catch {
            throw .failed("the engine did not explain the frame: \(error)")
        }
    }

    /// What an uplink hears of the frames that come there; nil: the port is none.
    private func hearing(of port: UInt16) -> UplinkHearing? {
        guard let uplink = hostLook.uplinks.first(where: { uplinkPorts[$0.index] == port }),
            let filter = uplinkFilters[port]
        else { return nil }
        return UplinkHearing(filter: filter, mac: uplink.mac)
    }

    private static func read(_ text: String) throws(APIError) -> FrameText {
        do throws(FrameTextError) {
            return try FrameText(parsing: text)
        } catch {
            throw .invalid("the frame \(APIError.quoted(text)) isn't understood: \(error.message)", hint: error.hint)
        }
    }

    /// The port by which the frame comes in: one of the network's, or an uplink.
    func findTracedPort(_ text: String, _ network: NetworkRecord) throws(APIError) -> UInt16 {
        if text == "host", let port = network.hostPort,
            !endpoints(of: network).contains(where: { $0.sandbox == text || $0.name == text })
        {
            return port
        }
        do throws(APIError) {
            return try findPort(text, network: text.hasPrefix("uplink@") ? nil : network.name)
        } catch {
            guard error.code == .notFound, text == "vxlan" || text.hasPrefix("vxlan@") else { throw error }
            throw .invalid(
                "\(APIError.quoted(text)) is a tunnel's port: nothing can be traced from there",
                hint: "Trace it at the peer's host, from its sandbox. What comes in here is among the network's:"
                    + " 'heddle trace --live \(network.name)', without --from.")
        }
    }
}

/// What is known around.
extension Switchboard {
    private func traceNames() -> TraceNames {
        var names = TraceNames(ports: captureLabels().ports.mapValues(\.name))
        for network in networkRecords.values {
            names.domains[network.domain] = network.name
            if network.hostPort != nil { names.owners[network.gatewayMAC] = "the gateway" }
        }
        for endpoint in endpointRecords.values where endpoint.via.isWired {
            names.owners[endpoint.mac] = endpoint.label
        }
        for tunnel in tunnelRecords.values {
            for port in tunnel.ports { names.ports[port] = tunnel.label }
        }
        for uplink in hostLook.uplinks { names.owners[uplink.mac] = "uplink@\(uplink.name)" }
        for record in impairmentRecords.values {
            guard let port = endpointRecords[record.endpoint]?.port else { continue }
            switch record.direction {
            case .in: names.impairedIn[port] = record.impairment.words
            case .out: names.impairedOut[port] = record.impairment.words
            }
        }
        for record in publishRecords.values {
            for number in Self.dataPlaneNumbers(record) { names.publishes[number] = "\(record.specification)" }
        }
        return names
    }

    /// With those VTEPs that the steps speak of.
    private func traceNames(for steps: [ExplanationStep], _ names: TraceNames) -> TraceNames {
        var names = names
        for step in steps where step.port >= TraceNames.firstVTEP {
            names.vteps[step.port] = engine.vtep(step.port)?.description
        }
        return names
    }

    private func surroundings(port: UInt16, network: NetworkRecord, _ names: TraceNames) -> TraceSurroundings {
        var found = TraceSurroundings(network: network.name, port: names.place(port), subnets: network.subnets)
        if let uplink = hostLook.uplinks.first(where: { uplinkPorts[$0.index] == port }) {
            let addresses = hostLook.addresses.filter { $0.index == uplink.index }.map(\.address)
            let taker = TraceSurroundings.Owner(
                name: "uplink@\(uplink.name)", mac: uplink.mac, addresses: addresses)
            found.own = TraceSurroundings.Owner(
                name: found.port, mac: TraceSurroundings.somebody, addresses: [])
            found.others = [taker]
            found.gateway = taker
            found.subnets = []
            return found
        }
        let members = endpoints(of: network).filter { $0.via.isWired && !$0.isGone }
        if network.hostPort != nil {
            let gateway = TraceSurroundings.Owner(
                name: "the gateway", mac: network.gatewayMAC, addresses: network.gateways)
            found.gateway = gateway
            found.others.append(gateway)
            if port == network.hostPort || port == namePorts[network.id]?.port { found.own = gateway }
        }
        found.others += members.map { endpoint in
            TraceSurroundings.Owner(
                name: endpoint.label, mac: endpoint.mac, addresses: endpoint.addresses.map(\.address))
        }
        found.others += stationRecords[network.id, default: [:]].values.sorted { $0.mac < $1.mac }.map { station in
            TraceSurroundings.Owner(
                name: "the static station behind \(station.vtep)", mac: station.mac, addresses: station.addresses)
        }
        // Who is behind an adopted interface isn't known.
        if let endpoint = members.first(where: { $0.port == port && $0.via != .adopted }) {
            found.own = TraceSurroundings.Owner(
                name: endpoint.label, mac: endpoint.mac, addresses: endpoint.addresses.map(\.address))
        } else if port == network.parentPort {
            found.own = TraceSurroundings.Owner(
                name: found.port, mac: TraceSurroundings.somebody, addresses: [])
        }
        return found
    }
}
