import HeddleAPI
import Netlink
import SystemPackage

extension SandboxReference {
    /// Reads what was given to attach.
    init(checking text: String) throws(APIError) {
        do throws(SandboxError) {
            self = try SandboxReference(parsing: text)
        } catch {
            throw .invalid("sandbox \(APIError.quoted(text)): \(error.reason)", hint: Self.sentence(error.advice))
        }
    }

    /// Opens the sandbox's namespace for the length of one piece of work.
    func openOrRefuse() throws(APIError) -> NetworkNamespace {
        do throws(SandboxError) {
            return try open()
        } catch {
            let message = "sandbox \(APIError.quoted(error.text)): \(error.reason)"
            let hint = Self.sentence(error.advice)
            switch error.errno {
            case Errno.permissionDenied?, Errno.notPermitted?: throw APIError(.notPermitted, message, hint: hint)
            case Errno.invalidArgument?: throw .invalid(message, hint: hint)
            case Errno.noSuchFileOrDirectory?, Errno.noSuchProcess?, nil: throw .notFound(message, hint: hint)
            default: throw .failed(message, hint: hint)
            }
        }
    }

    /// Whether what appears later under the same reference is the same sandbox: not so for a process id.
    var isLasting: Bool {
        if case .pid = self { false } else { true }
    }

    private static func sentence(_ clause: String) -> String {
        clause.prefix(1).uppercased() + clause.dropFirst() + "."
    }
}
