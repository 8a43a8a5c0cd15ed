import Foundation
import HeddleAPI
import Testing

@testable import heddle

/// The keys that scripts rely on.
struct JSONShapeTests {
    private func object(_ value: some Encodable) throws -> [String: Any] {
        let text = try GlobalOptions.encode(value)
        #expect(text.hasSuffix("}\n"))
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func network() throws {
        let object = try object(Samples.network)
        #expect(
            Set(object.keys) == [
                "name", "id", "driver", "subnets", "gateways", "mtu", "internal", "isolated", "options",
            ])
        #expect(object["subnets"] as? [String] == ["10.0.0.0/24"])
        #expect(object["internal"] as? Bool == true)
        #expect(object["options"] as? [String: String] == ["route": "true"])
    }

    @Test func endpoint() throws {
        let object = try object(Samples.endpoint)
        let promised: Set = [
            "id", "network", "sandbox", "ifname", "via", "mac", "addresses", "name", "aliases", "publish", "state",
        ]
        #expect(promised.isSubset(of: object.keys))
        #expect(Set(object.keys) == promised.union(["port", "vlan"]))
        #expect(object["state"] as? String == "gone")
        #expect(object["addresses"] as? [String] == ["10.0.0.2/24"])
    }

    @Test func station() throws {
        let learned = Station(
            mac: "02:00:00:00:00:01", port: "eth0@web", vtep: nil, ageMilliseconds: 12, isStatic: false)
        #expect(Set(try object(learned).keys) == ["mac", "port", "age_ms", "static"])
        let remote = Station(mac: "02:00:00:00:00:01", port: nil, vtep: "10.1.0.1", ageMilliseconds: 0, isStatic: true)
        #expect(Set(try object(remote).keys) == ["mac", "vtep", "age_ms", "static"])
        #expect(try object(remote)["static"] as? Bool == true)
    }

    @Test func statistics() throws {
        let object = try object(Statistics(ports: [Samples.port(frames: 5, drops: ["ring-full": 3])]))
        #expect(Set(object.keys) == ["ports"])
        let port = try #require((object["ports"] as? [[String: Any]])?.first)
        #expect(Set(["port", "network", "rx", "tx", "drops"]).isSubset(of: port.keys))
        let received = try #require(port["rx"] as? [String: Any])
        #expect(received["frames"] as? Int == 5 && received["bytes"] as? Int == 500)
        #expect(port["drops"] as? [String: Int] == ["ring-full": 3])
        #expect(!port.keys.contains { $0.contains("total") })
    }

    @Test func status() throws {
        let object = try object(Samples.status)
        #expect(Set(object.keys) == ["daemon", "engine"])
        #expect(Set((object["daemon"] as? [String: Any] ?? [:]).keys) == ["pid", "version", "uptime_s"])
        #expect(
            Set((object["engine"] as? [String: Any] ?? [:]).keys) == ["pid", "version", "uptime_s", "io", "workers"])
    }

    @Test func listsAreArraysAndKeysAreInOrder() throws {
        #expect(try GlobalOptions.encode([Network]()) == "[]\n")
        let line = try GlobalOptions.encode(Statistics(ports: []), pretty: false)
        #expect(line == "{\"ports\":[]}\n")
        #expect(
            try GlobalOptions.encode(["a": [String](), "b": ["\n"]]) == """
                {
                  "a" : [],
                  "b" : [
                    "\\n"
                  ]
                }

                """)
        let text = try GlobalOptions.encode(Samples.network)
        let keys = text.split(separator: "\n").compactMap { line in
            line.hasPrefix("  \"") ? line.split(separator: "\"")[1] : nil
        }
        #expect(keys == keys.sorted())
        #expect(text.contains("10.0.0.0/24"), "slashes are not escaped")
    }
}

/// Things to print.
enum Samples {
    static let network = Network(
        name: "lan", id: "00112233445566aa", driver: "bridge", subnets: ["10.0.0.0/24"], gateways: ["10.0.0.1"],
        mtu: 1500,
        internal: true, isolated: false, options: ["route": "true"])

    static let endpoint = Endpoint(
        id: "3fa9c1d277e0b846", network: "lan", sandbox: "web", ifname: "eth0", via: "tap", mac: "02:00:0a:00:00:02",
        addresses: ["10.0.0.2/24"], name: "", aliases: [], publish: [], state: .gone, vlan: 7, port: 3)

    static let status = Status(
        daemon: .init(pid: 4711, version: "0.1.0", uptimeSeconds: 7322),
        engine: .init(pid: 4712, version: "0.1.0", uptimeSeconds: 12, io: "uring", workers: 1))

    static func port(_ name: String = "eth0@web", frames: UInt64, drops: [String: UInt64] = [:]) -> Statistics.Port {
        Statistics.Port(
            port: name, network: "lan", rx: .init(frames: frames, bytes: frames * 100, superframes: 0),
            tx: .init(frames: frames * 2, bytes: frames * 200, superframes: 0), drops: drops, forwarded: 0, flooded: 0)
    }
}
