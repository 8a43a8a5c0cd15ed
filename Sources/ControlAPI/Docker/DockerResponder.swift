import FoundationEssentials
import HTTPTypes
import HeddleAPI
import Hummingbird
import Logging
import NIOCore

/// Answers one request of Docker's. What can't be done is an answer, too: status 200, with the reason in the body.
struct DockerResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    /// Larger bodies are refused: 65,535 ports of one container take some 12 MB.
    static let largestBody = 16 << 20
    /// What both sides say that bodies are.
    static let contentType = "application/vnd.docker.plugins.v1.2+json"

    let network: DockerNetworkDriver
    let addresses: DockerAddressDriver
    let logger: Logger
    let limits: ServerLimits

    func respond(to request: Request, context: Context) async throws -> Response {
        let start = ContinuousClock.now
        let target = request.head.path ?? ""
        guard request.method == .post else {
            return Self.response(.methodNotAllowed, error: "Docker's plug-in protocol is POST")
        }
        guard let method = DockerMethod(path: target) else {
            return Self.response(.notFound, error: "there is no method \(target.prefix(80))")
        }
        var response: Response
        do {
            let body = try await request.body.collect(upTo: Self.largestBody)
            response = Self.response(.ok, try await answer(method, Data(body.readableBytesView)))
        } catch let error as APIError {
            response = Self.response(.ok, error: error.line, key: method.errorKey)
        } catch is NIOTooManyBytesError {
            response = Self.response(.contentTooLarge, error: "the body is larger than \(Self.largestBody) bytes")
        } catch let error as DockerBodyError {
            response = Self.response(.badRequest, error: "\(error)")
        } catch {
            response = Self.response(.internalServerError, error: "\(error)")
        }
        logger.debug(
            "docker",
            metadata: [
                "method": "\(target)", "status": "\(response.status.code)", "took": "\(start.duration(to: .now))",
            ])
        return response
    }

    private func answer(_ method: DockerMethod, _ body: Data) async throws -> Data {
        let (network, addresses) = (network, addresses)
        return try await bounded(limits.answer) {
            switch method {
            case .activate: try await network.activate()
            case .network(let method): try await network.answer(method, body)
            case .addresses(let method): try await addresses.answer(method, body)
            }
        }
    }

    /// Whatever was called, Docker looks for "Err" where the status isn't 200.
    private static func response(_ status: HTTPResponse.Status, error: String, key: String = "Err") -> Response {
        response(status, (try? DockerMessage.bytes([key: error])) ?? Data("{}".utf8))
    }

    private static func response(_ status: HTTPResponse.Status, _ body: Data) -> Response {
        Response(
            status: status, headers: [.contentType: contentType], body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension APIError {
    /// Docker shows one line.
    fileprivate var line: String {
        guard let hint else { return message }
        return message + ". " + hint
    }
}
