import DataPlane
import HeddleAPI
import Netlink
import SystemPackage

extension APIError {
    /// What the kernel refused of rtnetlink's, as a client of the API sees it.
    static func refused(_ error: NetlinkError, for what: String) -> APIError {
        refused(error.errno, "\(what): \(error)")
    }

    /// What the kernel refused of a namespace's.
    static func refused(_ error: NamespaceError, for what: String) -> APIError {
        refused(error.errno, "\(what): \(error)")
    }

    /// What the kernel refused of a TAP's or packet socket's.
    static func refused(_ error: PortError, for what: String) -> APIError {
        refused(error.errno, "\(what): \(error)")
    }

    /// What the record refused.
    static func refused(_ error: StoreError) -> APIError {
        failed("\(error)", hint: "Nothing was changed; make room or repair the state directory.")
    }

    private static func refused(_ errno: Errno, _ message: String) -> APIError {
        switch errno {
        case .notPermitted, .permissionDenied:
            APIError(
                .notPermitted, message,
                hint: "heddled needs CAP_NET_ADMIN, CAP_NET_RAW and CAP_SYS_ADMIN: run it as root.")
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem:
            unavailable(message, hint: "Raise the limit of open files (ulimit -n) for heddled.")
        default: failed(message)
        }
    }
}

/// Runs `body` inside a namespace, with typed errors: those of entering it become `APIError` as those of `body` are.
func inside<Result>(
    _ namespace: NetworkNamespace, for what: String, _ body: () throws(APIError) -> Result
) throws(APIError) -> Result {
    do {
        return try namespace.run { try body() }
    } catch let error as APIError {
        throw error
    } catch let error as NamespaceError {
        throw .refused(error, for: what)
    } catch {
        throw .failed("\(what): \(error)")
    }
}
