import Glibc
import SystemPackage

/// Files of reports: the page that is written, the JSON that is read again.
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

    /// Reads a report from what `--json` printed.
    public static func read(_ path: String) throws -> BenchReport {
        let text: String
        do {
            text = try TextFile.read(path)
        } catch {
            throw BenchError("cannot read the report \(path): \(error)")
        }
        do {
            return try BenchReport(json: text)
        } catch {
            throw BenchError(
                "\(path) is not what heddle bench --json prints", hint: "it may be of another version of Heddle")
        }
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
