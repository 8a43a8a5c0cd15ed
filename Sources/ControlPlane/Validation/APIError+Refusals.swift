import DataPlane
import HeddleAPI

extension APIError {
    static func invalid(_ message: String, hint: String? = nil) -> APIError {
        APIError(.invalid, message, hint: hint)
    }

    static func notFound(_ message: String, hint: String? = nil) -> APIError {
        APIError(.notFound, message, hint: hint)
    }

    static func conflict(_ message: String, hint: String? = nil) -> APIError {
        APIError(.conflict, message, hint: hint)
    }

    static func failed(_ message: String, hint: String? = nil) -> APIError {
        APIError(.failed, message, hint: hint)
    }

    static func unavailable(_ message: String, hint: String? = nil) -> APIError {
        APIError(.unavailable, message, hint: hint)
    }

    /// No port is left in the data plane.
    static var allPortsTaken: APIError {
        unavailable(
            "all \(SharedTables.maximumPorts - 1) ports are in use", hint: "Detach some, or run a second heddled.")
    }
}
