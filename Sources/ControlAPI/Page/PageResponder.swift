import FoundationEssentials
import HTTPTypes
import HeddleAPI
import Hummingbird
import NIOCore
import Page

/// Answers a browser: the page's files, and the topology that it asks for every second.
struct PageResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let service: any ControlService
    let limits: ServerLimits

    /// What every answer carries. Nothing is loaded from elsewhere, run inline, framed, guessed or kept: the names that
    /// are shown come from sandboxes.
    private static let guards: HTTPFields = {
        var fields = HTTPFields()
        fields[.contentSecurityPolicy] =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        fields[.xContentTypeOptions] = "nosniff"
        fields[.cacheControl] = "no-store"
        for (name, value) in [
            ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ] {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return fields
    }()

    func respond(to request: Request, context: Context) async throws -> Response {
        var response = await answer(request)
        for field in Self.guards { response.headers[field.name] = field.value }
        if request.method == .head { response.dropBody() }
        return response
    }

    private func answer(_ request: Request) async -> Response {
        guard isForHere(request.head.authority) else {
            return Self.text("this page is served under its address only\n", .misdirectedRequest)
        }
        guard request.method == .get || request.method == .head else {
            var response = Self.text("this page is only looked at\n", .methodNotAllowed)
            response.headers[.allow] = "GET, HEAD"
            return response
        }
        let path = request.head.path?.split(separator: "?", omittingEmptySubsequences: false).first ?? ""
        if path == "/topology" { return await topology() }
        guard let file = Page.files[String(path)] else { return Self.text("there is only /\n", .notFound) }
        return Self.file(file.bytes, file.type)
    }

    private func topology() async -> Response {
        do {
            let topology = try await bounded(limits.answer, isLook: true) { [service] in
                try await service.topology()
            }
            return Self.file(Array(try JSONEncoder().encode(topology)), "application/json")
        } catch let error as APIError {
            return Self.text(error.message + "\n", .serviceUnavailable)
        } catch {
            return Self.text("heddled can't tell\n", .internalServerError)
        }
    }

    /// Against DNS rebinding: a page of somebody else's, whose name has come to mean this machine, reaches the port but
    /// names another host. Addresses and `localhost` can't be taken over like that.
    private func isForHere(_ authority: String?) -> Bool {
        guard let authority else { return false }
        var name = authority[...]
        if let colon = name.lastIndex(of: ":"), !name.hasSuffix("]") { name = name[..<colon] }
        if name.lowercased() == "localhost" { return true }
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        return (try? SocketAddress(ipAddress: String(name), port: 0)) != nil
    }

    private static func file(_ bytes: [UInt8], _ type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private static func text(_ text: String, _ status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
