import Glibc
import HeddleAPI
import Lab
import Synchronization

/// Shows on standard error how far a lab is: on a terminal a line that changes, otherwise a line only about what takes
/// long. What goes wrong is told as it happens, always.
final class LabProgressLine: Sendable {
    private struct State {
        var progress = LabProgress()
        /// What stands in the line where the cursor is.
        var shown = ""
        var isOver = false
    }

    private let state = Mutex(State())
    private let isTerminal: Bool
    private let isQuiet: Bool
    private let console = Console.standard

    /// How often it is looked at, in microseconds.
    private static let period: useconds_t = 100_000

    /// A line that is not shown yet.
    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
        isTerminal = console.isErrorTerminal
    }

    /// Shows it from now on; `end` ends that.
    func begin() {
        guard !isQuiet else { return }
        var thread = pthread_t()
        // The thread holds a reference of its own, which it gives back.
        let context = Unmanaged.passRetained(self)
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<LabProgressLine>.fromOpaque(argument).takeRetainedValue().watch()
                return nil
            }, context.toOpaque())
        // Nobody waits for it: without it there is no line, and nothing else is amiss.
        if failure == 0 { pthread_detach(thread) } else { context.release() }
    }

    /// Takes news in; by any thread.
    @Sendable func report(_ news: LabNews) {
        state.withLock { state in
            state.progress.note(news, at: .now)
            for line in LabOutcomePrinter.lines(of: news) {
                clear(&state)
                console.note(line)
            }
        }
    }

    /// Takes the line away; nothing is shown after that.
    func end() {
        state.withLock { state in
            clear(&state)
            state.isOver = true
        }
    }

    private func watch() {
        var isOver = false
        while !isOver {
            usleep(Self.period)
            isOver = state.withLock { state in
                if !state.isOver { show(&state) }
                return state.isOver
            }
        }
    }

    private func show(_ state: inout State) {
        guard isTerminal else {
            for line in state.progress.delays(at: .now) { console.note("heddle: \(Table.printable(line))") }
            return
        }
        guard let line = state.progress.line(at: .now) else { return clear(&state) }
        let columns = console.errorColumns ?? 80
        // The last column stays free, so that no terminal begins another line.
        let text = String(Table.printable(line).prefix(max(columns - 1, 1)))
        if text == state.shown { return }
        console.noteInPlace("\r\u{1B}[K" + text)
        state.shown = text
    }

    private func clear(_ state: inout State) {
        if state.shown.isEmpty { return }
        console.noteInPlace("\r\u{1B}[K")
        state.shown = ""
    }
}
