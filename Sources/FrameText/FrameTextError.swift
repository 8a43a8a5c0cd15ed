/// Why a text is no frame: where in it, what is wrong, and what would be right.
public struct FrameTextError: Error, Sendable, Hashable, CustomStringConvertible {
    /// All that was given.
    public var text: String
    /// Where the trouble begins, in characters from the text's begin.
    public var offset: Int
    /// How many characters it has; at the text's end none.
    public var length: Int
    /// What is wrong: half a sentence.
    public var reason: String
    /// What would be right.
    public var hint: String

    /// Most characters of a line that are shown.
    private static let widest = 100

    /// The reason and the place, on one line.
    public var message: String {
        let word = String(text.dropFirst(offset).prefix(length).prefix(60))
        if word.isEmpty { return "\(reason), at the end" }
        let (line, column) = place
        let isLong = text.contains { $0.isNewline }
        return reason + (isLong ? ", in line \(line + 1), column \(column + 1)" : "")
    }

    /// The line with the trouble, and what is below it to mark the place; nil where the line is too long to show.
    public var marked: String? {
        let (number, column) = place
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        guard number < lines.count, lines[number].count <= Self.widest else { return nil }
        let line = String(lines[number].map { $0 == "\t" ? " " : $0 })
        let width = max(1, min(length, line.count - column))
        return line + "\n" + String(repeating: " ", count: column) + String(repeating: "^", count: width)
    }

    /// Reason, the place in the text, and the hint: two to four lines.
    public var description: String {
        ([message] + (marked.map { [$0] } ?? []) + [hint]).joined(separator: "\n")
    }

    private var place: (line: Int, column: Int) {
        var (line, column) = (0, 0)
        for character in text.prefix(offset) {
            if character.isNewline {
                line += 1
                column = 0
            } else {
                column += 1
            }
        }
        return (line, column)
    }
}
