import HTTPTypes
import HeddleAPI
import Testing

@testable import ControlAPI

/// Methods and targets.
struct RouteTests {
    @Test func everyPathOfTheTableLeadsSomewhere() throws {
        let table: [(HTTPRequest.Method, String, Route)] = [
            (.get, APIPath.status, .status),
            (.get, APIPath.networks, .networks),
            (.post, APIPath.networks, .createNetwork),
            (.get, APIPath.network("lan"), .network("lan")),
            (.delete, APIPath.network("lan"), .removeNetwork("lan")),
            (.get, APIPath.stations(network: "lan"), .stations("lan")),
            (.post, APIPath.stations(network: "lan"), .addStation("lan")),
            (
                .delete, APIPath.station(network: "lan", mac: "02:00:00:00:00:01"),
                .removeStation("lan", mac: "02:00:00:00:00:01")
            ),
            (.get, APIPath.peers(network: "blue"), .peers("blue")),
            (.post, APIPath.peers(network: "blue"), .addPeer("blue")),
            (.delete, APIPath.peer(network: "blue", vtep: "fd00::2"), .removePeer("blue", vtep: "fd00::2")),
            (.get, APIPath.endpoints(network: nil), .endpoints(network: nil)),
            (.get, APIPath.endpoints(network: "a&b=c"), .endpoints(network: "a&b=c")),
            (.get, APIPath.endpoint("3fa9"), .endpoint("3fa9")),
            (.post, APIPath.attach, .attach),
            (.post, APIPath.detach, .detach),
            (.post, APIPath.adopt, .adopt),
            (.post, APIPath.release, .release),
            (.get, APIPath.publish, .publishedPorts),
            (.post, APIPath.publish, .publish),
            (.post, APIPath.unpublish, .unpublish),
            (.get, APIPath.flows(network: nil), .flows(network: nil)),
            (.get, APIPath.flows(network: "a&b=c"), .flows(network: "a&b=c")),
            (.get, APIPath.impairments(network: nil), .impairments(network: nil)),
            (.get, APIPath.impairments(network: "a&b"), .impairments(network: "a&b")),
            (.post, APIPath.impairments(network: nil), .impair),
            (.post, APIPath.trace, .trace),
            (.delete, APIPath.impairment(endpoint: "3f/a9"), .removeImpairment("3f/a9")),
            (.get, APIPath.statistics, .statistics),
            (
                .get, APIPath.capture(CaptureRequest(port: "a&b", filter: "tcp port 80", snapLength: 96)),
                .capture(["port": "a&b", "filter": "tcp port 80", "snaplen": "96"])
            ),
            (.get, APIPath.topology, .topology),
        ]
        for (method, target, route) in table {
            #expect(try Route(method: method, target: target) == route)
        }
    }

    @Test(arguments: ["a b", "a/b", "..", ".", "%", "ü", "a?b#c", "stations", "+"])
    func namesSurviveTheURL(name: String) throws {
        #expect(try Route(method: .get, target: APIPath.network(name)) == .network(name))
        #expect(try Route(method: .get, target: APIPath.stations(network: name)) == .stations(name))
        let peer = APIPath.peer(network: name, vtep: name)
        #expect(try Route(method: .delete, target: peer) == .removePeer(name, vtep: name))
    }

    @Test(arguments: [
        "", "/", "/v1", "/v1/", "/v2/status", "/status", "v1/status", "//v1/status", "/v1//status", "/v1/status/x",
        "/v1/networks/lan/", "/v1/networks/lan/stations/x/", "/v1/networks/lan/stations/x/y", "/v1/networks/lan/ports",
        "/v1/networks/lan/ports/x", "/v1/endpoints/lan/peers/x",
        "/v1/Status", "http://heddle/v1/status", "*", "/v1/attach/lan", "/v1/networks/../status",
        "/v1/publish/lan", "/v1/flows/lan", "/v1/unpublish/x",
    ])
    func knowsNoOtherPaths(target: String) {
        let refusal = refuse(.get, target)
        #expect(refusal?.status == .notFound)
        #expect(refusal?.error.code == .notFound)
    }

    @Test(arguments: [
        "/v1/networks/", "/v1/endpoints/", "/v1/networks/%", "/v1/networks/%zz", "/v1/networks/%FF",
        "/v1/networks/a%00b", "/v1/networks/a%0Ab", "/v1/networks/%7F", "/v1/status?x=1", "/v1/endpoints?netwrok=lan",
        "/v1/endpoints?network=a&network=b", "/v1/endpoints?network=%", "/v1/networks/lan?network=x",
        "/v1/flows?net=lan", "/v1/publish?network=lan",
    ])
    func refusesMalformedTargets(target: String) {
        let refusal = refuse(.get, target)
        #expect(refusal?.status == .badRequest)
        #expect(refusal?.error.code == .invalid)
    }

    @Test(arguments: ["/v1/networks/lan/peers/", "/v1/networks/lan/stations/", "/v1/networks//peers/x"])
    func refusesEmptyMembers(target: String) {
        #expect(refuse(.delete, target)?.status == .badRequest)
    }

    @Test func saysWhatAPathAccepts() throws {
        let refusal = try #require(refuse(.put, "/v1/networks"))
        #expect(refusal.status == .methodNotAllowed)
        #expect(refusal.allowed == [.get, .post])
        #expect(refusal.error.hint == "use GET or POST")
        for method in [HTTPRequest.Method.get, .head, .delete, .options, .trace] {
            #expect(refuse(method, "/v1/attach")?.allowed == [.post])
        }
        #expect(refuse(.delete, APIPath.publish)?.allowed == [.get, .post])
        #expect(refuse(.get, APIPath.unpublish)?.allowed == [.post])
        #expect(refuse(.post, APIPath.flows(network: nil))?.allowed == [.get])
        #expect(refuse(.post, "/v1/networks/lan")?.allowed == [.get, .delete])
        #expect(refuse(.delete, "/v1/networks/lan/peers")?.allowed == [.get, .post])
        for part in ["stations", "peers"] {
            #expect(refuse(.get, "/v1/networks/lan/\(part)/x")?.allowed == [.delete])
        }
    }

    @Test func keepsLongTargetsOutOfItsMessages() {
        let long = "/v1/" + String(repeating: "x", count: 50_000)
        #expect((refuse(.get, long)?.error.message.count ?? .max) < 300)
    }

    private func refuse(_ method: HTTPRequest.Method, _ target: String) -> Refusal? {
        do {
            let route = try Route(method: method, target: target)
            Issue.record("\(target) leads to \(route)")
            return nil
        } catch {
            return error
        }
    }
}
