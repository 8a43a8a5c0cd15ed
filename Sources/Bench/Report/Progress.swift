import Glibc

/// One line on a terminal that tells how far the run has come; nothing where standard error isn't a terminal.
public final class Progress {
    private let isTerminal: Bool
    private let start = MachineClock.now
    private var total: Double = 0
    private var done: Double = 0

    /// Writes to standard error, if `isQuiet` isn't set and it is a terminal.
    public init(isQuiet: Bool = false) {
        isTerminal = !isQuiet && isatty(2) == 1
    }

    /// Tells how many seconds the work is expected to take.
    func expect(seconds: Double) {
        total += seconds
    }

    /// Shows what is being done.
    func show(_ text: String) {
        guard isTerminal else { return }
        let elapsed = Double(MachineClock.now - start) / 1e9
        // What was expected of the work done so far against what it took tells how the rest will go.
        let pace = done > 2 ? max(0.5, min(3, elapsed / done)) : 1
        let left = max(0, total - done) * pace
        let percent = total > 0 ? Int((done / total * 100).rounded(.down)) : 0
        let line = "\(percent) %  \(text)  (\(Quantity.duration(seconds: left)) left)"
        write("\r\u{1B}[K" + String(line.prefix(width() - 1)))
    }

    /// Tells that work was done that was expected to take so long.
    func advance(seconds: Double) {
        done += seconds
    }

    /// Takes the line away.
    func clear() {
        guard isTerminal else { return }
        write("\r\u{1B}[K")
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(2, bytes, bytes.count)
    }

    private func width() -> Int {
        var size = winsize()
        let known = ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20
        return known ? Int(size.ws_col) : 80
    }
}
