import Glibc

/// Where the files of one daemon lie.
public struct RuntimePaths: Hashable, Sendable {
    /// The API's socket.
    public let socket: String
    /// The state directory.
    public let stateDirectory: String

    /// Longest path of a unix socket in bytes (sun_path less its terminating zero).
    private static let longestSocketPath = 107

    /// Checks the paths; makes nothing.
    public init(socket: String, stateDirectory: String) throws(ControlError) {
        self.socket = Self.absolute(socket)
        self.stateDirectory = Self.absolute(stateDirectory)
        let longest = Self.longestSocketPath - ".engine".utf8.count
        if self.socket.utf8.count > longest {
            throw ControlError(
                "the socket path \(self.socket) is \(self.socket.utf8.count) bytes long; Linux leaves room for"
                    + " \(longest): choose a shorter --socket")
        }
        if socket.isEmpty || socket.hasSuffix("/") {
            throw ControlError("--socket must name a file, not \"\(socket)\"")
        }
        if stateDirectory.isEmpty { throw ControlError("--state-dir is empty") }
    }

    /// The engine's socket.
    var engine: String { socket + ".engine" }
    /// The tables that daemon and engine share.
    var tables: String { socket + ".tables" }
    /// The file over which the private namespace is bound.
    var namespace: String { socket + ".ns" }
    /// Locked as long as a daemon serves the socket.
    var socketLock: String { socket + ".lock" }
    /// Locked as long as a daemon uses the state directory.
    var stateLock: String { stateDirectory + "/lock" }
    /// Where `socket` and the files beside it lie.
    var runtimeDirectory: String {
        guard let slash = socket.lastIndex(of: "/"), slash != socket.startIndex else { return "/" }
        return String(socket[..<slash])
    }

    /// Makes both directories, with what leads there; refuses a place for the socket that is taken by something else,
    /// before anything is made that would be left when nobody can listen there.
    func makeDirectories() throws(ControlError) {
        try Self.makeDirectory(runtimeDirectory, mode: 0o755)
        var status = stat()
        if lstat(socket, &status) == 0, status.st_mode & S_IFMT != S_IFSOCK {
            throw ControlError("\(socket) exists and is not a socket: remove it, or choose another --socket")
        }
        try Self.makeDirectory(stateDirectory, mode: 0o700)
    }

    /// Makes the directory of a socket that others look for.
    public static func makeDirectory(of path: String) throws(ControlError) {
        guard path.hasPrefix("/"), let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        try makeDirectory(String(path[..<slash]), mode: 0o755)
    }

    private static func makeDirectory(_ path: String, mode: mode_t) throws(ControlError) {
        var end = path.startIndex
        while end != path.endIndex {
            end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
            let part = String(path[..<end])
            if mkdir(part, end == path.endIndex ? mode : 0o755) == 0 || errno == EEXIST { continue }
            throw ControlError("cannot make the directory \(part): \(ControlError.reason(errno))")
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw ControlError("\(path) is not a directory")
        }
    }

    private static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let buffer = getcwd(nil, 0) else { return path }
        defer { free(buffer) }
        return String(cString: buffer) + "/" + path
    }
}
