import Foundation

/// Heddle's programs as they were built.
enum Programs {
    static let daemon = path("heddled")
    static let engine = path("heddle-engine")
    static let client = path("heddle")

    /// Beside the test program, or in HEDDLE_BIN.
    private static func path(_ name: String) -> String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
        if FileManager.default.isExecutableFile(atPath: beside) { return beside }
        let other = ProcessInfo.processInfo.environment["HEDDLE_BIN"] ?? "."
        return other + "/" + name
    }

    /// A program of the system, wherever it lies.
    static func system(_ name: String) throws -> String {
        for folder in ["/usr/sbin", "/usr/bin", "/sbin", "/bin"] {
            let path = "\(folder)/\(name)"
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        throw LabError("\(name) is not installed")
    }
}
