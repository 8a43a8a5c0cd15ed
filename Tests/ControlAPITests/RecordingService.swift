import HeddleAPI
import Synchronization

/// A control plane that remembers what it was asked and answers with what it was given.
final class RecordingService: ControlService {
    /// What it was asked, and what it does.
    struct State {
        var calls: [String] = []
        var refusal: APIError?
        var networks = [RecordingService.network("lan"), RecordingService.network("wire")]
        var endpoints = [RecordingService.endpoint("web"), RecordingService.endpoint("db")]
        var peers = [Peer(vtep: "198.18.0.2"), Peer(vtep: "198.18.0.3")]
        var published = [RecordingService.published(1), RecordingService.published(2)]
        var flows = [RecordingService.flow("10.0.0.10:4000"), RecordingService.flow("10.0.0.9:4000")]
        var impairments = [RecordingService.impairment]
        var statistics = Statistics(ports: [])
        var feed: (any CaptureFeed)?
        var delay = Duration.zero
    }

    private let state = Mutex(State())

    /// Every call so far, in order.
    var calls: [String] { state.withLock { $0.calls } }

    func set(_ change: (inout State) -> Void) {
        state.withLock { change(&$0) }
    }

    private func note(_ call: String) async throws(APIError) -> State {
        let state = state.withLock { state in
            state.calls.append(call)
            return state
        }
        if state.delay > .zero { try? await Task.sleep(for: state.delay) }
        if let refusal = state.refusal { throw refusal }
        return state
    }

    func status() async throws(APIError) -> Status {
        _ = try await note("status")
        return Status(
            daemon: .init(pid: 4711, version: HeddleVersion.current, uptimeSeconds: 61),
            engine: .init(pid: 4712, version: HeddleVersion.current, uptimeSeconds: 60, io: "uring", workers: 2))
    }

    func networks() async throws(APIError) -> [Network] {
        try await note("networks").networks
    }

    func network(named name: String) async throws(APIError) -> Network {
        let found = try await note("network \(name)").networks.first { $0.name == name }
        guard let found else {
            throw APIError(.notFound, "there is no network \"\(name)\"", hint: "see: heddle network ls")
        }
        return found
    }

    func createNetwork(_ request: NetworkRequest) async throws(APIError) -> Network {
        _ = try await note("create \(request)")
        var network = RecordingService.network(request.name)
        network.subnets = request.subnets ?? []
        network.mtu = request.mtu ?? 1500
        return network
    }

    func removeNetwork(named name: String) async throws(APIError) {
        _ = try await note("remove \(name)")
    }

    func endpoints(network: String?) async throws(APIError) -> [Endpoint] {
        try await note("endpoints \(network ?? "-")").endpoints.filter { network == nil || $0.network == network }
    }

    func endpoint(id: String) async throws(APIError) -> Endpoint {
        _ = try await note("endpoint \(id)")
        return RecordingService.endpoint("web")
    }

    func attach(_ request: AttachRequest) async throws(APIError) -> Endpoint {
        _ = try await note("attach \(request)")
        var endpoint = RecordingService.endpoint(request.sandbox)
        endpoint.network = request.network
        return endpoint
    }

    func detach(network: String, sandbox: String) async throws(APIError) {
        _ = try await note("detach \(network) \(sandbox)")
    }

    func adopt(network: String, interface: String) async throws(APIError) -> Endpoint {
        _ = try await note("adopt \(network) \(interface)")
        var endpoint = RecordingService.endpoint("")
        endpoint.ifname = interface
        endpoint.via = "adopted"
        return endpoint
    }

    func release(interface: String) async throws(APIError) {
        _ = try await note("release \(interface)")
    }

    func stations(network: String) async throws(APIError) -> [Station] {
        _ = try await note("stations \(network)")
        return [Station(mac: "02:00:0a:00:00:02", port: "eth0@web", vtep: nil, ageMilliseconds: 20, isStatic: false)]
    }

    func addStation(network: String, _ request: StationRequest) async throws(APIError) -> Station {
        _ = try await note("add station \(network) \(request.mac) \(request.vtep) \(request.ip ?? [])")
        return Station(mac: request.mac, port: nil, vtep: request.vtep, ageMilliseconds: 0, isStatic: true)
    }

    func removeStation(network: String, mac: String) async throws(APIError) {
        _ = try await note("remove station \(network) \(mac)")
    }

    func peers(network: String) async throws(APIError) -> [Peer] {
        try await note("peers \(network)").peers
    }

    func addPeer(network: String, vtep: String) async throws(APIError) -> Peer {
        _ = try await note("add peer \(network) \(vtep)")
        return Peer(vtep: vtep)
    }

    func removePeer(network: String, vtep: String) async throws(APIError) {
        _ = try await note("remove peer \(network) \(vtep)")
    }

    func publish(
        network: String, sandbox: String, specs: [String], mode: String?
    ) async throws(APIError) -> [PublishedPort] {
        _ = try await note("publish \(network) \(sandbox) \(specs) \(mode ?? "-")")
        return specs.enumerated().map { number, spec in
            var port = RecordingService.published(number + 1)
            port.spec = spec
            return port
        }
    }

    func unpublish(network: String, sandbox: String, spec: String) async throws(APIError) {
        _ = try await note("unpublish \(network) \(sandbox) \(spec)")
    }

    func publishedPorts() async throws(APIError) -> [PublishedPort] {
        try await note("published").published
    }

    func flows(network: String?) async throws(APIError) -> [Flow] {
        try await note("flows \(network ?? "-")").flows
    }

    func impairments(network: String?) async throws(APIError) -> [EndpointImpairment] {
        try await note("impairments \(network ?? "-")").impairments
    }

    func impair(_ request: ImpairmentRequest) async throws(APIError) -> EndpointImpairment {
        _ = try await note("impair \(request)")
        var answer = RecordingService.impairment
        answer.sandbox = request.sandbox
        answer.inward = request.inward
        answer.outward = request.outward
        return answer
    }

    func removeImpairment(endpoint: String) async throws(APIError) {
        _ = try await note("remove impairment \(endpoint)")
    }

    func statistics() async throws(APIError) -> Statistics {
        try await note("statistics").statistics
    }

    func trace(_ request: TraceRequest) async throws(APIError) -> TraceReport {
        _ = try await note("trace \(request.network) from \(request.from): \(request.frame)")
        return RecordingService.trace
    }

    func capture(_ request: CaptureRequest) async throws(APIError) -> any CaptureFeed {
        let feed = try await note("capture \(request.query)").feed
        guard let feed else { throw APIError(.notFound, "there is no port") }
        return feed
    }

    func topology() async throws(APIError) -> Topology {
        let state = try await note("topology")
        return Topology(
            host: RecordingService.host, status: try await status(), networks: state.networks,
            endpoints: state.endpoints,
            ports: state.statistics.ports.map { Topology.Port(kind: "endpoint", endpoint: "3fa9", counters: $0) },
            publish: state.published, impairments: state.impairments, tunnels: [RecordingService.tunnel])
    }

    static let host = Topology.Host(
        name: "here", addresses: ["192.0.2.7/24"],
        uplinks: [.init(name: "up0", mac: "02:00:00:00:00:01", mtu: 1500, addresses: ["192.0.2.7/24"])])

    static let tunnel = Topology.Tunnel(
        network: "blue", vni: 42, local: "198.18.0.1", port: 4789, peers: ["198.18.0.2"])

    static func network(_ name: String) -> Network {
        Network(
            name: name, id: "00112233445566aa", driver: "bridge", subnets: ["10.0.0.0/24"], gateways: ["10.0.0.1"],
            mtu: 1500, internal: false, isolated: false, options: [:])
    }

    static func endpoint(_ sandbox: String) -> Endpoint {
        Endpoint(
            id: "3fa9c1d277e0b846", network: "lan", sandbox: sandbox, ifname: "eth0", via: "tap",
            mac: "02:00:0a:00:00:02", addresses: ["10.0.0.2/24"], name: "", aliases: [], publish: [], state: .up,
            vlan: nil, port: 1)
    }

    static func published(_ number: Int) -> PublishedPort {
        PublishedPort(
            number: number, network: "lan", sandbox: "web", endpoint: "3fa9c1d277e0b846", spec: "\(8079 + number):80",
            proto: "tcp", hostAddress: nil, hostPort: 8079 + number, hostEnd: 8079 + number, port: 80, end: 80,
            mode: "translate", state: .active)
    }

    static func flow(_ inside: String) -> Flow {
        Flow(
            network: "lan", proto: "tcp", inside: inside, outside: "192.0.2.7:61440", remote: "198.51.100.1:443",
            direction: .outgoing, state: "established", ageMilliseconds: 2000, idleMilliseconds: 20,
            tx: .init(frames: 3, bytes: 300), rx: .init(frames: 2, bytes: 2000), uplink: "eth0")
    }

    /// With everything that a step and an outcome can have.
    static var trace: TraceReport {
        TraceReport(
            network: "lan", from: "eth0@web",
            summary: "IP 10.0.0.2.49152 > 10.0.0.9.80: Flags [S], seq 1, win 64240, length 0", frame: "0200",
            assumed: ["source 10.0.0.2, of eth0@web"],
            steps: [
                .init(what: "arrived", result: "ok", text: "54 bytes come in to lan", port: "eth0@web"),
                .init(what: "admitted", result: "ok", text: "length, addresses and tags are in order"),
                .init(what: "dropped", result: "exceeds-mtu", text: "exceeds-mtu: too long", port: "eth0@db"),
            ],
            outcomes: [.init(verdict: "dropped", port: "eth0@db", reason: "exceeds-mtu", frame: "0200")],
            conclusion: "dropped at eth0@db: exceeds-mtu")
    }

    /// With everything that can be said in one direction.
    static var impairment: EndpointImpairment {
        var all = Impairment()
        all.delay = "50ms"
        all.jitter = "5ms"
        all.distribution = "normal"
        all.loss = "1%"
        all.lossModel = "gilbert-elliott:1%,25%"
        all.duplicate = "0.1%"
        all.reorder = "5%"
        all.gap = 5
        all.corrupt = "0.01%"
        all.rate = "10mbit"
        all.queue = "64kb"
        all.seed = 7
        return EndpointImpairment(
            network: "lan", sandbox: "web", endpoint: "3fa9c1d277e0b846", ifname: "eth0", inward: all, outward: all)
    }

    static func port(_ name: String, frames: UInt64) -> Statistics.Port {
        Statistics.Port(
            port: name, network: "lan", rx: .init(frames: frames, bytes: frames * 100, superframes: 0),
            tx: .init(frames: 0, bytes: 0, superframes: 0), drops: ["ring-full": 2], forwarded: frames, flooded: 0)
    }
}
