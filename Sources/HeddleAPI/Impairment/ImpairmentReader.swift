/// Reads an impairment's words, and gathers what is wrong with them. Units are those of tc, and are never left out.
struct ImpairmentReader {
    private(set) var problems: [ImpairmentProblems.Problem] = []

    /// Notes that something is wrong.
    mutating func refuse(_ setting: String, _ reason: String) {
        problems.append(ImpairmentProblems.Problem(setting: setting, reason: reason))
    }

    /// Nanoseconds; absent: 0.
    mutating func time(_ text: String?, of setting: String, through longest: Int64) -> Int64 {
        guard let text else { return 0 }
        guard let (number, unit) = Self.cut(text), let scale = Self.times[unit] else {
            refuse(setting, "\(Self.shown(text)) is no time: write a number and us, ms or s, as 50ms")
            return 0
        }
        let nanoseconds = (number * scale).rounded()
        guard nanoseconds <= Double(longest) else {
            refuse(setting, "\(Self.shown(text)) is longer than \(longest / 1_000_000_000)s")
            return 0
        }
        return Int64(nanoseconds)
    }

    /// A probability from 0 to 1.
    mutating func share(_ text: String, of setting: String) -> Double {
        guard let (number, unit) = Self.cut(text), unit == "%" else {
            refuse(setting, "\(Self.shown(text)) is no percentage: write a number and %, as 0.5%")
            return 0
        }
        guard number <= 100 else {
            refuse(setting, "\(Self.shown(text)) is more than 100%")
            return 0
        }
        return number / 100
    }

    /// Bits a second.
    mutating func rate(_ text: String) -> UInt64 {
        guard let (number, unit) = Self.cut(text), let scale = Self.rates[unit] else {
            let isInBytes = text.lowercased().hasSuffix("bps")
            refuse(
                "rate",
                isInBytes
                    ? "\(Self.shown(text)) means bytes to some and bits to others: write bits as kbit, mbit or gbit"
                    : "\(Self.shown(text)) is no rate: write a number and bit, kbit, mbit or gbit, as 10mbit")
            return 0
        }
        let bits = (number * scale).rounded()
        let range = ImpairmentSpecification.rates
        guard bits >= Double(range.lowerBound), bits <= Double(range.upperBound) else {
            refuse("rate", "\(Self.shown(text)) is not from 1kbit to 1000gbit")
            return 0
        }
        return UInt64(bits)
    }

    /// What may wait: bytes or time.
    mutating func queue(_ text: String) -> ImpairmentSpecification.Queue? {
        guard let (number, unit) = Self.cut(text), number > 0 else {
            refuse("queue", "\(Self.shown(text)) is neither a size nor a time above 0: write 64kb or 50ms")
            return nil
        }
        if let scale = Self.sizes[unit] {
            let bytes = (number * scale).rounded(.up)
            guard bytes <= Double(ImpairmentSpecification.largestQueue) else {
                refuse("queue", "\(Self.shown(text)) is more than \(ImpairmentSpecification.largestQueue >> 20)mb")
                return nil
            }
            return .bytes(Int(bytes))
        }
        if Self.times[unit] != nil {
            return .nanoseconds(
                max(1, time(text, of: "queue", through: ImpairmentSpecification.longestDelay)))
        }
        refuse("queue", "\(Self.shown(text)) is neither a size (b, kb, mb) nor a time (us, ms, s)")
        return nil
    }

    /// "gilbert-elliott:P,R[,1-H[,1-K]]", with the defaults of tc's gemodel.
    mutating func lossModel(_ text: String) -> ImpairmentSpecification.Loss? {
        let sides = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let form = "write gilbert-elliott:P,R[,1-H[,1-K]], as gilbert-elliott:1%,25%"
        guard sides.count == 2, sides[0] == "gilbert-elliott" else {
            refuse("loss_model", "\(Self.shown(text)) is not known: \(form)")
            return nil
        }
        let words = sides[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard words.count >= 2, words.count <= 4 else {
            refuse("loss_model", "\(Self.shown(text)) has not two to four percentages: \(form)")
            return nil
        }
        let before = problems.count
        let numbers = words.map { share($0, of: "loss_model") }
        guard problems.count == before else { return nil }
        guard numbers[0] + numbers[1] > 0 else {
            refuse("loss_model", "P and R are both 0%: nothing ever changes; use loss instead")
            return nil
        }
        return .gilbertElliott(
            p: numbers[0], r: numbers[1], bad: numbers.count > 2 ? numbers[2] : 1,
            good: numbers.count > 3 ? numbers[3] : 0)
    }

    /// Nanoseconds of a unit of time.
    private static let times: [String: Double] = [
        "us": 1e3, "usec": 1e3, "usecs": 1e3, "ms": 1e6, "msec": 1e6, "msecs": 1e6, "s": 1e9, "sec": 1e9, "secs": 1e9,
    ]
    /// Bits of a unit of rate; tc's prefixes of rates are powers of ten.
    private static let rates: [String: Double] = [
        "bit": 1, "kbit": 1e3, "mbit": 1e6, "gbit": 1e9, "tbit": 1e12,
    ]
    /// Bytes of a unit of size; tc's prefixes of sizes are powers of two.
    private static let sizes: [String: Double] = ["b": 1, "k": 1_024, "kb": 1_024, "m": 1_048_576, "mb": 1_048_576]

    /// A number without sign or exponent, and what follows it in small letters.
    private static func cut(_ text: String) -> (number: Double, unit: String)? {
        let digits = text.prefix { ("0"..."9").contains($0) || $0 == "." }
        // More digits than any sensible number has.
        guard digits.utf8.count <= 20, digits.first != ".", digits.last != ".", let number = Double(digits) else {
            return nil
        }
        return (number, text[digits.endIndex...].lowercased())
    }

    /// A word that was given, in quotation marks, and not longer than a line bears.
    static func shown(_ text: String) -> String {
        let short = text.count > 60 ? text.prefix(60) + "…" : text[...]
        return String(short).debugDescription
    }
}
