/// What labs and what is in them may be called.
enum LabName {
    /// A lab's: short enough that paths of sockets below its directory are none too long (107 bytes).
    static let longestLab = 32
    /// A host's, for the same reason.
    static let longestHost = 24
    /// Together with the lab's name it is at most 63 bytes, as the daemon demands of networks.
    static let longest = 30

    /// Why a name is none; nil if it is one.
    static func refusal(_ name: String, longest: Int) -> String? {
        if name.isEmpty { return "the name is empty" }
        if name.utf8.count > longest { return "the name has \(name.utf8.count) letters; \(longest) are possible" }
        func isPlain(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        let isGood = name.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        guard isGood, name.utf8.first.map(isPlain) == true else {
            return
                "the name \(name.debugDescription) has other letters than a-z, A-Z, 0-9, - and _, or begins with - or _"
        }
        return nil
    }

    /// A name made of any text, such as a file's: what may not be in one becomes a dash.
    static func made(from text: String) -> String {
        var name = ""
        for character in text {
            if refusal("a\(character)", longest: longestLab) == nil {
                name.append(character)
            } else if !name.hasSuffix("-") {
                name.append("-")
            }
        }
        while let first = name.first, first == "-" || first == "_" { name.removeFirst() }
        while name.hasSuffix("-") { name.removeLast() }
        return String(name.prefix(longestLab))
    }
}
