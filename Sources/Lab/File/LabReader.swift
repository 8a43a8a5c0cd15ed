import HeddleAPI

/// Reads lab files.
public struct LabReader {
    var fields = LabFieldReader()
    var lab: LabDescription
    /// Whether programs that commands begin with are there; tests have another.
    let hasProgram: (String) -> Bool

    private init(name: String, hasProgram: @escaping (String) -> Bool) {
        lab = LabDescription(name: name)
        self.hasProgram = hasProgram
    }

    /// Reads a file's text. `file` is what problems are said of, and the lab's name if the file has none. Throws all that
    /// is wrong at once.
    public static func read(
        _ text: String, file: String, hasProgram: @escaping (String) -> Bool = ProgramSearch.isThere
    ) throws(LabProblems) -> LabDescription {
        let stem = file.split(separator: "/").last.map { $0.split(separator: ".").first ?? $0 } ?? ""
        var reader = LabReader(name: LabName.made(from: String(stem)), hasProgram: hasProgram)
        var problems: [LabProblem] = []
        if let root = LabDocument.root(of: text, problems: &problems) {
            reader.read(LabField(node: root, place: LabPlace()))
            var check = LabCheck(reader.lab)
            check.run()
            problems += reader.fields.problems
            problems += check.problems
        }
        guard problems.isEmpty else { throw LabProblems(file: file, problems: problems) }
        return reader.lab
    }

    private mutating func read(_ root: LabField) {
        guard let keys = fields.fields(root, keys: LabKeys.lab) else { return }
        if let name = keys["name"], let text = fields.text(name) {
            lab.name = text
            checkName(text, name.place, longest: LabName.longestLab)
        } else if lab.name.isEmpty {
            fields.refuse(LabPlace(), "the file's name makes no name for the lab: add name:")
        }
        for entry in keys["networks"].flatMap({ fields.entries($0) }) ?? [] { readNetwork(entry) }
        for entry in keys["hosts"].flatMap({ fields.entries($0) }) ?? [] { readHost(entry) }
        for entry in keys["nodes"].flatMap({ fields.entries($0) }) ?? [] { readNode(entry) }
        for field in keys["links"].flatMap({ $0.isMapping ? [$0] : fields.list($0) }) ?? [] { readLink(field) }
        if let field = keys["underlay"] { readUnderlay(field) }
        if lab.nodes.isEmpty, lab.hosts.isEmpty, fields.problems.isEmpty {
            fields.refuse(LabPlace(), "there are no nodes: a lab needs at least one")
        }
    }

    mutating func checkName(_ name: String, _ place: LabPlace, longest: Int) {
        if let refusal = LabName.refusal(name, longest: longest) { fields.refuse(place, refusal) }
    }

    /// Reads a text by one of the initializers that say what is wrong.
    mutating func parse<Value>(_ text: String, _ place: LabPlace, _ read: (String) throws -> Value) -> Value? {
        do {
            return try read(text)
        } catch {
            let hint = (error as? APIError)?.hint.map { ". \($0)" } ?? ""
            fields.refuse(place, ((error as? APIError)?.message ?? "\(error)") + hint)
            return nil
        }
    }

    /// A single value and where it stands.
    mutating func placed(_ field: LabField?) -> LabPlacedText? {
        guard let field, let text = fields.text(field) else { return nil }
        return LabPlacedText(text: text, place: field.place)
    }

    mutating func parse<Value>(_ field: LabField?, _ read: (String) throws -> Value) -> Value? {
        guard let field, let text = fields.text(field) else { return nil }
        return parse(text, field.place, read)
    }

    mutating func parseAll<Value>(_ field: LabField?, _ read: (String) throws -> Value) -> [Value] {
        var values: [Value] = []
        for one in fields.texts(field) {
            if let value = parse(one.text, one.place, read) { values.append(value) }
        }
        return values
    }
}
