/// Names that are made up: for networks, endpoints and the daemon itself.
enum Identifier {
    /// 16 hexadecimal digits, random.
    static func make() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// A number that names an open descriptor; never 0.
    static func token() -> UInt64 {
        UInt64.random(in: 1 ... .max)
    }

    /// The lowest number from 1 to below the limit that is not taken; nil if all are.
    static func lowestFree(besides taken: Set<UInt16>, below limit: Int) -> UInt16? {
        (1..<UInt16(limit)).first { !taken.contains($0) }
    }
}
