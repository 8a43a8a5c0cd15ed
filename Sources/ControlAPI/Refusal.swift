import HTTPTypes
import HeddleAPI
import Hummingbird

/// An answer other than what was asked for: an `APIError` and the HTTP status that fits it.
struct Refusal: Error {
    /// 400 or above.
    var status: HTTPResponse.Status
    /// What the body says.
    var error: APIError
    /// For 405: what the path does accept.
    var allowed: [HTTPRequest.Method] = []

    /// What a request that is wrong in itself gets.
    static func malformed(
        _ message: String, hint: String? = nil, status: HTTPResponse.Status = .badRequest
    ) -> Refusal {
        Refusal(status: status, error: APIError(.invalid, message, hint: hint))
    }

    /// Makes a refusal with a status of its own.
    init(status: HTTPResponse.Status, error: APIError, allowed: [HTTPRequest.Method] = []) {
        self.status = status
        self.error = error
        self.allowed = allowed
    }

    /// What the control plane refused; the status follows from the code.
    init(_ error: APIError) {
        self.error = error
        status =
            switch error.code {
            case .invalid: .badRequest
            case .notPermitted: .forbidden
            case .notFound: .notFound
            case .conflict: .conflict
            case .unavailable: .serviceUnavailable
            default: .internalServerError
            }
    }
}
