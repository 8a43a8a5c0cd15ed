import Foundation
import HTTPTypes
import HeddleAPI
import Testing

@testable import ControlAPI

/// The description of the API says what the router and the types say, and nothing else.
struct APIDescriptionTests {
    /// A value of each type with all that it can have, and one with only what it must.
    private static var examples: [(schema: String, whole: any Encodable, least: any Encodable)] {
        let counts = Statistics.Direction(frames: 1, bytes: 2, superframes: 3)
        var network = RecordingService.network("lan")
        network.options = ["vni": "7"]
        let least = network
        network.tunnel = .init(isOpen: false, reason: "no route")
        network.names = .init(questions: 1, answered: 1, forwarded: 0, refused: 0, dropped: 0)
        var tunneled = least
        tunneled.tunnel = .init(isOpen: true)
        var endpoint = RecordingService.endpoint("web")
        endpoint.addresses = ["10.0.0.2/24"]
        endpoint.aliases = ["www"]
        endpoint.publish = ["80:80"]
        let leastEndpoint = endpoint
        endpoint.vlan = 7
        var published = RecordingService.published(1)
        published.number = nil
        let leastPublished = published
        published = RecordingService.published(1)
        published.hostAddress = "::1"
        published.reason = "the endpoint is gone"
        // Each step as whole as it can be: what there is of it is compared.
        var trace = RecordingService.trace
        trace.steps.removeAll { $0.port == nil }
        let engine = Status.Engine(pid: 2, version: "1", uptimeSeconds: 3, io: "uring", workers: 1)
        let daemon = Status.Daemon(pid: 1, version: "1", uptimeSeconds: 3)
        let statistics = Statistics(ports: [
            .init(
                port: "eth0@web", network: "lan", rx: counts, tx: counts, drops: ["ring-full": 1], forwarded: 1,
                flooded: 0)
        ])
        return [
            ("APIError", APIError(.invalid, "a", hint: "b"), APIError(.conflict, "a")),
            ("Status", Status(daemon: daemon, engine: engine), Status(daemon: daemon, engine: nil)),
            ("DaemonStatus", daemon, daemon), ("EngineStatus", engine, engine),
            ("Network", network, least), ("Tunnel", network.tunnel, tunneled.tunnel),
            ("NameCounts", network.names, network.names),
            (
                "NetworkRequest",
                NetworkRequest(
                    name: "a", driver: "bridge", subnets: ["10.0.0.0/24"], gateways: ["10.0.0.1"],
                    ipRanges: ["10.0.0.128/25"], mtu: 1500, internal: false, isolated: true, route: false,
                    options: ["a": "b"]), NetworkRequest(name: "a")
            ),
            (
                "Station", WholeStation(),
                Station(mac: "02:00:00:00:00:07", port: nil, vtep: nil, ageMilliseconds: 0, isStatic: true)
            ),
            (
                "StationRequest", StationRequest(mac: "02:00:00:00:00:07", vtep: "fd00::2", ip: ["10.0.0.7"]),
                StationRequest(mac: "02:00:00:00:00:07", vtep: "fd00::2")
            ),
            ("Peer", Peer(vtep: "fd00::2"), Peer(vtep: "fd00::2")),
            ("Endpoint", endpoint, leastEndpoint),
            (
                "AttachRequest",
                AttachRequest(
                    network: "lan", sandbox: "web", via: "tap", ifname: "eth0", ip: ["10.0.0.2"],
                    mac: "02:00:00:00:00:07", name: "web", aliases: ["www"], vlan: 7, publish: ["80:80"],
                    publishMode: "relay"), AttachRequest(network: "lan", sandbox: "web")
            ),
            ("DetachRequest", DetachRequest(network: "lan", sandbox: "web"), DetachRequest(network: "a", sandbox: "b")),
            ("AdoptRequest", AdoptRequest(network: "lan", ifname: "v0"), AdoptRequest(network: "lan", ifname: "v0")),
            ("ReleaseRequest", ReleaseRequest(ifname: "v0"), ReleaseRequest(ifname: "v0")),
            ("PublishedPort", published, leastPublished),
            (
                "PublishRequest",
                PublishRequest(network: "lan", sandbox: "web", publish: ["80:80"], publishMode: "relay"),
                PublishRequest(network: "lan", sandbox: "web", publish: ["80:80"])
            ),
            (
                "UnpublishRequest", UnpublishRequest(network: "lan", sandbox: "web", spec: "80:80"),
                UnpublishRequest(network: "lan", sandbox: "web", spec: "80:80")
            ),
            (
                "ImpairmentRequest",
                ImpairmentRequest(
                    sandbox: "web", network: "lan", ifname: "eth0", inward: RecordingService.impairment.inward,
                    outward: RecordingService.impairment.outward),
                ImpairmentRequest(sandbox: "web", inward: nil, outward: nil)
            ),
            (
                "EndpointImpairment", RecordingService.impairment,
                EndpointImpairment(
                    network: "lan", sandbox: "web", endpoint: "3f", ifname: "eth0", inward: nil, outward: nil)
            ),
            ("Impairment", RecordingService.impairment.inward, Impairment()),
            (
                "TraceRequest", TraceRequest(network: "lan", from: "web", frame: "arp 10.0.0.9"),
                TraceRequest(network: "lan", from: "web", frame: "arp 10.0.0.9")
            ),
            ("TraceReport", trace, trace),
            ("TraceStep", trace.steps[0], TraceReport.Step(what: "a", result: "b", text: "c")),
            ("TraceOutcome", trace.outcomes[0], TraceReport.Outcome(verdict: "sent")),
            ("Flow", RecordingService.flow("10.0.0.2:80"), RecordingService.flow("10.0.0.2:80")),
            ("FlowCount", Flow.Count(frames: 1, bytes: 2), Flow.Count(frames: 1, bytes: 2)),
            ("Statistics", statistics, statistics),
            ("PortStatistics", statistics.ports[0], statistics.ports[0]), ("DirectionCount", counts, counts),
        ] + topology(network, endpoint, statistics.ports[0], Status(daemon: daemon, engine: engine), published)
    }

    private static func topology(
        _ network: Network, _ endpoint: Endpoint, _ counters: Statistics.Port, _ status: Status,
        _ published: PublishedPort
    ) -> [(schema: String, whole: any Encodable, least: any Encodable)] {
        let (host, tunnel) = (RecordingService.host, RecordingService.tunnel)
        let port = Topology.Port(kind: "endpoint", endpoint: "3fa9", counters: counters)
        let whole = Topology(
            host: host, status: status, networks: [network], endpoints: [endpoint], ports: [port],
            publish: [published], impairments: [RecordingService.impairment], tunnels: [tunnel])
        return [
            ("Topology", whole, whole), ("TopologyHost", host, host), ("TopologyTunnel", tunnel, tunnel),
            ("TopologyUplink", host.uplinks[0], host.uplinks[0]),
            ("TopologyPort", port, Topology.Port(kind: "host", endpoint: nil, counters: counters)),
        ]
    }

    /// A station lives behind a port or behind a VTEP; what is written of it has all keys only here.
    private struct WholeStation: Encodable {
        func encode(to encoder: any Encoder) throws {
            try Station(
                mac: "02:00:00:00:00:07", port: "eth0@web", vtep: "fd00::2", ageMilliseconds: 0, isStatic: true,
                vlan: 7
            ).encode(to: encoder)
        }
    }

    @Test func describesTheRoutesThatThereAre() throws {
        let description = try APIDescription()
        #expect(description.version?.hasPrefix("3.1.") == true)
        let routes = Dictionary(uniqueKeysWithValues: Route.table.map { ("\($0.method.rawValue) \($0.path)", $0) })
        #expect(Set(description.operations.keys) == Set(routes.keys))
        for (name, operation) in description.operations {
            let route = try #require(routes[name])
            let names = route.template.filter { $0.hasPrefix("{") }.map { "path " + $0.dropFirst().dropLast() }
            let expected = Set(names + route.parameters.map { "query \($0)" })
            #expect(description.parameters(of: operation) == expected, "\(name)")
            #expect(description.hasRefusals(operation), "\(name)")
        }
        let identifiers = description.operations.values.compactMap { $0["operationId"] as? String }
        #expect(Set(identifiers).count == routes.count)
    }

    @Test func describesTheTypesThatThereAre() throws {
        let description = try APIDescription()
        #expect(description.schemaNames == Set(Self.examples.map(\.schema)))
        for (name, whole, least) in Self.examples {
            #expect(try description.differences(json(whole), name, isWhole: true) == [], "\(name)")
            let object = try #require(try json(least) as? [String: Any])
            #expect(try Set(object.keys) == description.schema(name).required, "\(name)")
        }
    }

    @Test func describesTheBodiesThatAreRead() throws {
        let description = try APIDescription()
        let bodies: [String: any BodyDecodable.Type] = [
            "NetworkRequest": NetworkRequest.self, "AttachRequest": AttachRequest.self,
            "DetachRequest": DetachRequest.self, "AdoptRequest": AdoptRequest.self,
            "ReleaseRequest": ReleaseRequest.self, "PublishRequest": PublishRequest.self,
            "UnpublishRequest": UnpublishRequest.self, "Peer": Peer.self, "StationRequest": StationRequest.self,
            "ImpairmentRequest": ImpairmentRequest.self, "TraceRequest": TraceRequest.self,
        ]
        #expect(Set(description.operations.values.compactMap(description.body)) == Set(bodies.keys))
        for (name, type) in bodies {
            #expect(try Set(type.keys) == Set(description.schema(name).properties.keys), "\(name)")
        }
    }

    /// Each operation, called as it is described, answers as it is described.
    @Test func answersAsDescribed() async throws {
        try await withServer { service, socket in
            let description = try APIDescription()
            service.set { $0.statistics = Statistics(ports: [RecordingService.port("eth0@web", frames: 1)]) }
            // A capture is no JSON and needs to be told of what: see CaptureAnswerTests.
            for (name, operation) in description.operations where name != "GET /v1/capture" {
                let words = name.split(separator: " ").map(String.init)
                var target = words[1]
                for part in ["name", "mac", "vtep", "id"] { target = target.replacing("{\(part)}", with: "lan") }
                let example = description.body(of: operation).flatMap { body in
                    Self.examples.first { $0.schema == body }?.whole
                }
                let body = try example.map { try JSONEncoder().encode($0) } ?? Data()
                let answer = try await RawClient(socket: socket).post(target, Array(body), method: words[0])
                let success = try #require(description.success(of: operation), "\(name)")
                #expect(String(answer.status) == success.status, "\(name): \(answer)")
                guard let schema = success.schema else {
                    #expect(answer.body.isEmpty, "\(name)")
                    continue
                }
                let value = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
                let isList = schema.hasPrefix("[")
                let element = isList ? String(schema.dropFirst().dropLast()) : schema
                for one in isList ? try #require(value as? [Any], "\(name)") : [value] {
                    let keys = Set(try #require(one as? [String: Any]).keys)
                    let expected = try description.schema(element)
                    #expect(keys.isSuperset(of: expected.required), "\(name): \(keys)")
                    #expect(keys.isSubset(of: expected.properties.keys), "\(name): \(keys)")
                }
            }
        }
    }

    private func json(_ value: any Encodable) throws -> Any {
        try JSONSerialization.jsonObject(with: JSONEncoder().encode(value))
    }
}
