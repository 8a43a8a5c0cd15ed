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

    /// The lowest number of 1…4095 that is not taken; nil if all are.
    static func lowestFree(besides taken: Set<UInt16>) -> UInt16? {
        (1...4_095).first { !taken.contains($0) }
    }
}
