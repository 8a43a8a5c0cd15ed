import Capture
import Glibc
import HeddleAPI
import HeddleClient

/// Passes a capture on until it ends: by its own end, a signal, or as many frames or as much time as were asked for.
struct CaptureLoop {
    /// What shall be captured.
    var request: CaptureRequest
    /// Of the daemon.
    var socketPath: String
    /// Frames after which it ends; nil: none.
    var count: Int?
    /// Time after which it ends; nil: none.
    var duration: Duration?

    /// How long the rest may take once the end is asked for.
    private static let patience: Duration = .seconds(3)

    /// What was counted.
    private struct Tally {
        var captured = 0
        /// By interface.
        var lost: [UInt32: UInt64] = [:]
        var comment = ""

        /// `12 frames captured, 3 lost because the reader was slow`
        var line: String {
            let lost = lost.values.reduce(0, +)
            let frames = "\(captured) frame\(captured == 1 ? "" : "s") captured"
            return frames + (lost == 0 ? ", none lost" : ", \(lost) lost because the reader was slow")
        }
    }

    /// Runs to the end and says what was counted, on standard error.
    func run(to destination: CaptureDestination) throws {
        // A reader that leaves is told by EPIPE.
        signal(SIGPIPE, SIG_IGN)
        let signals = TopSignals([SIGHUP, SIGINT, SIGTERM], interruptsCalls: true)
        var stream = try CaptureStream(request, socketPath: socketPath)
        var hasSignal = false
        var output = try CaptureOutput(destination) { TopSignals.hasArrived(SIGHUP, SIGINT, SIGTERM) }
        var blocks = PcapngReader()
        var tally = Tally()
        let start = ContinuousClock.now
        var end = duration.map { start + $0 } ?? start + .seconds(3_650 * 86_400)
        var isEnding = false
        if isatty(STDERR_FILENO) == 1 { Console.standard.note("capturing; Ctrl-C ends it") }
        defer { Console.standard.note(tally.line) }
        do throws(CaptureOutput.Ending) {
            while true {
                let isReady = stream.isDry ? signals.wait(for: stream.descriptor, until: end) : true
                hasSignal = hasSignal || signals.take(SIGHUP, SIGINT, SIGTERM)
                let isTimeUp = ContinuousClock.now >= end
                if isEnding, isTimeUp { break }
                if !isEnding, hasSignal || isTimeUp {
                    isEnding = true
                    stream.finish()
                    end = .now + Self.patience
                }
                guard isReady else { continue }
                guard let bytes = try Self.read(&stream) else { break }
                blocks.add(bytes)
                while let block = try Self.next(&blocks) {
                    if case .packet = block.content {
                        if let count, tally.captured == count { continue }
                        tally.captured += 1
                    }
                    if case .counts(let counts) = block.content {
                        tally.lost[counts.interface] = counts.lost
                        if !counts.comment.isEmpty { tally.comment = counts.comment }
                    }
                    try output.add(block)
                }
                if let count, tally.captured == count, !isEnding {
                    isEnding = true
                    stream.finish()
                    end = .now + Self.patience
                }
                if stream.isDry { try output.flush() }
            }
            try output.flush()
        } catch {
            if case .failed(let error) = error {
                // What came before the error is kept, if it isn't the disk's.
                try? output.flush()
                throw error
            }
        }
        if !tally.comment.isEmpty { throw APIError(.notFound, "the capture has ended: \(tally.comment)") }
    }

    private static func read(_ stream: inout CaptureStream) throws(CaptureOutput.Ending) -> [UInt8]? {
        do throws(APIError) {
            return try stream.read()
        } catch {
            throw .failed(error)
        }
    }

    private static func next(_ blocks: inout PcapngReader) throws(CaptureOutput.Ending) -> PcapngReader.Block? {
        do throws(PcapngReader.FormatError) {
            return try blocks.next()
        } catch {
            throw .failed(APIError(.failed, "what heddled sent is \(error)"))
        }
    }
}
