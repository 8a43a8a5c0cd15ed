import FoundationEssentials
import Glibc
import SystemPackage

/// Files and directories, with errors that say which.
enum LabFiles {
    /// Makes a directory and all above it.
    static func makeDirectory(_ path: String) throws(LabError) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o755) != 0, errno != EEXIST {
                throw LabError("making the directory \(made)", Errno(rawValue: errno))
            }
        }
    }

    /// Writes a whole file in the place of what is there. It is there whole, or not at all.
    static func write(_ content: String, to path: String) throws(LabError) {
        guard let slash = path.lastIndex(of: "/") else { throw LabError("\(path) is no absolute path") }
        try makeDirectory(String(path[..<slash]))
        let doing = "writing \(path)"
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
        var descriptor = open(path, flags, 0o644)
        if descriptor < 0, errno == EISDIR {
            removeEmpty(path)
            descriptor = open(path, flags, 0o644)
            if descriptor < 0, errno == EISDIR {
                throw LabError("\(path) is a directory with other files in it", hint: "Take them away, and try again.")
            }
        }
        guard descriptor >= 0 else { throw LabError(doing, Errno(rawValue: errno)) }
        let file = FileDescriptor(rawValue: descriptor)
        defer { try? file.close() }
        do {
            try file.writeAll(content.utf8)
        } catch {
            throw LabError(doing, error as? Errno ?? .ioError)
        }
    }

    /// Takes a directory away in which there are none but such directories: files were in them, and are gone.
    private static func removeEmpty(_ path: String) {
        for name in names(in: path) {
            // Of a link, what it leads to stays; the directory is not empty then.
            if isDirectory("\(path)/\(name)") { removeEmpty("\(path)/\(name)") }
        }
        // Refused by the kernel as long as anything is in it.
        rmdir(path)
    }

    /// All of a file; nil if it can't be read.
    static func read(_ path: String) -> String? {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    /// Takes a file, or a directory with all that is in it, away; nothing is mounted there.
    static func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The names in a directory, in order.
    static func names(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// Whether a directory is there.
    static func isDirectory(_ path: String) -> Bool {
        var about = stat()
        return lstat(path, &about) == 0 && about.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether something is there.
    static func exists(_ path: String) -> Bool {
        var about = stat()
        return lstat(path, &about) == 0
    }
}
