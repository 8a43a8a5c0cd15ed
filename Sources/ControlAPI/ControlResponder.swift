import FoundationEssentials
import HTTPTypes
import HeddleAPI
import Hummingbird
import Logging
import NIOCore

/// Answers one HTTP request by asking the control plane.
struct ControlResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    /// Larger bodies are refused; a request to attach with a hundred published ports has a few kilobytes.
    static let largestBody = 1 << 20

    let service: any ControlService
    let logger: Logger
    let limits: ServerLimits
    /// Told of each request.
    var times: RequestTimes?

    func respond(to request: Request, context: Context) async throws -> Response {
        let start = ContinuousClock.now
        let target = request.head.path ?? ""
        var response: Response
        do {
            let route = try Route(method: request.method, target: target)
            if case .capture(let query) = route { return try await capture(query, for: request) }
            let body = request.method == .post ? try await body(of: request) : ByteBuffer()
            let isLook = route == .trace || (request.method != .post && request.method != .delete)
            response = try await bounded(limits.answer, isLook: isLook) {
                try await answer(route, body)
            }
        } catch let refusal as Refusal {
            response = ControlResponder.response(to: refusal)
        } catch let error as APIError {
            response = ControlResponder.response(to: Refusal(error))
        }
        if request.method == .head { response.dropBody() }
        let took = start.duration(to: .now)
        times?.record(request.method, target: target, status: response.status.code, took: took)
        logger.debug(
            "request",
            metadata: [
                "method": "\(request.method)", "target": "\(target)", "status": "\(response.status.code)",
                "took": "\(took)",
            ])
        return response
    }

    private func answer(_ route: Route, _ body: ByteBuffer) async throws -> Response {
        switch route {
        case .status: return try ControlResponder.json(await service.status())
        case .networks: return try ControlResponder.json(await service.networks())
        case .createNetwork:
            let wish = try NetworkRequest.decode(body)
            return try ControlResponder.json(await service.createNetwork(wish), status: .created)
        case .network(let name): return try ControlResponder.json(await service.network(named: name))
        case .removeNetwork(let name):
            try await service.removeNetwork(named: name)
        case .stations(let name): return try ControlResponder.json(await service.stations(network: name))
        case .addStation(let name):
            let wish = try StationRequest.decode(body)
            return try ControlResponder.json(await service.addStation(network: name, wish), status: .created)
        case .removeStation(let name, let mac): try await service.removeStation(network: name, mac: mac)
        case .peers(let name): return try ControlResponder.json(await service.peers(network: name))
        case .addPeer(let name):
            let wish = try Peer.decode(body)
            return try ControlResponder.json(await service.addPeer(network: name, vtep: wish.vtep), status: .created)
        case .removePeer(let name, let vtep): try await service.removePeer(network: name, vtep: vtep)
        case .endpoints(let network): return try ControlResponder.json(await service.endpoints(network: network))
        case .endpoint(let id): return try ControlResponder.json(await service.endpoint(id: id))
        case .attach:
            let wish = try AttachRequest.decode(body)
            return try ControlResponder.json(await service.attach(wish), status: .created)
        case .detach:
            let wish = try DetachRequest.decode(body)
            try await service.detach(network: wish.network, sandbox: wish.sandbox)
        case .adopt:
            let wish = try AdoptRequest.decode(body)
            let endpoint = try await service.adopt(network: wish.network, interface: wish.ifname)
            return try ControlResponder.json(endpoint, status: .created)
        case .release:
            let wish = try ReleaseRequest.decode(body)
            try await service.release(interface: wish.ifname)
        case .publishedPorts: return try ControlResponder.json(await service.publishedPorts())
        case .publish:
            let wish = try PublishRequest.decode(body)
            let ports = try await service.publish(
                network: wish.network, sandbox: wish.sandbox, specs: wish.publish, mode: wish.publishMode)
            return try ControlResponder.json(ports, status: .created)
        case .unpublish:
            let wish = try UnpublishRequest.decode(body)
            try await service.unpublish(network: wish.network, sandbox: wish.sandbox, spec: wish.spec)
        case .flows(let network): return try ControlResponder.json(await service.flows(network: network))
        case .impairments(let network): return try ControlResponder.json(await service.impairments(network: network))
        case .impair:
            let wish = try ImpairmentRequest.decode(body)
            return try ControlResponder.json(await service.impair(wish), status: .created)
        case .removeImpairment(let id): try await service.removeImpairment(endpoint: id)
        case .statistics: return try ControlResponder.json(await service.statistics())
        case .trace: return try ControlResponder.json(await service.trace(try TraceRequest.decode(body)))
        // Answered by `capture`, as it comes.
        case .capture: break
        case .topology: return try ControlResponder.json(await service.topology())
        }
        return Response(status: .noContent)
    }

    private func body(of request: Request) async throws -> ByteBuffer {
        do {
            return try await request.body.collect(upTo: ControlResponder.largestBody)
        } catch is NIOTooManyBytesError {
            throw Refusal.malformed(
                "the body is larger than \(ControlResponder.largestBody) bytes", status: .contentTooLarge)
        }
    }

    private static func response(to refusal: Refusal) -> Response {
        var response = (try? json(refusal.error, status: refusal.status)) ?? Response(status: refusal.status)
        if !refusal.allowed.isEmpty {
            response.headers[.allow] = refusal.allowed.map(\.rawValue).joined(separator: ", ")
        }
        return response
    }

    private static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var bytes = ByteBuffer(bytes: try encoder.encode(value))
        // For people with curl.
        bytes.writeString("\n")
        return Response(
            status: status, headers: [.contentType: "application/json"], body: .init(byteBuffer: bytes))
    }
}
