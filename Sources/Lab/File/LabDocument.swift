import Yams

/// A lab file as a tree with places. Knows nothing of labs.
enum LabDocument {
    /// Most bytes of a file.
    static let largest = 4 << 20
    /// How many keys that are there twice are told of in one file.
    private static let mostDuplicates = 50

    /// Reads the text, in which libyaml bears 1000 lists and mappings in each other; nil, with a problem, if it is no YAML
    /// or is empty. Keys that are there twice are problems, and the tree has the first under a name that `original` knows.
    static func root(of text: String, problems: inout [LabProblem]) -> Node? {
        guard text.utf8.count <= largest else {
            problems.append(LabProblem(LabPlace(), "the file is larger than \(largest >> 20) MiB"))
            return nil
        }
        var text = text
        for number in 0...mostDuplicates {
            do {
                guard let root = try Yams.compose(yaml: text) else {
                    problems.append(LabProblem(LabPlace(), "the file is empty: begin with nodes:"))
                    return nil
                }
                return root
            } catch let YamlError.duplicatedKeysInMapping(duplicates, context) {
                // The parser stops at them; under another name the rest can be read.
                guard number < mostDuplicates, let key = duplicates.first,
                    let renamed = rename(key, in: text, at: context.mark, to: "\(mark)\(number):\(key)")
                else {
                    let names = duplicates.map(\.debugDescription).joined(separator: ", ")
                    problems.append(LabProblem(LabPlace(line: context.mark.line), "\(names): there twice"))
                    return nil
                }
                text = renamed
            } catch {
                problems.append(problem(of: error, in: text))
                return nil
            }
        }
        return nil
    }

    /// Begins the name of a key that is there again: from a private use area, so that no key begins so.
    private static let mark: Character = "\u{F8FE}"

    /// The name in the file of a key that was renamed; nil for others.
    static func original(_ key: String) -> String? {
        guard key.first == mark, let colon = key.firstIndex(of: ":") else { return nil }
        return String(key[key.index(after: colon)...])
    }

    /// The text with one key called otherwise, all on the same lines; nil if it is not written there as it is called.
    private static func rename(_ key: String, in text: String, at place: Mark, to name: String) -> String? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.indices.contains(place.line - 1) else { return nil }
        let line = lines[place.line - 1].unicodeScalars
        guard
            var start = line.index(line.startIndex, offsetBy: place.column - 1, limitedBy: line.endIndex),
            start < line.endIndex
        else { return nil }
        if line[start] == "\"" || line[start] == "'" { start = line.index(after: start) }
        guard line[start...].starts(with: key.unicodeScalars), !key.isEmpty else { return nil }
        let end = line.index(start, offsetBy: key.unicodeScalars.count)
        lines[place.line - 1] = String(line[..<start]) + name + String(line[end...])
        return lines.joined(separator: "\n")
    }

    private static func problem(of error: any Error, in text: String) -> LabProblem {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            return LabProblem(LabPlace(line: mark.line), self.problem(problem, at: mark, in: text))
        case YamlError.reader(let problem, let offset, _, _):
            let before = text.utf8.prefix(offset ?? 0)
            let line = 1 + before.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
            return LabProblem(LabPlace(line: line), "this is no YAML: \(problem)")
        default:
            return LabProblem(LabPlace(), "this is no YAML: \(error)")
        }
    }

    /// What libyaml says, in words of its users' where its own are of its insides.
    private static func problem(_ problem: String, at mark: Mark, in text: String) -> String {
        if problem.hasPrefix("found character that cannot start any token") {
            // By scalars: with a carriage return before it, a line end is another character.
            let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            let line = lines.indices.contains(mark.line - 1) ? lines[mark.line - 1] : Substring().unicodeScalars
            let before = line.prefix(mark.column - 1)
            let character = line.dropFirst(mark.column - 1).first
            if character == "\t", before.allSatisfy({ $0 == " " || $0 == "\t" }) {
                return "this is no YAML: a tab can't indent: use spaces"
            }
            let shown = character.map { String($0).debugDescription } ?? "this character"
            return "this is no YAML: no value begins with \(shown): put it in quotes"
        }
        if problem.contains("found another document") {
            return "one document is read; a second begins at line \(mark.line)"
        }
        if problem.hasPrefix("Maximum nesting level") {
            return "the lists and mappings lie too deep in each other: \(deepest) are possible"
        }
        return "this is no YAML: \(problem)"
    }

    /// Most lists and mappings in each other that libyaml reads (MAX_NESTING_LEVEL).
    private static let deepest = 1_000
}
