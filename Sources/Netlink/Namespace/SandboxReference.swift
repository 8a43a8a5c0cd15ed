import SystemPackage

/// What users type as SANDBOX: a name under /run/netns, an absolute path, or `pid:N`.
public enum SandboxReference: Hashable, Sendable {
    /// A file in /run/netns, as `ip netns add` makes it.
    case name(String)
    /// An absolute path of a namespace file.
    case path(String)
    /// A process whose namespace is meant.
    case pid(Int32)
}

extension SandboxReference: LosslessStringConvertible {
    /// Reads a reference and says what is wrong with it. Doesn't look whether the thing exists.
    public init(parsing text: String) throws(SandboxError) {
        func fail(_ reason: String) -> SandboxError {
            SandboxError(
                text: text, reason: reason, advice: "use a name under /run/netns, an absolute path, or pid:N")
        }
        if text.isEmpty { throw fail("it is empty") }
        if text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) {
            throw fail("it contains a control character")
        }
        if text.utf8.first == UInt8(ascii: "/") {
            // PATH_MAX of linux/limits.h, its zero byte included.
            guard text.utf8.count < 4096 else { throw fail("the path is longer than 4095 bytes") }
            self = .path(text)
        } else if text.hasPrefix("pid:") {
            let digits = text.dropFirst(4)
            let isDecimal = !digits.isEmpty && digits.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            guard isDecimal, let pid = Int32(digits), pid > 0 else {
                throw fail("\(String(digits).debugDescription) is not a process number")
            }
            self = .pid(pid)
        } else {
            if text.utf8.contains(UInt8(ascii: "/")) { throw fail("a relative path or a name with '/'") }
            // NAME_MAX of linux/limits.h.
            guard text.utf8.count <= 255 else { throw fail("the name is longer than 255 bytes") }
            guard text != ".", text != ".." else { throw fail("it is a directory") }
            self = .name(text)
        }
    }

    /// Reads a reference; nil where `init(parsing:)` throws.
    public init?(_ text: String) {
        guard let reference = try? SandboxReference(parsing: text) else { return nil }
        self = reference
    }

    /// What `init(parsing:)` reads.
    public var description: String {
        switch self {
        case .name(let name): name
        case .path(let path): path
        case .pid(let pid): "pid:\(pid)"
        }
    }

    /// The file that stands for the sandbox's network namespace.
    public var path: String {
        switch self {
        case .name(let name): "/run/netns/\(name)"
        case .path(let path): path
        case .pid(let pid): "/proc/\(pid)/ns/net"
        }
    }

    /// Opens the sandbox's network namespace. The caller should act and let go: holding it keeps the sandbox alive.
    public func open() throws(SandboxError) -> NetworkNamespace {
        do throws(NamespaceError) {
            return try NetworkNamespace.open(path: path, as: "open the sandbox \(self)")
        } catch {
            throw SandboxError(
                text: description, reason: reason(for: error.errno), advice: advice(for: error.errno),
                errno: error.errno)
        }
    }

    private func reason(for errno: Errno) -> String {
        switch errno {
        case .noSuchFileOrDirectory: isProcess ? "there is no such process" : "\(path) does not exist"
        case .noSuchProcess: "the process has ended"
        case .invalidArgument: "\(path) is not a network namespace"
        case .permissionDenied, .notPermitted: "\(path) may not be opened"
        default: "\(path): \(errno)"
        }
    }

    private func advice(for errno: Errno) -> String {
        switch errno {
        case .permissionDenied, .notPermitted: return "run as root"
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem: return "raise the limit of open files"
        default: break
        }
        switch self {
        case .name: return "list them with `ip netns`"
        case .path: return "give the path of a namespace file, such as /proc/PID/ns/net"
        case .pid: return "list processes with `ps`"
        }
    }

    private var isProcess: Bool {
        if case .pid = self { true } else { false }
    }
}

extension SandboxReference {
    /// Whether the sandbox is there now, without holding it.
    public var exists: Bool {
        (try? open()) != nil
    }
}
