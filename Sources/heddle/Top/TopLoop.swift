import Glibc
import HeddleAPI
import HeddleClient

/// `heddle top` at work: looks at the counters turn by turn, draws, and takes keys in. Survives the daemon: while it is
/// away the last figures stay, and that they are old is said.
struct TopLoop {
    let client: DaemonClient
    let view: TopView
    let isJSON: Bool
    /// How many turns to print, one after another; nil: until it is ended.
    let turns: Int?

    private let console = Console.standard

    init(client: DaemonClient, isJSON: Bool, turns: Int?) {
        self.client = client
        self.isJSON = isJSON
        self.turns = turns
        view = TopView(isStyled: console.isStyled, isUnicode: Console.isUnicode)
    }

    /// Runs until a person or a signal ends it, or all turns are printed.
    func run(_ state: TopState) throws(APIError) {
        // A daemon that is not there at the beginning is an error like with every command.
        let first = try Look(client)
        let signals = TopSignals()
        if turns == nil, !isJSON, let screen = try TopScreen() {
            defer { screen.leave() }
            try interact(first, state, screen, signals)
        } else {
            try printTurns(first, state, signals)
        }
    }

    /// The counters at one time.
    private struct Look {
        var statistics: Statistics
        var status: Status
        var instant: ContinuousClock.Instant

        init(_ client: DaemonClient) throws(APIError) {
            statistics = try client.statistics()
            instant = .now
            status = try client.status()
        }
    }

    /// Nil while the daemon can't be reached.
    private func look() throws(APIError) -> Look? {
        do throws(APIError) {
            return try Look(client)
        } catch {
            guard error.code == .unavailable else { throw error }
            return nil
        }
    }

    private func seconds(_ earlier: Look, _ later: Look) -> Double {
        earlier.instant.duration(to: later.instant) / .seconds(1)
    }

    private func interact(
        _ first: Look, _ begun: TopState, _ screen: TopScreen, _ signals: TopSignals
    ) throws(APIError) {
        var state = begun
        var last = first
        var content = TopView.Content(
            rates: StatsRates(from: first.statistics, to: first.statistics, seconds: 0), history: TopHistory(),
            status: first.status, trouble: nil)
        // Soon, so that the first figures don't take a whole turn.
        var turn = ContinuousClock.now + min(state.interval, .milliseconds(300))
        while true {
            try screen.draw(view.lines(content, &state, height: screen.height))
            var isRedrawn = false
            while !isRedrawn {
                let hasKeys = signals.wait(for: STDIN_FILENO, until: turn)
                if signals.take(SIGINT, SIGTERM, SIGHUP) { return }
                if signals.take(SIGTSTP) {
                    try screen.stop()
                    isRedrawn = true
                }
                if signals.take(SIGWINCH) { isRedrawn = true }
                if hasKeys {
                    guard let keys = screen.keys(signals) else { return }
                    let interval = state.interval
                    for key in keys {
                        switch state.press(key, page: TopView.page(height: screen.height)) {
                        case .quit: return
                        case .redraw: isRedrawn = true
                        case .none: break
                        }
                    }
                    if state.interval != interval { turn = .now + state.interval }
                }
                guard ContinuousClock.now >= turn else { continue }
                turn = max(turn + state.interval, .now)
                guard !state.isPaused else { continue }
                isRedrawn = true
                guard let later = try look() else {
                    content.trouble = "heddled can't be reached; these figures are old"
                    continue
                }
                content = next(content, last, later)
                last = later
            }
        }
    }

    private func next(_ content: TopView.Content, _ earlier: Look, _ later: Look) -> TopView.Content {
        let rates = StatsRates(
            from: earlier.statistics, to: later.statistics, seconds: seconds(earlier, later))
        var history = content.history
        history.add(rates)
        return TopView.Content(rates: rates, history: history, status: later.status, trouble: nil)
    }

    private func printTurns(_ first: Look, _ begun: TopState, _ signals: TopSignals) throws(APIError) {
        var state = begun
        var last = first
        var content = TopView.Content(
            rates: StatsRates(from: first.statistics, to: first.statistics, seconds: 0), history: TopHistory(),
            status: first.status, trouble: nil)
        var printed = 0
        var turn = first.instant + state.interval
        var isAway = false
        while turns.map({ printed < $0 }) ?? true {
            while ContinuousClock.now < turn {
                _ = signals.wait(for: -1, until: turn)
                if signals.take(SIGINT, SIGTERM, SIGHUP) { return }
            }
            turn = max(turn + state.interval, .now)
            guard let later = try look() else {
                if !isAway { console.note("heddle: heddled can't be reached; trying again") }
                isAway = true
                continue
            }
            if isAway { console.note("heddle: heddled is back") }
            isAway = false
            content = next(content, last, later)
            if isJSON {
                let report = TopReport(content.rates, state, seconds: seconds(last, later))
                try console.write(GlobalOptions.encode(report, pretty: false))
            } else {
                let lines = view.lines(content, &state, height: nil)
                try console.write(lines.joined(separator: "\n") + "\n\n")
            }
            last = later
            printed += 1
        }
    }
}
