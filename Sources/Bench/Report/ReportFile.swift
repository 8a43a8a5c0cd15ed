import Glibc
import SystemPackage

/// The file that the report page goes to.
public enum ReportFile {
    /// Throws if nothing can be written there, without touching what is there.
    public static func check(_ path: String) throws {
        let existed = access(path, F_OK) == 0
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw BenchError("cannot write the report \(path): \(Errno(rawValue: errno))")
        }
        close(descriptor)
        if !existed { unlink(path) }
    }

    /// Writes the page.
    public static func write(_ page: String, to path: String) throws {
        do {
            try TextFile.write(page, to: path)
        } catch {
            throw BenchError("cannot write the report \(path): \(error)")
        }
    }
}
