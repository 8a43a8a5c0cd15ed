import Glibc

/// Whether programs are there, as the shell would find them.
public enum ProgramSearch {
    /// What the shell itself does (POSIX, 2.9.1 and 2.14), and what it does not look for.
    private static let shellWords: Set<String> = [
        "!", ".", ":", "[", "alias", "bg", "break", "case", "cd", "command", "continue", "echo", "eval", "exec", "exit",
        "export", "false", "fg", "for", "function", "getopts", "hash", "if", "jobs", "kill", "local", "printf", "pwd",
        "read", "readonly", "return", "select", "set", "shift", "source", "test", "time", "times", "trap", "true",
        "type",
        "ulimit", "umask", "unalias", "unset", "until", "wait", "while", "{",
    ]

    /// The program that a command begins with, if that can be told and it is looked for in PATH.
    static func program(of command: LabCommand) -> String? {
        let isShell = command.words.count == 3 && command.words[0] == "sh" && command.words[1] == "-c"
        var word = command.words[0]
        if isShell {
            guard let first = command.text.split(whereSeparator: \.isWhitespace).first else { return nil }
            word = first.last == ";" ? String(first.dropLast()) : String(first)
        }
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_.+[!".utf8.contains(byte)
            }
        }
        return isPlain && !(isShell && shellWords.contains(word)) ? word : nil
    }

    /// Whether a directory of PATH has it.
    public static func isThere(_ name: String) -> Bool {
        path(of: name, in: environmentPath) != nil
    }

    /// Where a program lies; a name with a slash is a path already. If it need not be executable, any file of that name.
    static func path(of name: String, in path: String, executable: Bool = true) -> String? {
        let mode = executable ? X_OK : F_OK
        if name.contains("/") { return access(name, mode) == 0 ? name : nil }
        for directory in path.split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = "\(directory.isEmpty ? "." : directory)/\(name)"
            var about = stat()
            guard stat(candidate, &about) == 0, about.st_mode & S_IFMT == S_IFREG else { continue }
            if access(candidate, mode) == 0 { return candidate }
        }
        return nil
    }

    /// PATH, or what programs find without it.
    static var environmentPath: String {
        // The environment is not changed by this program, so that the text stays valid while it is copied.
        getenv("PATH").map { String(cString: $0) } ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    }
}
