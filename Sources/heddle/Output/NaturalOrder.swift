/// A text that is ordered as people do: digits that stand together are a number, so that 10.0.0.9 comes before 10.0.0.10.
struct NaturalOrder: Comparable {
    private enum Piece: Comparable {
        /// Its digits without leading zeros: the longer one is larger.
        case number(length: Int, digits: String)
        case text(String)
    }

    private let pieces: [Piece]

    init(_ text: String) {
        var pieces: [Piece] = []
        var rest = text.unicodeScalars[...]
        while let first = rest.first {
            let isNumber = Self.isDigit(first)
            let run = rest.prefix { Self.isDigit($0) == isNumber }
            rest = rest[run.endIndex...]
            if isNumber {
                let digits = run.drop { $0 == "0" }
                pieces.append(.number(length: digits.count, digits: String(digits)))
            } else {
                pieces.append(.text(String(run)))
            }
        }
        self.pieces = pieces
    }

    static func < (left: NaturalOrder, right: NaturalOrder) -> Bool {
        left.pieces.lexicographicallyPrecedes(right.pieces)
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        ("0"..."9").contains(scalar)
    }
}
