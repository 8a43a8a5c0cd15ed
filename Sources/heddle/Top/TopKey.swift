/// What a person pressed.
enum TopKey: Equatable {
    case character(Character)
    case up
    case down
    case left
    case right
    case pageUp
    case pageDown
    case home
    case end
    case enter
    case escape
    case backspace

    /// Reads what a terminal sent: characters in UTF-8, and the sequences of ECMA-48 (CSI) and of a VT100's application
    /// keys (SS3). Sequences that mean nothing here are passed over whole, so that their bytes aren't taken for keys.
    static func read(_ bytes: [UInt8]) -> [TopKey] {
        var keys: [TopKey] = []
        var rest = bytes[...]
        while let first = rest.popFirst() {
            switch first {
            case 0x1B:
                if let key = sequence(&rest) { keys.append(key) }
            case 0x0A, 0x0D: keys.append(.enter)
            case 0x08, 0x7F: keys.append(.backspace)
            case 0x00..<0x20: break
            default:
                let length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
                let text = String(decoding: [first] + rest.prefix(length - 1), as: UTF8.self)
                rest = rest.dropFirst(length - 1)
                if let character = text.first { keys.append(.character(character)) }
            }
        }
        return keys
    }

    /// What stands behind an escape; nil for a sequence without a meaning here.
    private static func sequence(_ rest: inout ArraySlice<UInt8>) -> TopKey? {
        guard let kind = rest.first, kind == UInt8(ascii: "[") || kind == UInt8(ascii: "O") else { return .escape }
        rest = rest.dropFirst()
        var parameters: [UInt8] = []
        while let byte = rest.popFirst() {
            // ECMA-48, 5.4: parameter and intermediate bytes, then one final byte.
            guard (0x40...0x7E).contains(byte) else {
                parameters.append(byte)
                continue
            }
            return key(final: byte, parameters: String(decoding: parameters, as: UTF8.self))
        }
        return nil
    }

    private static func key(final: UInt8, parameters: String) -> TopKey? {
        switch (Character(UnicodeScalar(final)), parameters) {
        case ("A", _): .up
        case ("B", _): .down
        case ("C", _): .right
        case ("D", _): .left
        case ("H", _), ("~", "1"), ("~", "7"): .home
        case ("F", _), ("~", "4"), ("~", "8"): .end
        case ("~", "5"): .pageUp
        case ("~", "6"): .pageDown
        default: nil
        }
    }
}
