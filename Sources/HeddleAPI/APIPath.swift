/// The request targets of the HTTP API: what a client puts behind the method. Names are percent-encoded.
///
/// | method | path | body | answer |
/// |---|---|---|---|
/// | GET | /v1/status | | `Status` |
/// | GET | /v1/networks | | array of `Network` |
/// | POST | /v1/networks | `NetworkRequest` | 201, `Network` |
/// | GET | /v1/networks/NAME | | `Network` |
/// | DELETE | /v1/networks/NAME | | 204 |
/// | GET | /v1/networks/NAME/stations | | array of `Station` |
/// | POST | /v1/networks/NAME/stations | `StationRequest` | 201, `Station` |
/// | DELETE | /v1/networks/NAME/stations/MAC | | 204 |
/// | GET | /v1/networks/NAME/peers | | array of `Peer` |
/// | POST | /v1/networks/NAME/peers | `Peer` | 201, `Peer` |
/// | DELETE | /v1/networks/NAME/peers/VTEP | | 204 |
/// | GET | /v1/endpoints[?network=NAME] | | array of `Endpoint` |
/// | GET | /v1/endpoints/ID | | `Endpoint` |
/// | POST | /v1/attach | `AttachRequest` | 201, `Endpoint` |
/// | POST | /v1/detach | `DetachRequest` | 204 |
/// | POST | /v1/adopt | `AdoptRequest` | 201, `Endpoint` |
/// | POST | /v1/release | `ReleaseRequest` | 204 |
/// | GET | /v1/publish | | array of `PublishedPort` |
/// | POST | /v1/publish | `PublishRequest` | 201, array of `PublishedPort` |
/// | POST | /v1/unpublish | `UnpublishRequest` | 204 |
/// | GET | /v1/flows[?network=NAME] | | array of `Flow` |
/// | GET | /v1/impairments[?network=NAME] | | array of `EndpointImpairment` |
/// | POST | /v1/impairments | `ImpairmentRequest` | 201, `EndpointImpairment` |
/// | DELETE | /v1/impairments/ENDPOINT | | 204 |
/// | GET | /v1/statistics | | `Statistics` |
/// | POST | /v1/trace | `TraceRequest` | `TraceReport` |
/// | GET | /v1/capture?port=…\|network=…[&filter=…][&direction=in\|out][&snaplen=N][&follow=N] | | pcapng, as it comes |
/// | GET | /v1/topology | | `Topology` |
///
/// Every refusal has a status of 400 or above and an `APIError` as its body.
public enum APIPath {
    /// The version of the API, and the first segment of every path.
    public static let version = "v1"
    /// Where the daemon listens unless it is told otherwise.
    public static let defaultSocket = "/run/heddle/heddle.sock"

    /// `ControlService.status`
    public static let status = "/\(version)/status"
    /// `ControlService.networks` and `createNetwork`
    public static let networks = "/\(version)/networks"
    /// `ControlService.attach`
    public static let attach = "/\(version)/attach"
    /// `ControlService.detach`
    public static let detach = "/\(version)/detach"
    /// `ControlService.adopt`
    public static let adopt = "/\(version)/adopt"
    /// `ControlService.release`
    public static let release = "/\(version)/release"
    /// `ControlService.publishedPorts` and `publish`
    public static let publish = "/\(version)/publish"
    /// `ControlService.unpublish`
    public static let unpublish = "/\(version)/unpublish"
    /// `ControlService.statistics`
    public static let statistics = "/\(version)/statistics"
    /// `ControlService.topology`
    public static let topology = "/\(version)/topology"
    /// `ControlService.trace`
    public static let trace = "/\(version)/trace"

    /// `ControlService.capture`
    public static func capture(_ request: CaptureRequest) -> String {
        "/\(version)/capture?" + request.query
    }

    /// `ControlService.network` and `removeNetwork`
    public static func network(_ name: String) -> String {
        networks + "/" + PercentEncoding.encode(name)
    }

    /// `ControlService.stations` and `addStation`
    public static func stations(network name: String) -> String {
        network(name) + "/stations"
    }

    /// `ControlService.removeStation`
    public static func station(network name: String, mac: String) -> String {
        stations(network: name) + "/" + PercentEncoding.encode(mac)
    }

    /// `ControlService.peers` and `addPeer`
    public static func peers(network name: String) -> String {
        network(name) + "/peers"
    }

    /// `ControlService.removePeer`
    public static func peer(network name: String, vtep: String) -> String {
        peers(network: name) + "/" + PercentEncoding.encode(vtep)
    }

    /// `ControlService.endpoints`
    public static func endpoints(network: String?) -> String {
        "/\(version)/endpoints" + query(network: network)
    }

    /// `ControlService.flows`
    public static func flows(network: String?) -> String {
        "/\(version)/flows" + query(network: network)
    }

    /// `ControlService.impairments` and `impair`
    public static func impairments(network: String?) -> String {
        "/\(version)/impairments" + query(network: network)
    }

    /// `ControlService.removeImpairment`
    public static func impairment(endpoint id: String) -> String {
        impairments(network: nil) + "/" + PercentEncoding.encode(id)
    }

    private static func query(network: String?) -> String {
        network.map { "?network=" + PercentEncoding.encode($0) } ?? ""
    }

    /// `ControlService.endpoint`
    public static func endpoint(_ id: String) -> String {
        endpoints(network: nil) + "/" + PercentEncoding.encode(id)
    }
}
