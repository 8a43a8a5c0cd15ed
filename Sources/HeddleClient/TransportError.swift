public import HeddleAPI
public import SystemPackage

/// Why a request did not get an answer.
public enum TransportError: Error, Hashable, Sendable {
    /// There is no socket file at the path.
    case socketMissing(String)
    /// The socket file is there, but nobody listens on it.
    case notListening(String)
    /// What is at the path is no socket that can be connected to.
    case notSocket(String)
    /// The socket file may not be opened by this user.
    case notPermitted(String)
    /// The path is longer than a unix socket's name may be.
    case pathTooLong(String, limit: Int)
    /// The time for the whole exchange is over.
    case timedOut(String)
    /// The daemon closed the connection before the answer was complete.
    case closedEarly
    /// What came is not an HTTP/1.1 answer.
    case malformed(String)
    /// The answer is larger than allowed.
    case tooLarge(String, limit: Int)
    /// A system call failed.
    case system(Errno, doing: String)
}

extension TransportError: CustomStringConvertible {
    /// One sentence: the thing and the reason.
    public var description: String {
        switch self {
        case .socketMissing(let path): "heddled is not running on \(path): there is no such socket"
        case .notListening(let path): "heddled is not running on \(path): the socket is there, but nobody listens on it"
        case .notSocket(let path): "\(path) is not a socket of heddled"
        case .notPermitted(let path): "no permission to use \(path)"
        case .pathTooLong(let path, let limit):
            "the socket path is too long: \(path) has \(path.utf8.count) bytes, \(limit) are possible"
        case .timedOut(let path): "heddled on \(path) did not answer in time"
        case .closedEarly: "heddled closed the connection before its answer was complete"
        case .malformed(let what): "what answered does not speak HTTP as heddled does: \(what)"
        case .tooLarge(let what, let limit): "the answer is too large: its \(what) goes beyond \(limit) bytes"
        case .system(let errno, let doing): "\(doing) failed: \(errno)"
        }
    }

    /// The way out; nil if there is none to tell.
    public var hint: String? {
        switch self {
        case .socketMissing(let path), .notListening(let path):
            path == APIPath.defaultSocket
                ? "start it with: heddled (as root), or name another daemon's socket with --socket or HEDDLE_SOCKET"
                : "start it with: heddled --socket \(path) (as root), or name another with --socket or HEDDLE_SOCKET"
        case .notSocket, .malformed: "check --socket and HEDDLE_SOCKET"
        case .notPermitted: "run as root, or name a socket that you may use with --socket or HEDDLE_SOCKET"
        case .pathTooLong: "use a shorter path, for example below /run"
        case .timedOut: "see its log; heddled may be stopped or overloaded"
        case .closedEarly: "it may just have been stopped or replaced; try again"
        case .tooLarge, .system: nil
        }
    }

    /// The same as the API would say it.
    public var asAPIError: APIError {
        let code: APIError.Code =
            switch self {
            case .socketMissing, .notListening, .timedOut, .closedEarly: .unavailable
            case .notPermitted: .notPermitted
            case .pathTooLong, .notSocket: .invalid
            case .malformed, .tooLarge, .system: .failed
            }
        return APIError(code, description, hint: hint)
    }
}
