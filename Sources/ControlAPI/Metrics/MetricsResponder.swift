import Exposition
import HTTPTypes
import HeddleAPI
import Hummingbird
import NIOCore

/// Answers whoever scrapes. The Host header isn't looked at: there is nothing here that a browser could be made to do, and
/// Prometheus names the daemon as its operator does.
struct MetricsResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let sources: [any MetricsSource]
    let limits: ServerLimits

    func respond(to request: Request, context: Context) async throws -> Response {
        var response = await answer(request)
        response.headers[.cacheControl] = "no-store"
        response.headers[.xContentTypeOptions] = "nosniff"
        if request.method == .head { response.dropBody() }
        return response
    }

    private func answer(_ request: Request) async -> Response {
        guard request.method == .get || request.method == .head else {
            var response = Self.text("metrics are only looked at\n", .methodNotAllowed)
            response.headers[.allow] = "GET, HEAD"
            return response
        }
        let path = request.head.path?.split(separator: "?", omittingEmptySubsequences: false).first ?? ""
        guard path == "/metrics" else { return Self.text("there is only /metrics\n", .notFound) }
        do {
            let bytes = try await bounded(limits.answer, isLook: true) { [sources] in
                var families: [MetricFamily] = []
                for source in sources { families += try await source.metricFamilies() }
                return MetricsText.bytes(of: families)
            }
            return Response(
                status: .ok, headers: [.contentType: MetricsText.contentType],
                body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
        } catch let error as APIError {
            return Self.text(error.message + "\n", .serviceUnavailable)
        } catch {
            return Self.text("heddled can't tell\n", .internalServerError)
        }
    }

    private static func text(_ text: String, _ status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
