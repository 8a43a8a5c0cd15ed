/// Helpers on UTF-8 text that all address parsers share.
enum TextScanning {
    /// The value of one hexadecimal digit, or nil.
    static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// The first character of `text` that `allowed` refuses. Looks at Unicode scalars, so that a digit joined to a
    /// combining mark is found too.
    static func firstCharacter(
        of text: some StringProtocol, notIn allowed: (UInt8) -> Bool
    ) -> Character? {
        for scalar in text.unicodeScalars where !(scalar.isASCII && allowed(UInt8(truncatingIfNeeded: scalar.value))) {
            return Character(scalar)
        }
        return nil
    }

    /// Whether `byte` is `0`…`9`.
    static func isDecimal(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    /// Whether `byte` is a hexadecimal digit.
    static func isHexadecimal(_ byte: UInt8) -> Bool {
        hexadecimalValue(byte) != nil
    }

    /// Two lower-case hexadecimal digits.
    static func appendHexadecimal(_ byte: UInt8, to text: inout String) {
        let digits = "0123456789abcdef".utf8
        for nibble in [byte >> 4, byte & 15] {
            let digit = digits[digits.index(digits.startIndex, offsetBy: Int(nibble))]
            text.unicodeScalars.append(Unicode.Scalar(digit))
        }
    }
}
