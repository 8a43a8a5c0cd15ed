import Yams

/// A value in a lab file, and where it stands.
struct LabField {
    let node: Node
    let place: LabPlace

    /// Nothing stands behind the key.
    var isEmpty: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    /// A value that is neither a list nor a mapping.
    var isSingle: Bool {
        guard case .scalar(_) = node else { return false }
        return true
    }

    /// Keys with values.
    var isMapping: Bool {
        guard case .mapping(_) = node else { return false }
        return true
    }

    /// Values in an order.
    var isList: Bool {
        guard case .sequence(_) = node else { return false }
        return true
    }

    /// The name of the value's kind, for people.
    var kind: String {
        switch node {
        case .scalar: "a single value"
        case .mapping: "a mapping (keys with values)"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    /// The place of one of its parts.
    func inner(_ key: String, _ node: Node) -> LabField {
        LabField(
            node: node,
            place: LabPlace(
                line: node.mark?.line ?? place.line, path: place.path.isEmpty ? key : place.path + "." + key))
    }
}

/// A key of a mapping, with where it stands itself, and its value.
struct LabEntry {
    let key: String
    let keyPlace: LabPlace
    let value: LabField
}

/// A text of a lab file, and where it stands.
struct LabPlacedText {
    let text: String
    let place: LabPlace
}

/// Reads fields and gathers all problems.
struct LabFieldReader {
    private(set) var problems: [LabProblem] = []
    /// Values that aliases stand for are read each time; a file of a few lines could stand for more than there is memory.
    private var budget = 200_000

    mutating func refuse(_ place: LabPlace, _ message: String) {
        problems.append(LabProblem(place, message))
    }

    mutating func add(_ more: [LabProblem]) {
        problems += more
    }

    /// A mapping's entries in their order, with those of "<<" behind them, if they aren't there; nil, with a problem, if it
    /// is none.
    mutating func entries(_ field: LabField) -> [LabEntry]? {
        if field.isEmpty { return [] }
        guard case .mapping(let mapping) = field.node else {
            refuse(field.place, "this is \(field.kind), not a mapping (keys with values)")
            return nil
        }
        var entries: [LabEntry] = []
        var merged: [LabEntry] = []
        for (key, value) in mapping {
            guard spend(field.place) else { return nil }
            guard let name = key.scalar?.string else {
                refuse(
                    LabPlace(line: key.mark?.line ?? field.place.line, path: field.place.path),
                    "a key must be a single value")
                continue
            }
            if name.unicodeScalars.contains("\0") {
                refuse(
                    LabPlace(line: key.mark?.line ?? field.place.line, path: field.place.path),
                    "a key has a zero byte in it")
                continue
            }
            if name == "<<" {
                merged += self.merged(value, into: field)
                continue
            }
            let known = LabDocument.original(name) ?? name
            let inner = field.inner(known, value)
            let line = key.mark?.line ?? inner.place.line
            if known != name {
                let other = mapping.first { $0.key.scalar?.string == known }?.key.mark?.line ?? line
                refuse(
                    LabPlace(line: other, path: inner.place.path),
                    "\(known.debugDescription) is there twice; the first is in line \(line)")
            }
            entries.append(
                LabEntry(key: known, keyPlace: LabPlace(line: line, path: inner.place.path), value: inner))
        }
        return entries + merged.filter { other in !entries.contains { $0.key == other.key } }
    }

    private mutating func merged(_ value: Node, into field: LabField) -> [LabEntry] {
        switch value {
        case .sequence(let list): return list.flatMap { merged($0, into: field) }
        default: return entries(LabField(node: value, place: field.place)) ?? []
        }
    }

    private mutating func spend(_ place: LabPlace) -> Bool {
        budget -= 1
        if budget == 0 { refuse(place, "the file stands for more values than a lab can have; use fewer aliases") }
        return budget > 0
    }

    /// A mapping with these keys, and no others.
    mutating func fields(_ field: LabField, keys: [String]) -> [String: LabField]? {
        guard let entries = entries(field) else { return nil }
        var fields: [String: LabField] = [:]
        for entry in entries {
            guard keys.contains(entry.key) else {
                let hint = NearestWord.hint(entry.key, in: keys)
                refuse(entry.keyPlace, "unknown key \(entry.key.debugDescription)\(hint)")
                continue
            }
            if !entry.value.isEmpty { fields[entry.key] = entry.value }
        }
        return fields
    }

    /// A list's values.
    mutating func list(_ field: LabField) -> [LabField]? {
        if field.isEmpty { return [] }
        guard case .sequence(let sequence) = field.node else {
            refuse(field.place, "this is \(field.kind), not a list")
            return nil
        }
        var list: [LabField] = []
        for (index, node) in sequence.enumerated() {
            guard spend(field.place) else { return nil }
            let place = LabPlace(line: node.mark?.line ?? field.place.line, path: "\(field.place.path)[\(index)]")
            list.append(LabField(node: node, place: place))
        }
        return list
    }

    /// A list's values; a text or a mapping stands for a list of itself alone.
    mutating func listOrOne(_ field: LabField) -> [LabField]? {
        field.isList || field.isEmpty ? list(field) : [field]
    }

    /// A single value, as it is written.
    mutating func text(_ field: LabField?) -> String? {
        guard let field else { return nil }
        guard case .scalar(let scalar) = field.node else {
            refuse(field.place, "this is \(field.kind), not a single value")
            return nil
        }
        if scalar.string.unicodeScalars.contains("\0") {
            refuse(field.place, "the value has a zero byte in it")
            return nil
        }
        return scalar.string
    }

    /// A single value or a list of them, each with its place.
    mutating func texts(_ field: LabField?) -> [LabPlacedText] {
        guard let field else { return [] }
        var texts: [LabPlacedText] = []
        if field.isList {
            for one in list(field) ?? [] {
                if let text = text(one) { texts.append(LabPlacedText(text: text, place: one.place)) }
            }
        } else if let text = text(field) {
            texts.append(LabPlacedText(text: text, place: field.place))
        }
        return texts
    }

    /// A whole number of this range.
    mutating func integer(_ field: LabField?, in range: ClosedRange<Int>) -> Int? {
        guard let field, let text = text(field) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            refuse(
                field.place,
                "\(text.debugDescription) is not a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// true or false.
    mutating func flag(_ field: LabField?) -> Bool? {
        guard let field, let text = text(field) else { return nil }
        switch text.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default:
            refuse(field.place, "\(text.debugDescription) is neither true nor false")
            return nil
        }
    }

    /// One of these words.
    mutating func word(_ field: LabField?, of words: [String]) -> String? {
        guard let field, let text = text(field) else { return nil }
        guard words.contains(text) else {
            refuse(field.place, "\(text.debugDescription) is not known\(NearestWord.hint(text, in: words))")
            return nil
        }
        return text
    }
}
