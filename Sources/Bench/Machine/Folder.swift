import Glibc
import SystemPackage

/// Directories: listing, temporary ones, removal.
package enum Folder {
    /// The names in a directory except "." and "..", unsorted; empty if it cannot be read.
    package static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            // d_name is a C string within the entry, which is valid until the next readdir.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Where temporary directories are made.
    package static var temporaryParent: String {
        getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    }

    /// Makes a directory that only this user can enter, with a name that nobody else has.
    package static func makeTemporary(prefix: String) throws -> String {
        let parent = temporaryParent
        var template = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw BenchError("cannot make a temporary directory in \(parent): \(Errno(rawValue: errno))")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes a directory and all in it; what is mounted there is unmounted first.
    package static func remove(_ path: String) {
        for name in names(in: path) {
            let item = "\(path)/\(name)"
            umount2(item, Int32(MNT_DETACH))
            if unlink(item) != 0, errno == EISDIR || errno == EPERM { remove(item) }
        }
        rmdir(path)
    }
}
