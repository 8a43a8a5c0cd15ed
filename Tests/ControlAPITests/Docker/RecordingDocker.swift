import ControlAPI
import Foundation
import HeddleAPI
import ServiceLifecycle
import Synchronization
import Testing

@testable import HeddleClient

/// A control plane for Docker that remembers what it was asked and answers with what it was given.
final class RecordingDocker: DockerService, DockerAddressService {
    /// What it was asked, and what it does.
    struct State {
        var calls: [String] = []
        var refusal: APIError?
        var delay = Duration.zero
        var mac = "02:00:0a:00:00:02"
        var join = DockerJoin(interface: "hd0", prefix: "eth", gateways: ["10.0.0.1"], isWithoutWayOut: false)
        var pool = DockerPool(id: "pool", subnet: "10.0.0.0/24")
        var address = "10.0.0.2/24"
    }

    private let state = Mutex(State())

    /// Every call so far, in order.
    var calls: [String] { state.withLock { $0.calls } }

    func set(_ change: (inout State) -> Void) {
        state.withLock { change(&$0) }
    }

    @discardableResult
    private func note(_ call: String) async throws(APIError) -> State {
        let state = state.withLock { state in
            state.calls.append(call)
            return state
        }
        if state.delay > .zero { try? await Task.sleep(for: state.delay) }
        if let refusal = state.refusal { throw refusal }
        return state
    }

    func dockerStarted() async {
        _ = try? await note("started")
    }

    func createDockerNetwork(_ request: DockerNetworkRequest) async throws(APIError) {
        let pools = request.pools.map { "\($0.subnet) \($0.gateway ?? "-")" }.joined(separator: ", ")
        let options = request.options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let words = [Self.short(request.id)] + options + ["[\(pools)]"] + (request.internal ? ["internal"] : [])
        try await note("create network " + words.joined(separator: " "))
    }

    func removeDockerNetwork(id: String) async throws(APIError) {
        try await note("remove network \(Self.short(id))")
    }

    func createDockerEndpoint(_ request: DockerEndpointRequest) async throws(APIError) -> String {
        let options = request.options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let words = [Self.short(request.reference)] + request.addresses + [request.mac ?? "-"] + options
        return try await note("create endpoint " + words.joined(separator: " ")).mac
    }

    func removeDockerEndpoint(_ endpoint: DockerEndpointReference) async throws(APIError) {
        try await note("remove endpoint \(Self.short(endpoint))")
    }

    func joinDockerEndpoint(
        _ endpoint: DockerEndpointReference, sandbox: String
    ) async throws(APIError) -> DockerJoin {
        try await note("join \(Self.short(endpoint)) \(sandbox)").join
    }

    func leaveDockerEndpoint(_ endpoint: DockerEndpointReference) async throws(APIError) {
        try await note("leave \(Self.short(endpoint))")
    }

    func publishDockerEndpoint(
        _ endpoint: DockerEndpointReference, ports: [DockerPortBinding]
    ) async throws(APIError) {
        let list = ports.map { "\($0.hostAddress):\($0.hostPort)-\($0.hostEnd):\($0.port)/\($0.proto)" }
        try await note("publish \(Self.short(endpoint)) " + list.joined(separator: " "))
    }

    func unpublishDockerEndpoint(_ endpoint: DockerEndpointReference) async throws(APIError) {
        try await note("unpublish \(Self.short(endpoint))")
    }

    func requestDockerPool(_ request: DockerPoolRequest) async throws(APIError) -> DockerPool {
        let texts = [request.subnet, request.range].map { $0 ?? "-" }.joined(separator: " ")
        return try await note("request pool \(request.space) \(texts) \(request.isIPv6)").pool
    }

    func releaseDockerPool(id: String) async throws(APIError) {
        try await note("release pool \(id)")
    }

    func requestDockerAddress(
        pool: String, address: String?, isGateway: Bool
    ) async throws(APIError) -> String {
        try await note("request address \(pool) \(address ?? "-") \(isGateway)").address
    }

    func releaseDockerAddress(pool: String, address: String) async throws(APIError) {
        try await note("release address \(pool) \(address)")
    }

    private static func short(_ id: String) -> String { String(id.prefix(4)) }

    private static func short(_ reference: DockerEndpointReference) -> String {
        short(reference.network) + "/" + short(reference.endpoint)
    }
}

/// Docker's plug-in socket in a fresh directory, for as long as `body` runs.
func withDocker(
    _ service: RecordingDocker = RecordingDocker(), limits: ServerLimits = .docker,
    _ body: @Sendable @escaping (RecordingDocker, RawClient) async throws -> Void
) async throws {
    try await withDirectory { directory in
        let socket = directory + "/heddle.sock"
        let (listening, signal) = AsyncStream<Void>.makeStream()
        let server = DockerServer(service: service, socketPath: socket, logger: quietLogger, limits: limits) {
            signal.yield()
        }
        let group = ServiceGroup(services: [server], logger: quietLogger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await _ in listening { break }
            do {
                try await body(service, RawClient(socket: socket))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}

/// Sends bytes as they are.
struct RawClient: Sendable {
    let socket: String

    /// Sends the pieces, `pause` apart, and reads one answer, or what comes until the server closes. nil: neither in time.
    func exchange(
        _ pieces: [[UInt8]], pause: Duration = .zero, limit: Duration = .seconds(10)
    ) async throws -> [UInt8]? {
        try await blocking {
            var stream = try UnixStream.connect(to: socket, deadline: .after(limit))
            for piece in pieces {
                // Whoever is cut off reads why.
                do { try stream.write(piece) } catch { break }
                if pause > .zero { Thread.sleep(forTimeInterval: pause / .seconds(1)) }
            }
            var received: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            do {
                while !Self.isWhole(received) {
                    let count = try buffer.withUnsafeMutableBytes { try stream.read(into: $0) }
                    if count == 0 { break }
                    received += buffer[..<count]
                }
            } catch TransportError.timedOut {
                return nil
            } catch {
                // Cut off.
            }
            return received
        }
    }

    /// Sends one request with a body, and returns status and body of the answer.
    func post(_ target: String, _ body: [UInt8], method: String = "POST") async throws -> (status: Int, body: String) {
        let head = "\(method) \(target) HTTP/1.1\r\nHost: \r\nContent-Length: \(body.count)\r\n\r\n"
        let answer = try #require(try await exchange([Array(head.utf8) + body]))
        let text = String(decoding: answer, as: UTF8.self)
        let end = try #require(text.range(of: "\r\n\r\n"), "\(target): no answer")
        return (Int(text.split(separator: " ")[1]) ?? 0, String(text[end.upperBound...]))
    }

    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        if text.hasPrefix("HTTP/1.1 204 ") { return text.hasSuffix("\r\n\r\n") }
        guard let end = text.range(of: "\r\n\r\n"), let field = text.range(of: "Content-Length: ") else { return false }
        guard let length = Int(text[field.upperBound...].prefix { $0.isNumber }) else { return false }
        return text[end.upperBound...].utf8.count >= length
    }
}
