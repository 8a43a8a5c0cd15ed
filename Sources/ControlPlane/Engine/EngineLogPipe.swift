import CLinux
import Glibc
import Logging

/// The engine's standard error: a pipe into the daemon's log. The engine never waits for its reader. For the wiring
/// thread.
final class EngineLogPipe {
    /// The engine's end.
    let writing: Int32
    private let reading: Int32
    private let loop: WiringLoop
    private let log: Logger
    private var partial: [UInt8] = []

    /// A line of this many bytes is cut.
    private static let longestLine = 4_096

    init?(loop: WiringLoop, log: Logger) {
        var ends: (Int32, Int32) = (-1, -1)
        guard heddle_log_pipe(&ends.0, &ends.1) == 0 else { return nil }
        (reading, writing) = ends
        self.loop = loop
        self.log = log
        loop.watch(reading) { [weak self] in self?.drain() }
    }

    deinit {
        close(reading)
        close(writing)
    }

    private func drain() {
        var buffer = [UInt8](repeating: 0, count: 8_192)
        while true {
            let count = read(reading, &buffer, buffer.count)
            if count <= 0 { return }
            partial += buffer[..<count]
            while let end = partial.firstIndex(of: UInt8(ascii: "\n")) {
                show(partial[..<end])
                partial.removeSubrange(...end)
            }
            if partial.count > Self.longestLine {
                show(partial[...])
                partial = []
            }
        }
    }

    private func show(_ line: ArraySlice<UInt8>) {
        let text = String(decoding: line.prefix(Self.longestLine), as: UTF8.self)
        if !text.isEmpty { log.notice("engine: \(text)") }
    }
}
