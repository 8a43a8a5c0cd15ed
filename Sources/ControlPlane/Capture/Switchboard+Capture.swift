import Addresses
import DataPlane
import Dispatch
import Glibc
public import HeddleAPI
import Logging
import PacketFilter
import SystemPackage

/// A capture as the switchboard knows it.
struct RunningSession {
    /// What is captured.
    var configuration: CaptureConfiguration
    /// Who is told when it ends. Its client's: without one it ends.
    weak var session: CaptureSession?
}

extension Switchboard {
    /// Bytes of a capture's ring.
    private static let ringBytes = 8 << 20
    /// What a program gives for a frame that is wanted: more than any frame has.
    private static let wholeFrame: Int32 = 262_144

    /// See `ControlService`.
    public nonisolated func capture(_ request: CaptureRequest) async throws(APIError) -> any CaptureFeed {
        // Not on the wiring thread: a filter may name hosts, which are looked up.
        let filter = request.filter
        let compiled: Result<[FilterCompiler.Instruction], FilterCompiler.Refusal> = await withCheckedContinuation {
            continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Result { () throws(FilterCompiler.Refusal) in
                        try FilterCompiler.compile(filter, snapLength: Self.wholeFrame)
                    })
            }
        }
        switch compiled {
        case .success(let program):
            let instructions = program.map {
                SocketFilter.Instruction($0.code, $0.operand, whenTrue: $0.whenTrue, whenFalse: $0.whenFalse)
            }
            return try await begin(request, instructions)
        case .failure(let refusal):
            throw .invalid(
                "the filter \(APIError.quoted(filter)) is refused: \(refusal.message)",
                hint: "pcap-filter(7) has the language, which is tcpdump's.")
        }
    }

    private func begin(
        _ request: CaptureRequest, _ filter: [SocketFilter.Instruction]
    ) throws(APIError) -> any CaptureFeed {
        if let refusal = FilterProgram.refusal(of: filter) {
            throw .invalid("the filter \(APIError.quoted(request.filter)) can't be run: \(refusal)")
        }
        lastCaptureNumber &+= 1
        var configuration = CaptureConfiguration(
            number: lastCaptureNumber, isIn: request.follow != nil || request.direction != .out,
            isOut: request.follow == nil && request.direction != .in,
            snapLength: request.snapLength == 0 ? .max : request.snapLength, filter: filter,
            followed: request.follow ?? 0)
        var ports: [UInt16] = []
        if let name = request.port {
            if request.follow != nil, let network = request.network {
                configuration.port = try findTracedPort(name, findNetwork(network))
            } else {
                configuration.port = try findPort(name, network: request.network)
            }
            ports = [configuration.port]
        } else {
            let network = try findNetwork(request.network ?? "")
            configuration.domain = network.domain
            ports = self.ports(of: network)
        }
        let ring = try makeRing()
        do throws(EngineFailure) {
            try engine.start(configuration, descriptor: ring.descriptor)
        } catch .refused(_, .noSpace) {
            throw .conflict(
                "\(CaptureConfiguration.mostAtOnce) captures run in that worker of the engine, and it runs no more at once",
                hint: "End one of them first: each ends with the 'heddle capture' that began it.")
        } catch {
            throw error.apiError
        }
        let session = CaptureSession(
            number: configuration.number, request: request, board: self, memory: ring.memory, labels: captureLabels(),
            ports: ports, domain: configuration.domain)
        captures[configuration.number] = RunningSession(configuration: configuration, session: session)
        log.info("capture \(configuration.number) of \(request.port ?? request.network ?? "") begins")
        return session
    }

    private func makeRing() throws(APIError) -> (descriptor: Int32, memory: CaptureMemory) {
        do throws(Errno) {
            let descriptor = try CaptureRing.make(capacity: Self.ringBytes)
            do throws(Errno) {
                return (descriptor, try CaptureMemory(descriptor: descriptor))
            } catch {
                close(descriptor)
                throw error
            }
        } catch {
            throw .failed("there is no memory for a capture: \(error)")
        }
    }

    /// Ends a capture: the engine gives away what it has, and records no more.
    func endCapture(_ number: UInt32) {
        guard captures.removeValue(forKey: number) != nil else { return }
        engine.endCapture(number)
        log.info("capture \(number) has ended")
    }

    /// The port is given to others.
    func endCaptures(port: UInt16, why: String) {
        endCaptures(why: why) { $0.port == port }
    }

    /// The engine doesn't go on with it.
    func endCaptures(number: UInt32, why: String) {
        endCaptures(why: why) { $0.number == number }
    }

    /// The domain is given to others, and so are the ports that the network itself has.
    func endCaptures(of network: NetworkRecord) {
        let ports = [network.hostPort, network.parentPort].compactMap { $0 }
        endCaptures(why: "the network \(network.name) was removed") {
            $0.port == 0 ? $0.domain == network.domain : ports.contains($0.port)
        }
    }

    private func endCaptures(why: String, where isMeant: (CaptureConfiguration) -> Bool) {
        for (number, running) in captures where isMeant(running.configuration) {
            endCapture(number)
            let session = running.session
            Task { await session?.end(why: why) }
        }
    }
}

/// Names.
extension Switchboard {
    /// What all ports are called now.
    func captureLabels() -> CaptureLabels {
        var labels = CaptureLabels()
        for network in networkRecords.values {
            let place = "network \(network.name)"
            if let port = network.hostPort {
                labels.ports[port] = CaptureLabel(name: network.hostInterface, description: "\(place), the host")
            }
            if let port = network.parentPort {
                labels.ports[port] = CaptureLabel(name: network.parentLabel, description: "\(place), its parent")
            }
            if let names = namePorts[network.id] {
                labels.ports[names.port] = CaptureLabel(name: "names", description: "\(place), its name service")
            }
            if network.overlay != nil {
                labels.tunnels[network.domain] = CaptureLabel(name: "vxlan", description: "\(place), its tunnel side")
            }
        }
        for endpoint in endpointRecords.values where endpoint.via.isWired {
            let network = networkRecords[endpoint.network]?.name ?? ""
            let addresses = endpoint.addresses.map { "\($0)" }
            labels.ports[endpoint.port] = CaptureLabel(
                name: endpoint.label,
                description: (["network \(network)"] + addresses).joined(separator: ", "))
        }
        for uplink in hostLook.uplinks {
            guard let port = uplinkPorts[uplink.index] else { continue }
            labels.ports[port] = CaptureLabel(name: "uplink@\(uplink.name)", description: "an uplink of the host")
        }
        return labels
    }

    /// What the number of a VTEP stands for now.
    func captureLabel(vtep: UInt16) -> String {
        engine.vtep(vtep)?.description ?? "unknown"
    }

    /// All ports of a network that are there.
    private func ports(of network: NetworkRecord) -> [UInt16] {
        let endpoints = endpoints(of: network).filter { $0.via.isWired && !$0.isGone }.map(\.port)
        let others = [network.hostPort, network.parentPort, namePorts[network.id]?.port].compactMap { $0 }
        return (endpoints + others).sorted()
    }

    /// The one port of that name.
    func findPort(_ text: String, network name: String?) throws(APIError) -> UInt16 {
        let only = try name.map { name throws(APIError) in try findNetwork(name) }
        let labels = captureLabels()
        var found: Set<UInt16> = []
        for endpoint in endpointRecords.values where endpoint.via.isWired && !endpoint.isGone {
            let names = [endpoint.label, endpoint.sandbox, endpoint.name, endpoint.id]
            if names.contains(text), only == nil || endpoint.network == only?.id { found.insert(endpoint.port) }
        }
        let inside = only.map { Set(ports(of: $0)) }
        for (port, label) in labels.ports where label.name == text && inside?.contains(port) != false {
            found.insert(port)
        }
        if found.count == 1, let port = found.first { return port }
        if found.isEmpty {
            try refuseGone(text, only)
            throw .notFound(
                "there is no port \(APIError.quoted(text))" + (only.map { " in the network \($0.name)" } ?? ""),
                hint: text.hasPrefix("vxlan")
                    ? "A tunnel's frames are among its network's: capture the network."
                    : "A port is named as 'heddle stats' does, or by its sandbox.")
        }
        let places = found.compactMap { labels.ports[$0] }.map { "\($0.name) (\($0.description))" }.sorted()
        throw .invalid(
            "\(APIError.quoted(text)) is more than one port: \(places.joined(separator: "; "))",
            hint: "Say the port as 'heddle stats' names it, or the network too.")
    }

    /// A port whose sandbox vanished is remembered, and is none now.
    private func refuseGone(_ text: String, _ network: NetworkRecord?) throws(APIError) {
        let gone = endpointRecords.values.first { endpoint in
            endpoint.via.isWired && endpoint.isGone && (network == nil || endpoint.network == network?.id)
                && [endpoint.label, endpoint.sandbox, endpoint.name, endpoint.id, endpoint.ifname].contains(text)
        }
        guard let gone else { return }
        if gone.via == .adopted {
            throw .notFound(
                "the interface \(APIError.quoted(gone.ifname)) is gone, and so is its port",
                hint: "'heddle endpoint ls' shows its state.")
        }
        throw .notFound(
            "the sandbox \(APIError.quoted(gone.sandbox)) is gone, and \(gone.label) has no port until it is back",
            hint: "'heddle endpoint ls' shows its state.")
    }
}
