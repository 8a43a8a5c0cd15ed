import Glibc
import HeddleAPI
import HeddleClient

/// `heddle stats --watch`: the same place of a terminal again and again, or one block after another.
///
/// Survives the daemon: while it is away, that is said once and tried again at every turn.
struct StatsWatch {
    let global: GlobalOptions
    let interval: Duration

    private let console = Console.standard

    init(global: GlobalOptions, interval: Duration) {
        self.global = global
        self.interval = interval
    }

    /// Runs until SIGINT or SIGTERM, which end it without an error.
    func run() throws(APIError) {
        // A daemon that is stopped must not hold up Ctrl-C for long.
        let client = DaemonClient(socketPath: global.socketPath, timeout: .seconds(2))
        // Blocked from here on and fetched while waiting, so that a turn is never cut in the middle.
        var signals = StatsWatch.blockSignals()
        // A daemon that is not there at the beginning is an error like with every command.
        var last = try Look(client)
        try showFirst(last.statistics)
        var isAway = false
        var turn = last.instant + interval
        while !StatsWatch.wait(until: turn, for: &signals) {
            turn = max(turn + interval, .now)
            guard let look = try lookAgain(client, isAway: &isAway) else { continue }
            try show(last, look)
            last = look
        }
        if console.isTerminal { try console.write("\n") }
    }

    /// The counters at one time.
    private struct Look {
        var statistics: Statistics
        var instant: ContinuousClock.Instant

        init(_ client: DaemonClient) throws(APIError) {
            statistics = try client.statistics()
            instant = .now
        }
    }

    /// nil while the daemon cannot be reached; says so when it begins and when it ends.
    private func lookAgain(_ client: DaemonClient, isAway: inout Bool) throws(APIError) -> Look? {
        let look: Look
        do throws(APIError) {
            look = try Look(client)
        } catch {
            guard error.code == .unavailable else { throw error }
            if !isAway { report("\(error.message); trying again") }
            isAway = true
            return nil
        }
        if isAway { report("heddled is back") }
        isAway = false
        return look
    }

    private func showFirst(_ statistics: Statistics) throws(APIError) {
        if global.json {
            try console.write(GlobalOptions.encode(statistics, pretty: false))
        } else if console.isTerminal {
            try redraw(["measuring …"])
        }
    }

    private func show(_ earlier: Look, _ later: Look) throws(APIError) {
        if global.json {
            try console.write(GlobalOptions.encode(later.statistics, pretty: false))
            return
        }
        let seconds = earlier.instant.duration(to: later.instant) / .seconds(1)
        let rates = StatsRates(from: earlier.statistics, to: later.statistics, seconds: seconds)
        let lines = rates.rows.isEmpty ? ["there are no ports"] : rates.table.lines(styled: console.isStyled)
        if console.isTerminal {
            try redraw(lines)
        } else {
            try console.write(lines.joined(separator: "\n") + "\n\n")
        }
    }

    private func report(_ message: String) {
        console.note("heddle: " + message)
    }

    /// Draws from the terminal's top, line over line, and clears what is left of the last time. What has no room is
    /// counted, since a screen that scrolls could not be drawn over.
    private func redraw(_ lines: [String]) throws(APIError) {
        var shown = lines[...]
        if let size = console.size, lines.count > size.rows - 2, size.rows > 3 {
            shown = lines[..<(size.rows - 3)]
            shown.append("… and \(lines.count - shown.count) ports more")
        }
        // Without line wrap (DECAWM), so that a narrow window cuts lines off.
        let text = shown.map { $0 + "\u{1B}[K\n" }.joined()
        try console.write("\u{1B}[H\u{1B}[?7l" + text + "\u{1B}[?7h\u{1B}[J")
    }

    private static func blockSignals() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        return signals
    }

    /// Sleeps until `instant`; true if one of the signals came first.
    private static func wait(until instant: ContinuousClock.Instant, for signals: inout sigset_t) -> Bool {
        while true {
            let (seconds, attoseconds) = max(.zero, ContinuousClock.now.duration(to: instant)).components
            var timeout = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
            if sigtimedwait(&signals, nil, &timeout) > 0 { return true }
            if errno == EAGAIN { return false }
        }
    }
}
