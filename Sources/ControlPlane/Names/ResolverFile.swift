import Glibc

/// The resolv.conf that `ip netns exec NAME` shows its programs instead of the host's. Only a file that this daemon wrote
/// is changed or removed.
struct ResolverFile {
    /// What came of writing.
    enum Outcome: Equatable {
        case done
        /// There is one that somebody else wrote.
        case foreign
        /// Why it can't be written.
        case failed(String)
    }

    /// Where `ip netns` looks.
    private static let root = "/etc/netns"
    private static let directoryLine = "# Its directory goes with it."

    /// `/etc/netns/NAME`.
    private let directory: String
    private let path: String
    /// The first line of a file of this daemon.
    private let mark: String

    /// The file of a namespace under /run/netns; `daemon` tells this daemon's from another's.
    init(namespace: String, daemon: String) {
        directory = "\(Self.root)/\(namespace)"
        path = "\(directory)/resolv.conf"
        mark = "# Kept by heddled (\(daemon)): without this line it leaves the file alone."
    }

    /// Writes it, or, without anybody to ask, removes it.
    func write(resolvers: [String]) -> Outcome {
        guard !resolvers.isEmpty else { return remove() }
        let before: String?
        switch read() {
        case .none: before = nil
        case .some(let text) where isOurs(text): before = text
        case .some: return .foreign
        }
        var ownsDirectory = before?.contains(Self.directoryLine) ?? false
        if before == nil {
            if let error = Self.make(Self.root).error { return error }
            let made = Self.make(directory)
            if let error = made.error { return error }
            ownsDirectory = made.isNew
        }
        let lines =
            [mark] + (ownsDirectory ? [Self.directoryLine] : []) + resolvers.map { "nameserver \($0)" }
            + ["options ndots:0"]
        let text = lines.joined(separator: "\n") + "\n"
        if text == before { return .done }
        // In place: programs that run already have the file itself mounted over their own.
        let flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | (before == nil ? O_CREAT | O_EXCL : O_TRUNC)
        let descriptor = open(path, flags, 0o644)
        guard descriptor >= 0 else { return .failed("cannot write \(path): \(ControlError.reason(errno))") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            return .failed("cannot write \(path): \(ControlError.reason(errno))")
        }
        return .done
    }

    /// Removes it.
    func remove() -> Outcome {
        guard let text = read() else { return .done }
        guard isOurs(text) else { return .foreign }
        guard unlink(path) == 0 || errno == ENOENT else {
            return .failed("cannot remove \(path): \(ControlError.reason(errno))")
        }
        // Stays if somebody has put something else there.
        if text.contains(Self.directoryLine) { _ = rmdir(directory) }
        return .done
    }

    private func isOurs(_ text: String) -> Bool {
        text.split(separator: "\n", maxSplits: 1).first.map { $0 == mark } ?? false
    }

    /// nil: there is none. What isn't a file, or too long to be one of these, is somebody else's.
    private func read() -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return errno == ENOENT || errno == ENOTDIR ? nil : "" }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }

    private static func make(_ directory: String) -> (isNew: Bool, error: Outcome?) {
        if mkdir(directory, 0o755) == 0 { return (true, nil) }
        if errno == EEXIST { return (false, nil) }
        return (false, .failed("cannot make the directory \(directory): \(ControlError.reason(errno))"))
    }
}
