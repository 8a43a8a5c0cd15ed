/// Something that is wrong in a lab file.
public struct LabProblem: Error, Hashable, Sendable {
    /// Where it stands.
    public var place: LabPlace
    /// What is wrong and what to write instead.
    public var message: String

    /// Makes a problem.
    public init(_ place: LabPlace, _ message: String) {
        self.place = place
        self.message = message
    }
}

/// A place in a lab file.
public struct LabPlace: Hashable, Sendable {
    /// From 1 on.
    public var line: Int
    /// The keys that lead there: "nodes.web.networks[0]". Empty for the file as a whole.
    public var path: String

    /// Makes a place.
    public init(line: Int = 1, path: String = "") {
        self.line = line
        self.path = path
    }
}

/// All that is wrong with a lab file: as long as there is anything, nothing is built.
public struct LabProblems: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file as it was named.
    public var file: String
    /// In the order of the lines; never empty.
    public var problems: [LabProblem]

    /// Makes the error; each thing is said once.
    public init(file: String, problems: [LabProblem]) {
        self.file = file
        var seen: Set<LabProblem> = []
        let once = problems.filter { seen.insert($0).inserted }
        // Stable, so that what belongs together stays together.
        self.problems = once.enumerated().sorted {
            ($0.element.place.line, $0.offset) < ($1.element.place.line, $1.offset)
        }.map(\.element)
    }

    /// A line for each: `lab.yaml:12: nodes.web.networks[0]: there is no network "lam"`.
    public var description: String {
        problems.map { problem in
            let path = problem.place.path.isEmpty ? "" : problem.place.path + ": "
            return "\(file):\(problem.place.line): " + Self.onOneLine(path + problem.message)
        }.joined(separator: "\n")
    }

    /// With control characters, as keys may have them, written as Swift and YAML write them.
    private static func onOneLine(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case _ where scalar.properties.generalCategory == .control || ["\u{2028}", "\u{2029}"].contains(scalar):
                line +=
                    "\\u" + String(repeating: "0", count: 4 - String(scalar.value, radix: 16).count)
                    + String(scalar.value, radix: 16)
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}
