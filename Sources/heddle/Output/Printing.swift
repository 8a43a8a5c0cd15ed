import FoundationEssentials
import HeddleAPI

extension GlobalOptions {
    /// Prints an answer: as JSON if that is wanted, else as `text` makes it.
    func print(_ answer: some Encodable, text: (_ styled: Bool) -> String) throws(APIError) {
        let console = Console.standard
        try console.write(json ? GlobalOptions.encode(answer) : text(console.isStyled))
    }

    /// Prints a list: as a JSON array, or as a table. Of an empty list there is no table, only a word to the person.
    func print(
        _ list: [some Encodable], whenEmpty: String, table: () -> Table
    ) throws(APIError) {
        if list.isEmpty, !json {
            Console.standard.note(whenEmpty)
            return
        }
        try print(list) { styled in table().text(styled: styled) }
    }

    /// Says what was done, to people only: a script has the exit status.
    func say(_ line: String) throws(APIError) {
        if !json { try Console.standard.write(Table.printable(line) + "\n") }
    }

    /// JSON for reading, with keys in order and a line end.
    static func encode(_ answer: some Encodable, pretty: Bool = true) throws(APIError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        do {
            return closingUp(String(decoding: try encoder.encode(answer), as: UTF8.self)) + "\n"
        } catch {
            throw APIError(.failed, "the answer cannot be written as JSON: \(error)")
        }
    }

    /// Foundation writes an empty array or object on three lines; here it becomes `[]` or `{}`. An empty line can be
    /// nothing else: in a string a line end is written as an escape.
    private static func closingUp(_ text: String) -> String {
        var lines: [Substring] = []
        var isEmpty = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty {
                isEmpty = true
            } else if isEmpty, let opening = lines.popLast() {
                lines.append(opening + line.drop { $0 == " " })
                isEmpty = false
            } else {
                lines.append(line)
            }
        }
        return lines.joined(separator: "\n")
    }
}
