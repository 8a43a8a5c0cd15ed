/// What the daemon can be asked. `ControlPlane` answers it, `ControlAPI` carries it over HTTP.
public protocol ControlService: Sendable {
    /// Versions, processes, I/O in use.
    func status() async throws(APIError) -> Status
    /// All networks, by name.
    func networks() async throws(APIError) -> [Network]
    /// One network.
    func network(named name: String) async throws(APIError) -> Network
    /// Makes a network.
    func createNetwork(_ request: NetworkRequest) async throws(APIError) -> Network
    /// Removes a network that has no endpoints.
    func removeNetwork(named name: String) async throws(APIError)
    /// All endpoints, or those of one network.
    func endpoints(network: String?) async throws(APIError) -> [Endpoint]
    /// One endpoint by its id or an unambiguous beginning of it.
    func endpoint(id: String) async throws(APIError) -> Endpoint
    /// Joins a sandbox to a network; returns when traffic passes.
    func attach(_ request: AttachRequest) async throws(APIError) -> Endpoint
    /// Undoes `attach`.
    func detach(network: String, sandbox: String) async throws(APIError)
    /// Takes an interface that already exists (in the daemon's namespace) into a network.
    func adopt(network: String, interface: String) async throws(APIError) -> Endpoint
    /// Undoes `adopt`; the interface stays.
    func release(interface: String) async throws(APIError)
    /// The MAC table of a network.
    func stations(network: String) async throws(APIError) -> [Station]
    /// Sets a station of an overlay by hand: it lives behind a VTEP.
    func addStation(network: String, _ request: StationRequest) async throws(APIError) -> Station
    /// Forgets a station, set by hand or learned.
    func removeStation(network: String, mac: String) async throws(APIError)
    /// The VTEPs that an overlay's flooded frames go to, in the order in which they were added.
    func peers(network: String) async throws(APIError) -> [Peer]
    /// Adds a VTEP to an overlay.
    func addPeer(network: String, vtep: String) async throws(APIError) -> Peer
    /// Takes a VTEP out of an overlay.
    func removePeer(network: String, vtep: String) async throws(APIError)
    /// Makes ports of the host lead to an endpoint: all of `specs`, or none.
    func publish(
        network: String, sandbox: String, specs: [String], mode: String?
    ) async throws(APIError) -> [PublishedPort]
    /// Undoes `publish`, for one of its specs.
    func unpublish(network: String, sandbox: String, spec: String) async throws(APIError)
    /// Everything that is published, by network and number.
    func publishedPorts() async throws(APIError) -> [PublishedPort]
    /// Translated flows of all networks, or of one.
    func flows(network: String?) async throws(APIError) -> [Flow]
    /// What happens to packets on purpose, in all networks or in one.
    func impairments(network: String?) async throws(APIError) -> [EndpointImpairment]
    /// Sets what happens to an endpoint's packets from now on.
    func impair(_ request: ImpairmentRequest) async throws(APIError) -> EndpointImpairment
    /// Ends that, in both directions.
    func removeImpairment(endpoint: String) async throws(APIError)
    /// Counters of every port.
    func statistics() async throws(APIError) -> Statistics
    /// What the switch would do with a frame, and why.
    func trace(_ request: TraceRequest) async throws(APIError) -> TraceReport
    /// Begins to capture frames. Whoever gets the feed ends it.
    func capture(_ request: CaptureRequest) async throws(APIError) -> any CaptureFeed
    /// All that is drawn of the host, in one look.
    func topology() async throws(APIError) -> Topology
}
