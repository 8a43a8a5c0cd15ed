import ControlAPI
import Foundation
import HeddleAPI
import Testing

/// What Docker would never send gets an answer that Docker could read, and ends nothing.
struct DockerHostileTests {
    /// Whether an answer is `{"Err": "…"}`, as Docker wants it with every status but 200.
    private func reason(_ body: String) -> String? {
        let object = (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: String]
        return object?.count == 1 ? object?["Err"] : nil
    }

    private static let calls = [
        "/NetworkDriver.CreateNetwork", "/NetworkDriver.CreateEndpoint", "/NetworkDriver.Join",
        "/NetworkDriver.ProgramExternalConnectivity", "/NetworkDriver.Leave", "/IpamDriver.RequestPool",
        "/IpamDriver.RequestAddress", "/IpamDriver.ReleasePool",
    ]

    @Test(arguments: calls)
    func bodiesThatAreNone(call: String) async throws {
        let deep = String(repeating: "[", count: 100_000)
        let object = String(repeating: #"{"Options":"#, count: 100_000)
        let bodies: [[UInt8]] =
            ["", "null", "7", #""NetworkID""#, "[]", "{", "{]", "{\"NetworkID\":", "\u{0}", "{} {}", deep, object]
            .map { Array($0.utf8) } + [[0xFF, 0xFE], Array(#"{"NetworkID":""#.utf8) + [0xC3, 0x28, 0x22, 0x7D]]
        try await withDocker { service, client in
            for body in bodies {
                let answer = try await client.post(call, body)
                let shown = String(decoding: body.prefix(30), as: UTF8.self)
                #expect(answer.status == 400, "\(shown)")
                #expect(reason(answer.body)?.contains("body") == true, "\(shown): \(answer.body.prefix(200))")
            }
            #expect(service.calls == [])
            #expect(try await client.post("/Plugin.Activate", []).status == 200)
        }
    }

    @Test func wrongTypes() async throws {
        let cases = [
            ("/NetworkDriver.CreateNetwork", #"{"NetworkID":{}}"#),
            ("/NetworkDriver.CreateNetwork", #"{"Options":[]}"#),
            ("/NetworkDriver.CreateNetwork", #"{"IPv4Data":{}}"#),
            ("/NetworkDriver.CreateNetwork", #"{"IPv4Data":[7]}"#),
            ("/NetworkDriver.CreateNetwork", #"{"IPv4Data":[null]}"#),
            ("/NetworkDriver.CreateNetwork", #"{"Options":{"com.docker.network.generic":[]}}"#),
            ("/NetworkDriver.CreateEndpoint", #"{"Interface":7}"#), ("/NetworkDriver.Join", #"{"SandboxKey":[]}"#),
            ("/NetworkDriver.ProgramExternalConnectivity", #"{"Options":{"com.docker.network.portmap":7}}"#),
            (
                "/NetworkDriver.ProgramExternalConnectivity",
                #"{"Options":{"com.docker.network.portmap":[{"Port":1e99}]}}"#
            ),
            (
                "/NetworkDriver.ProgramExternalConnectivity",
                #"{"Options":{"com.docker.network.portmap":[{"Port":99999999999999999999}]}}"#
            ),
            ("/IpamDriver.RequestAddress", #"{"Options":"x"}"#),
            ("/IpamDriver.RequestPool", #"{"Pool":["10.0.0.0/8"]}"#),
        ]
        try await withDocker { service, client in
            for (call, body) in cases {
                let answer = try await client.post(call, Array(body.utf8))
                #expect(answer.status == 400 && reason(answer.body) != nil, "\(body): \(answer)")
            }
            #expect(service.calls == [])
        }
    }

    /// Go writes null for what is empty, and later Dockers will say more.
    @Test func whatSaysNothing() async throws {
        try await withDocker { service, client in
            for body in [
                "{}", #"{"NetworkID":"a","NetworkID":"b"}"#, #"{"Options":null,"IPv4Data":null,"IPv6Data":null}"#,
                #"{"Future":{"a":[1,2,{}]},"Options":{"com.docker.network.future":[[]],"x":{"y":1},"z":-1e400}}"#,
            ] {
                for call in Self.calls {
                    let answer = try await client.post(call, Array(body.utf8))
                    let isHugeNumber = body.contains("e400") && answer.status == 400 && reason(answer.body) != nil
                    #expect(answer.status == 200 || isHugeNumber, "\(call) \(body): \(answer)")
                }
            }
        }
    }

    @Test func methodsAndPaths() async throws {
        try await withDocker { service, client in
            for (method, target, status) in [
                ("GET", "/Plugin.Activate", 405), ("DELETE", "/NetworkDriver.Join", 405), ("POST", "/", 404),
                ("POST", "/NetworkDriver.Explode", 404), ("POST", "/NetworkDriver.", 404), ("POST", "/v1/status", 404),
                ("POST", "/VolumeDriver.Create", 404), ("POST", "/IpamDriver.Join", 404),
                ("POST", "/Plugin.Activate/../x", 404), ("POST", "/" + String(repeating: "x", count: 8_000), 404),
            ] {
                let answer = try await client.post(target, [], method: method)
                let isRefused = answer.status == status && reason(answer.body) != nil
                #expect(isRefused, "\(method) \(target.prefix(40)): \(answer)")
                #expect(answer.body.utf8.count < 300)
            }
            #expect(service.calls == [])
        }
    }

    @Test func bodiesOverTheBound() async throws {
        try await withDocker { service, client in
            let body = [UInt8](repeating: 0x20, count: (16 << 20) + 1)
            for call in ["/NetworkDriver.Join", "/IpamDriver.RequestPool"] {
                let answer = try await client.post(call, body)
                #expect(answer.status == 413 && reason(answer.body)?.contains("larger") == true, "\(answer)")
            }
            #expect(service.calls == [])
        }
    }

    @Test func answersInTimeWhateverHappens() async throws {
        let service = RecordingDocker()
        service.set { $0.delay = .seconds(20) }
        try await withDocker(service, limits: ServerLimits(answer: .milliseconds(200))) { _, client in
            let start = ContinuousClock.now
            let answer = try await client.post("/NetworkDriver.Leave", Array("{}".utf8))
            #expect(answer.status == 200 && reason(answer.body)?.contains("in time") == true, "\(answer)")
            #expect(start.duration(to: .now) < .seconds(5))
        }
    }
}
