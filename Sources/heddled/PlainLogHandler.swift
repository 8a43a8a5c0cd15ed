import Glibc
import Logging

/// Log lines for people: on standard error, the level only where it is a warning or worse.
struct PlainLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    init() {
        let chosen = getenv("HEDDLE_LOG").flatMap { Logger.Level(rawValue: String(cString: $0)) }
        logLevel = chosen ?? .notice
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var text = event.level >= .warning ? "\(event.level): \(event.message)" : "\(event.message)"
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        for key in all.keys.sorted() {
            if let value = all[key] { text += " \(key)=\(value)" }
        }
        Self.write(text)
    }

    /// Writes a line at once, whole.
    static func write(_ text: String) {
        let line = Array("heddled: \(text)\n".utf8)
        _ = Glibc.write(STDERR_FILENO, line, line.count)
    }
}
