import HeddleAPI
import SystemPackage

/// Why the engine did not do what it was asked.
enum EngineFailure: Error, Hashable, CustomStringConvertible {
    /// There is none, or it does not answer.
    case unavailable(String)
    /// It said no.
    case refused(what: String, Errno)

    var description: String {
        switch self {
        case .unavailable(let reason): "the engine is not available: \(reason)"
        case .refused(let what, let errno): "the engine refused \(what): \(errno)"
        }
    }

    /// As a client of the API sees it.
    var apiError: APIError {
        switch self {
        case .unavailable: .unavailable(description, hint: "Try again; 'heddle status' shows whether an engine runs.")
        case .refused: .failed(description)
        }
    }
}
