import Glibc
import HeddleAPI

/// A terminal while `heddle top` has it: its second screen, without a cursor, without echo, every key at once.
struct TopScreen {
    private let console = Console.standard
    private var before = termios()

    /// Takes the terminal over. Nil if standard input or output is none.
    init?() throws(APIError) {
        guard console.isTerminal, tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
        try enter()
    }

    /// Rows of the window; 24 where it doesn't tell.
    var height: Int { max(TopView.linesAround + 1, console.size?.rows ?? 24) }

    /// Draws from the top, line over line, and clears what is left of the last time. Lines that are too long are cut
    /// (DECAWM is off).
    func draw(_ lines: [String]) throws(APIError) {
        try console.write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\u{1B}[J")
    }

    /// The keys that have come. Nil if the terminal is gone.
    func keys(_ signals: TopSignals) -> [TopKey]? {
        var bytes: [UInt8] = []
        repeat {
            var buffer = [UInt8](repeating: 0, count: 256)
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            guard count > 0 else { return count < 0 && errno == EINTR ? [] : nil }
            bytes += buffer.prefix(count)
            // An escape alone is a key, and also how a sequence begins whose rest is still on its way.
        } while bytes.last == 0x1B && signals.wait(for: STDIN_FILENO, until: .now + .milliseconds(25))
        return TopKey.read(bytes)
    }

    /// Gives the terminal back, stops this process as its shell expects (Ctrl-Z), and takes it again when told to go on.
    func stop() throws(APIError) {
        leave()
        raise(SIGSTOP)
        try enter()
    }

    /// Gives the terminal back as it was.
    func leave() {
        // A terminal that is gone needs nothing back.
        try? console.write("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        var settings = before
        tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
    }

    private func enter() throws(APIError) {
        var settings = before
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
        try console.write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l")
    }
}
