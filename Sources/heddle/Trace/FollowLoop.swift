import Capture
import Glibc
import HeddleAPI
import HeddleClient

/// Follows frames until as many have been told as were asked for, a signal comes, or what was followed is gone.
struct FollowLoop {
    /// What is followed.
    var request: CaptureRequest
    /// Of the daemon.
    var socketPath: String
    /// Frames after which it ends.
    var count: Int

    /// How long the rest may take once the end is asked for.
    private static let patience: Duration = .seconds(3)
    /// How long nothing more has to come for a frame to be told: its records come together.
    private static let silence: Duration = .milliseconds(100)

    /// What has come.
    private struct State {
        var ports: [String] = []
        var frame: FollowedFrame?
        var arrived = 0
        /// Records that were lost, as those behind them tell.
        var missed: UInt64 = 0
        /// The same as the daemon counts them, by port.
        var counted: [UInt32: UInt64] = [:]
        var why = ""
    }

    /// What is said at the end; nil: nothing is to be said. `counted` has what was lost behind the last record, too.
    static func summary(arrived: Int, of count: Int, missed: UInt64, counted: UInt64) -> String? {
        let lost = max(missed, counted)
        if arrived >= count, lost == 0 { return nil }
        let frames = "\(arrived) of \(count) frame\(count == 1 ? "" : "s") came"
        return frames + (lost == 0 ? "" : "; " + FollowedFrame.loss(lost))
    }

    /// Runs to the end.
    func run(tell: (FollowedFrame) throws(APIError) -> Void) throws(APIError) {
        signal(SIGPIPE, SIG_IGN)
        let signals = TopSignals([SIGHUP, SIGINT, SIGTERM], interruptsCalls: true)
        var stream = try CaptureStream(request, socketPath: socketPath)
        var blocks = PcapngReader()
        var state = State()
        var end: ContinuousClock.Instant?
        if isatty(STDERR_FILENO) == 1 { Console.standard.note("waiting for frames; Ctrl-C ends it") }
        // Also where the daemon dies.
        defer {
            let summary = Self.summary(
                arrived: state.arrived, of: count, missed: state.missed, counted: state.counted.values.reduce(0, +))
            if let summary { Console.standard.note(summary) }
        }
        while true {
            if end == nil, signals.take(SIGHUP, SIGINT, SIGTERM) || state.arrived >= count {
                stream.finish()
                end = .now + Self.patience
            }
            let silence = ContinuousClock.now + (state.frame == nil ? .seconds(3_600) : Self.silence)
            let isReady = stream.isDry ? signals.wait(for: stream.descriptor, until: end ?? silence) : true
            if let end, ContinuousClock.now >= end { break }
            guard isReady else {
                if end == nil, ContinuousClock.now >= silence { try Self.finish(&state, tell) }
                continue
            }
            let piece: [UInt8]?
            do throws(APIError) {
                piece = try Self.read(&stream, isEnding: end != nil)
            } catch {
                // What came before is told.
                try Self.finish(&state, tell)
                throw error
            }
            guard let bytes = piece else { break }
            blocks.add(bytes)
            while let block = try Self.next(&blocks) { try Self.take(block, &state, tell) }
        }
        try Self.finish(&state, tell)
        if !state.why.isEmpty { throw APIError(.notFound, "nothing more is followed: \(state.why)") }
    }

    private static func take(
        _ block: PcapngReader.Block, _ state: inout State, _ tell: (FollowedFrame) throws(APIError) -> Void
    ) throws(APIError) {
        switch block.content {
        case .interface(let interface): state.ports.append(interface.name)
        case .counts(let counts):
            state.counted[counts.interface] = counts.lost
            if !counts.comment.isEmpty { state.why = counts.comment }
        case .packet(let packet):
            let place = Int(packet.interface)
            let port = place < state.ports.count ? state.ports[place] : "?"
            state.missed += packet.lostBefore
            if packet.direction != .out {
                if packet.lostBefore > 0 { state.frame?.lose(packet.lostBefore) }
                try finish(&state, tell)
                state.frame = FollowedFrame(packet, port: port)
                state.arrived += 1
            } else if packet.number == state.frame?.number {
                state.frame?.add(packet, port: port)
            }
        case .section, .other: break
        }
    }

    private static func finish(
        _ state: inout State, _ tell: (FollowedFrame) throws(APIError) -> Void
    ) throws(APIError) {
        guard let frame = state.frame else { return }
        state.frame = nil
        try tell(frame)
    }

    /// nil: the end. Once that was asked for, it doesn't matter how it comes.
    private static func read(_ stream: inout CaptureStream, isEnding: Bool) throws(APIError) -> [UInt8]? {
        do throws(APIError) {
            return try stream.read()
        } catch {
            if isEnding { return nil }
            throw error
        }
    }

    private static func next(_ blocks: inout PcapngReader) throws(APIError) -> PcapngReader.Block? {
        do throws(PcapngReader.FormatError) {
            return try blocks.next()
        } catch {
            throw APIError(.failed, "what heddled sent is \(error)")
        }
    }
}
