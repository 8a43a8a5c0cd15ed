import Glibc
import HeddleAPI
import SystemPackage

/// Where output goes, and what it can show.
struct Console: Sendable {
    /// Whether a person sees standard output.
    let isTerminal: Bool
    /// Whether colours and bold text may be used: a terminal, and NO_COLOR unset or empty (no-color.org).
    let isStyled: Bool

    /// The process's own standard output.
    static let standard = Console()

    private init() {
        isTerminal = isatty(STDOUT_FILENO) == 1
        isStyled = isTerminal && Console.environment("NO_COLOR").isEmpty && Console.environment("TERM") != "dumb"
    }

    /// Whether characters beyond ASCII are shown: what the locale's variables say, the first that is set (setlocale(3)).
    static var isUnicode: Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.map(environment).first { !$0.isEmpty } ?? ""
        let name = locale.uppercased()
        return name.contains("UTF-8") || name.contains("UTF8")
    }

    /// Columns and rows of the terminal; nil if there is none.
    var size: (columns: Int, rows: Int)? { Console.size(of: STDOUT_FILENO) }

    /// Whether a person sees standard error, on a terminal that can go back in a line.
    var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 && Console.environment("TERM") != "dumb" }

    /// Columns of the terminal that standard error goes to; nil if there is none.
    var errorColumns: Int? { Console.size(of: STDERR_FILENO)?.columns }

    private static func size(of descriptor: Int32) -> (columns: Int, rows: Int)? {
        var window = winsize()
        // TIOCGWINSZ fills the structure that it is given.
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
            return nil
        }
        return (Int(window.ws_col), Int(window.ws_row))
    }

    /// Writes text to standard output at once.
    func write(_ text: String) throws(APIError) {
        if let errno = Console.write(text, to: .standardOutput) {
            throw APIError(.failed, "writing to standard output failed: \(errno)")
        }
    }

    /// Writes a line to standard error. That nobody may be there to read it is no error.
    func note(_ line: String) {
        _ = Console.write(line + "\n", to: .standardError)
    }

    /// Writes a text to standard error without a line end.
    func noteInPlace(_ text: String) {
        _ = Console.write(text, to: .standardError)
    }

    private static func write(_ text: String, to descriptor: FileDescriptor) -> Errno? {
        do {
            try descriptor.writeAll(text.utf8)
            return nil
        } catch {
            return error as? Errno ?? .ioError
        }
    }

    private static func environment(_ name: String) -> String {
        // The environment is not changed by this program, so that the text stays valid while it is copied.
        guard let value = getenv(name) else { return "" }
        return String(cString: value)
    }
}
