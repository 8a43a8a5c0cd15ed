import FoundationEssentials
public import HeddleAPI

/// The daemon as its small clients see it: `ControlService` over HTTP, blocking.
///
/// A refusal of the daemon and a failure to reach it are both an `APIError`; the latter is `unavailable` where trying
/// again can help.
public struct DaemonClient: Sendable {
    private let http: HTTPClient

    /// Makes a client of the daemon at `socketPath`. `timeout` is for one whole request; an attach waits until traffic
    /// passes, so that it should not be short.
    public init(socketPath: String, timeout: Duration = .seconds(60)) {
        http = HTTPClient(socketPath: socketPath, timeout: timeout)
    }

    /// See `ControlService`.
    public func status() throws(APIError) -> Status {
        try get(APIPath.status)
    }

    /// See `ControlService`.
    public func networks() throws(APIError) -> [Network] {
        try get(APIPath.networks)
    }

    /// See `ControlService`.
    public func network(named name: String) throws(APIError) -> Network {
        try get(APIPath.network(name))
    }

    /// See `ControlService`.
    public func createNetwork(_ request: NetworkRequest) throws(APIError) -> Network {
        try decode(try exchange("POST", APIPath.networks, body: try encode(request)))
    }

    /// See `ControlService`.
    public func removeNetwork(named name: String) throws(APIError) {
        _ = try exchange("DELETE", APIPath.network(name))
    }

    /// See `ControlService`.
    public func endpoints(network: String? = nil) throws(APIError) -> [Endpoint] {
        try get(APIPath.endpoints(network: network))
    }

    /// See `ControlService`.
    public func endpoint(id: String) throws(APIError) -> Endpoint {
        try get(APIPath.endpoint(id))
    }

    /// See `ControlService`.
    public func attach(_ request: AttachRequest) throws(APIError) -> Endpoint {
        try decode(try exchange("POST", APIPath.attach, body: try encode(request)))
    }

    /// See `ControlService`.
    public func detach(network: String, sandbox: String) throws(APIError) {
        let request = DetachRequest(network: network, sandbox: sandbox)
        _ = try exchange("POST", APIPath.detach, body: try encode(request))
    }

    /// See `ControlService`.
    public func adopt(network: String, interface: String) throws(APIError) -> Endpoint {
        let request = AdoptRequest(network: network, ifname: interface)
        return try decode(try exchange("POST", APIPath.adopt, body: try encode(request)))
    }

    /// See `ControlService`.
    public func release(interface: String) throws(APIError) {
        _ = try exchange("POST", APIPath.release, body: try encode(ReleaseRequest(ifname: interface)))
    }

    /// See `ControlService`.
    public func stations(network: String) throws(APIError) -> [Station] {
        try get(APIPath.stations(network: network))
    }

    /// See `ControlService`.
    public func addStation(network: String, _ request: StationRequest) throws(APIError) -> Station {
        try decode(try exchange("POST", APIPath.stations(network: network), body: try encode(request)))
    }

    /// See `ControlService`.
    public func removeStation(network: String, mac: String) throws(APIError) {
        _ = try exchange("DELETE", APIPath.station(network: network, mac: mac))
    }

    /// See `ControlService`.
    public func peers(network: String) throws(APIError) -> [Peer] {
        try get(APIPath.peers(network: network))
    }

    /// See `ControlService`.
    public func addPeer(network: String, vtep: String) throws(APIError) -> Peer {
        try decode(try exchange("POST", APIPath.peers(network: network), body: try encode(Peer(vtep: vtep))))
    }

    /// See `ControlService`.
    public func removePeer(network: String, vtep: String) throws(APIError) {
        _ = try exchange("DELETE", APIPath.peer(network: network, vtep: vtep))
    }

    /// See `ControlService`.
    public func publish(
        network: String, sandbox: String, specs: [String], mode: String? = nil
    ) throws(APIError) -> [PublishedPort] {
        let request = PublishRequest(network: network, sandbox: sandbox, publish: specs, publishMode: mode)
        return try decode(try exchange("POST", APIPath.publish, body: try encode(request)))
    }

    /// See `ControlService`.
    public func unpublish(network: String, sandbox: String, spec: String) throws(APIError) {
        let request = UnpublishRequest(network: network, sandbox: sandbox, spec: spec)
        _ = try exchange("POST", APIPath.unpublish, body: try encode(request))
    }

    /// See `ControlService`.
    public func publishedPorts() throws(APIError) -> [PublishedPort] {
        try get(APIPath.publish)
    }

    /// See `ControlService`.
    public func flows(network: String? = nil) throws(APIError) -> [Flow] {
        try get(APIPath.flows(network: network))
    }

    /// See `ControlService`.
    public func impairments(network: String? = nil) throws(APIError) -> [EndpointImpairment] {
        try get(APIPath.impairments(network: network))
    }

    /// See `ControlService`.
    public func impair(_ request: ImpairmentRequest) throws(APIError) -> EndpointImpairment {
        try decode(try exchange("POST", APIPath.impairments(network: nil), body: try encode(request)))
    }

    /// See `ControlService`.
    public func removeImpairment(endpoint id: String) throws(APIError) {
        _ = try exchange("DELETE", APIPath.impairment(endpoint: id))
    }

    /// See `ControlService`.
    public func statistics() throws(APIError) -> Statistics {
        try get(APIPath.statistics)
    }

    /// See `ControlService`.
    public func topology() throws(APIError) -> Topology {
        try get(APIPath.topology)
    }

    /// See `ControlService`.
    public func trace(_ request: TraceRequest) throws(APIError) -> TraceReport {
        try decode(try exchange("POST", APIPath.trace, body: try encode(request)))
    }
}

extension DaemonClient {
    private func get<Answer: Decodable>(_ target: String) throws(APIError) -> Answer {
        try decode(try exchange("GET", target))
    }

    /// Returns the body of an answer that is no refusal.
    private func exchange(_ method: String, _ target: String, body: [UInt8]? = nil) throws(APIError) -> [UInt8] {
        let response: HTTPResponse
        do throws(TransportError) {
            response = try http.send(method, target, body: body)
        } catch {
            throw error.asAPIError
        }
        guard (200..<300).contains(response.status) else { throw DaemonClient.refusal(in: response) }
        return response.body
    }

    /// What a status outside of 200…299 means.
    static func refusal(in response: HTTPResponse) -> APIError {
        if let error = try? JSONDecoder().decode(APIError.self, from: Data(response.body)) { return error }
        return APIError(
            .failed, "heddled answered with HTTP status \(response.status) and no explanation",
            hint: "check --socket and HEDDLE_SOCKET: something other than heddled may listen there")
    }

    private func decode<Answer: Decodable>(_ body: [UInt8]) throws(APIError) -> Answer {
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(body))
        } catch {
            throw APIError(
                .failed, "heddled's answer is not what this version of heddle (\(HeddleVersion.current)) understands",
                hint: "compare `heddle --version` with `heddled --version`; both should be of one release")
        }
    }

    private func encode(_ request: some Encodable) throws(APIError) -> [UInt8] {
        do {
            return Array(try JSONEncoder().encode(request))
        } catch {
            throw APIError(.invalid, "the request cannot be written as JSON: \(error)")
        }
    }
}
