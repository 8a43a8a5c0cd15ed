import Addresses
import HeddleAPI

/// What networks, endpoints and aliases may be called: [a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}, so that a name can stand in a
/// host name, a path and a shell command.
enum NameRule {
    /// Longest name in bytes: one label of a host name.
    static let longest = 63

    /// Throws unless `text` is a good name; `what` says whose ("network", "alias").
    static func check(_ text: String, what: String) throws(APIError) {
        let hint =
            "Names begin with a letter or a digit and go on with letters, digits, '_', '.' or '-'; "
            + "\(longest) characters at most."
        if text.isEmpty { throw .invalid("the \(what) name is empty", hint: hint) }
        if text.utf8.count > longest {
            throw .invalid("the \(what) name \(APIError.quoted(text)) is \(text.utf8.count) bytes long", hint: hint)
        }
        for (index, scalar) in text.unicodeScalars.enumerated() {
            if isLetterOrDigit(scalar) { continue }
            if index > 0, scalar == "_" || scalar == "." || scalar == "-" { continue }
            let place = index == 0 ? "as its first character" : ""
            let shown = String(Character(scalar)).debugDescription
            throw .invalid(
                "the \(what) name \(APIError.quoted(text)) has \(shown)\(place.isEmpty ? "" : " " + place)", hint: hint)
        }
    }

    /// The same for what shall be found by name: it must be one that can be asked for.
    static func checkHost(_ text: String, what: String) throws(APIError) {
        try check(text, what: what)
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let isBad = labels.contains { $0.isEmpty || $0.hasPrefix("-") || $0.hasSuffix("-") }
        if isBad || IPAddress(text) != nil {
            throw .invalid(
                "the \(what) name \(APIError.quoted(text)) can't be a host's",
                hint: "No part between dots may be empty, or begin or end with '-', and it must not be an address.")
        }
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }
}
