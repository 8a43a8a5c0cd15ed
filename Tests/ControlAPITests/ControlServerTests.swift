import ControlAPI
import Foundation
import HeddleAPI
import SystemPackage
import Testing

@testable import HeddleClient

/// The server on a real socket.
struct ControlServerTests {
    private func send(
        _ method: String, _ target: String, _ body: String? = nil, to socket: String
    ) async throws -> HTTPResponse {
        try await blocking {
            try HTTPClient(socketPath: socket, timeout: .seconds(20))
                .send(method, target, body: body.map { Array($0.utf8) })
        }
    }

    private func error(_ response: HTTPResponse) throws -> APIError {
        #expect(response.values(of: "content-type") == ["application/json"])
        return try JSONDecoder().decode(APIError.self, from: Data(response.body))
    }

    @Test func everyCallReachesTheControlPlane() async throws {
        try await withServer { service, socket in
            try await blocking {
                let client = DaemonClient(socketPath: socket)
                #expect(try client.status().daemon.pid == 4711)
                #expect(try client.networks().map(\.name) == ["lan", "wire"])
                #expect(try client.network(named: "lan").mtu == 1500)
                let created = try client.createNetwork(NetworkRequest(name: "new", subnets: ["10.1.0.0/24"], mtu: 9000))
                #expect(created.subnets == ["10.1.0.0/24"] && created.mtu == 9000)
                try client.removeNetwork(named: "a/b ü")
                #expect(try client.endpoints().count == 2)
                #expect(try client.endpoints(network: "nowhere").isEmpty)
                #expect(try client.endpoint(id: "3fa9").sandbox == "web")
                #expect(try client.attach(AttachRequest(network: "lan", sandbox: "pid:7")).sandbox == "pid:7")
                try client.detach(network: "lan", sandbox: "/run/netns/x")
                #expect(try client.adopt(network: "lan", interface: "veth7").ifname == "veth7")
                try client.release(interface: "veth7")
                #expect(try client.stations(network: "lan").count == 1)
                let wish = StationRequest(mac: "02:00:00:00:00:07", vtep: "198.18.0.2", ip: ["10.0.0.7"])
                #expect(try client.addStation(network: "lan", wish).vtep == "198.18.0.2")
                try client.removeStation(network: "lan", mac: "02:00:00:00:00:07")
                #expect(try client.peers(network: "lan").map(\.vtep) == ["198.18.0.2", "198.18.0.3"])
                #expect(try client.addPeer(network: "lan", vtep: "fd00::2").vtep == "fd00::2")
                try client.removePeer(network: "lan", vtep: "fd00::2")
                let ports = try client.publish(network: "lan", sandbox: "web", specs: ["[::1]:1:1/udp", "2:2"])
                #expect(ports.map(\.spec) == ["[::1]:1:1/udp", "2:2"])
                #expect(try client.publish(network: "lan", sandbox: "web", specs: ["3:3"], mode: "relay").count == 1)
                try client.unpublish(network: "lan", sandbox: "/run/netns/x", spec: "2:2")
                #expect(try client.publishedPorts().map(\.hostPort) == [8080, 8081])
                #expect(try client.flows(network: "a b").count == 2)
                #expect(try client.flows().first?.direction == .outgoing)
                #expect(try client.statistics().ports.isEmpty)
            }
            let calls = service.calls
            #expect(calls.count == 25)
            #expect(calls.contains("publish lan web [\"[::1]:1:1/udp\", \"2:2\"] -"))
            #expect(calls.contains("publish lan web [\"3:3\"] relay"))
            #expect(calls.contains("unpublish lan /run/netns/x 2:2"))
            #expect(calls.contains("flows a b") && calls.contains("flows -"))
            #expect(calls.contains("add station lan 02:00:00:00:00:07 198.18.0.2 [\"10.0.0.7\"]"))
            #expect(calls.contains("remove station lan 02:00:00:00:00:07"))
            #expect(calls.contains("add peer lan fd00::2") && calls.contains("remove peer lan fd00::2"))
            #expect(calls.contains("remove a/b ü"))
            #expect(calls.contains("endpoints nowhere"))
            #expect(calls.contains("detach lan /run/netns/x"))
        }
    }

    @Test(arguments: [
        (APIError.Code.invalid, 400), (.notPermitted, 403), (.notFound, 404), (.conflict, 409), (.failed, 500),
        (.unavailable, 503), (APIError.Code(rawValue: "of-the-future"), 500),
    ])
    func refusalsHaveAStatus(code: APIError.Code, status: Int) async throws {
        let service = RecordingService()
        let refusal = APIError(code, "no \"such\" thing", hint: "take another")
        service.set { $0.refusal = refusal }
        try await withServer(service) { _, socket in
            let response = try await send("GET", "/v1/networks", to: socket)
            #expect(response.status == status)
            #expect(try error(response) == refusal)
        }
    }

    @Test func refusesWhatIsMalformed() async throws {
        try await withServer { service, socket in
            let cases: [(String, String, String?, Int)] = [
                ("GET", "/nothing", nil, 404), ("GET", "/v1/networks/%zz", nil, 400),
                ("PUT", "/v1/networks", "{}", 405),
                ("PATCH", "/v1/status", nil, 405), ("POST", "/v1/networks", nil, 400),
                ("POST", "/v1/networks", "{", 400), ("POST", "/v1/networks", #"{"name":1}"#, 400),
                ("POST", "/v1/attach", #"{"network":"lan","sandbox":"x","vni":7}"#, 400),
                ("POST", "/v1/networks/lan/peers", #"{"peer":"198.18.0.2"}"#, 400),
                ("POST", "/v1/networks/lan/stations", #"{"mac":"02:00:00:00:00:07"}"#, 400),
                ("POST", "/v1/publish", #"{"network":"lan","sandbox":"x","spec":"1:1"}"#, 400),
                ("GET", "/v1/networks/lan/peers/198.18.0.2", nil, 405),
            ]
            for (method, target, body, status) in cases {
                let response = try await send(method, target, body, to: socket)
                #expect(response.status == status, "\(method) \(target)")
                #expect(try !error(response).message.isEmpty)
            }
            let wrong = try await send("DELETE", "/v1/networks", to: socket)
            #expect(wrong.values(of: "allow") == ["GET, POST"])
            #expect(service.calls.isEmpty)
        }
    }

    @Test func boundsBodies() async throws {
        try await withServer { service, socket in
            let name = String(repeating: "x", count: 1 << 20)
            let response = try await send("POST", "/v1/networks", #"{"name":"\#(name)"}"#, to: socket)
            #expect(response.status == 413)
            #expect(try error(response).code == .invalid)
            #expect(service.calls.isEmpty)
            let inside = String(repeating: "x", count: (1 << 20) - 11)
            let accepted = try await send("POST", "/v1/networks", #"{"name":"\#(inside)"}"#, to: socket)
            #expect(accepted.status == 201)
        }
    }

    @Test func answersHeadWithoutABody() async throws {
        try await withServer { _, socket in
            let raw = try await exchange(
                "HEAD /v1/attach HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", with: socket)
            #expect(raw.hasPrefix("HTTP/1.1 405"))
            #expect(raw.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func refusesWhatIsNotHTTP() async throws {
        try await withServer { _, socket in
            let garbage = [
                "\u{0}\u{1}\u{2}\r\n\r\n", "GET /v1/status HTTP/1.1\r\nBad Header\r\n\r\n", "hello\r\n\r\n",
                "GET / HTTP/1.1\r\nX: " + String(repeating: "y", count: 200_000) + "\r\n\r\n",
                "POST /v1/networks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            ]
            for bytes in garbage {
                let raw = try await exchange(bytes, with: socket)
                #expect(raw.isEmpty || raw.hasPrefix("HTTP/1.1 4"), "\(bytes.prefix(40)): \(raw.prefix(80))")
            }
            #expect(try await send("GET", "/v1/status", to: socket).status == 200)
        }
    }

    @Test func manyClientsAtOnce() async throws {
        try await withServer { service, socket in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        let response = try await send("GET", "/v1/status", to: socket)
                        #expect(response.status == 200)
                    }
                }
                try await group.waitForAll()
            }
            #expect(service.calls.count == 40)
        }
    }

    @Test func socketBelongsToItsOwner() async throws {
        try await withServer { _, socket in
            let attributes = try FileManager.default.attributesOfItem(atPath: socket)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let names = try FileManager.default.contentsOfDirectory(
                atPath: (socket as NSString).deletingLastPathComponent)
            #expect(names == ["heddle.sock"])
        }
    }

    @Test func permissionsCanBeWider() async throws {
        try await withDirectory { directory in
            let socket = directory + "/s"
            try await serving(at: socket, permissions: [.ownerReadWrite, .groupReadWrite]) {
                let attributes = try FileManager.default.attributesOfItem(atPath: socket)
                #expect(attributes[.posixPermissions] as? Int == 0o660)
            }
        }
    }

    /// A socket file without a listener, as kill -9 leaves it.
    @Test func replacesALeftoverSocket() async throws {
        try await withDirectory { directory in
            let socket = directory + "/s"
            for _ in 0..<3 {
                try #require(try LeftoverSocket.make(at: socket))
                try await serving(at: socket) {
                    let response = try await send("GET", "/v1/status", to: socket)
                    #expect(response.status == 200)
                }
                #expect(!FileManager.default.fileExists(atPath: socket))
            }
        }
    }

    @Test func leavesOtherFilesAlone() async throws {
        try await withDirectory { directory in
            let path = directory + "/notes"
            #expect(FileManager.default.createFile(atPath: path, contents: Data("mine".utf8)))
            let server = ControlServer(service: RecordingService(), socketPath: path, logger: quietLogger)
            let error = await #expect(throws: APIError.self) { try await server.run() }
            #expect(error?.message == "\(path) exists and is not a socket")
            #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8))
        }
    }

    @Test func saysWhyItCannotListen() async throws {
        let missing = ControlServer(
            service: RecordingService(), socketPath: "/tmp/hdt-nowhere/s", logger: quietLogger)
        let error = await #expect(throws: APIError.self) { try await missing.run() }
        #expect(error?.message.contains("/tmp/hdt-nowhere/s") == true)
        let long = ControlServer(
            service: RecordingService(), socketPath: "/tmp/" + String(repeating: "x", count: 100), logger: quietLogger)
        let longError = await #expect(throws: APIError.self) { try await long.run() }
        #expect(longError?.message.contains("too long") == true)
    }

    @Test func answersWhatIsUnderWayAtShutdown() async throws {
        let service = RecordingService()
        service.set { $0.delay = .milliseconds(200) }
        try await withDirectory { directory in
            let socket = directory + "/s"
            let (statuses, status) = AsyncThrowingStream<Int, any Error>.makeStream()
            let took = try await serving(service, at: socket) {
                Task {
                    do {
                        status.yield(try await send("GET", "/v1/status", to: socket).status)
                        status.finish()
                    } catch {
                        status.finish(throwing: error)
                    }
                }
                while service.calls.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            }
            #expect(took < .seconds(1))
            #expect(try await statuses.first { _ in true } == 200)
            #expect(!FileManager.default.fileExists(atPath: socket))
        }
    }

    /// Clients that never finish their request don't keep the daemon, which promises to be gone within a second.
    @Test func cutsOffWhatNeverEnds() async throws {
        try await withDirectory { directory in
            let socket = directory + "/s"
            let took = try await serving(at: socket) {
                for bytes in ["", "GET /v1", "POST /v1/attach HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"] {
                    Task { try await exchange(bytes, with: socket) }
                }
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(took < .seconds(1))
            #expect(!FileManager.default.fileExists(atPath: socket))
        }
    }

    @Test func leavesASocketThatIsNotItsOwn() async throws {
        try await withDirectory { directory in
            let socket = directory + "/s"
            try await serving(at: socket) { try #require(try LeftoverSocket.make(at: socket)) }
            #expect(FileManager.default.fileExists(atPath: socket))
        }
    }

    /// Sends bytes as they are and reads until the server closes; gives up after two seconds.
    @discardableResult
    private func exchange(_ bytes: String, with socket: String) async throws -> String {
        try await blocking {
            var stream = try UnixStream.connect(to: socket, deadline: .after(.seconds(2)))
            try stream.write(Array(bytes.utf8))
            var received: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            do {
                while true {
                    let count = try buffer.withUnsafeMutableBytes { try stream.read(into: $0) }
                    if count == 0 { break }
                    received += buffer[..<count]
                }
            } catch TransportError.timedOut {
                // What came so far is the answer.
            }
            return String(decoding: received, as: UTF8.self)
        }
    }
}
