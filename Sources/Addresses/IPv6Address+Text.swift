extension IPv6Address: LosslessStringConvertible {
    /// Reads any of the forms of RFC 4291 section 2.2: eight groups, `::`, an IPv4 address in the last 32 bits.
    /// A zone is refused, and so is `::` where all eight groups are there.
    public init(parsing text: some StringProtocol) throws(AddressError) {
        do throws(AddressError.Reason) {
            self = try IPv6Address(scanning: text)
        } catch {
            throw AddressError(kind: .ipv6, text: String(text), reason: error)
        }
    }

    /// Reads an address; nil where `init(parsing:)` throws.
    public init?(_ text: String) {
        guard let address = try? IPv6Address(parsing: text) else { return nil }
        self = address
    }

    private init(scanning text: some StringProtocol) throws(AddressError.Reason) {
        if text.isEmpty { throw .empty }
        if text.unicodeScalars.contains("%") { throw .zone }
        let colon = UInt8(ascii: ":")
        let stranger = TextScanning.firstCharacter(of: text) { byte in
            TextScanning.isHexadecimal(byte) || byte == colon || byte == UInt8(ascii: ".")
        }
        if let stranger { throw .unexpectedCharacter(stranger) }
        let bytes = Array(text.utf8)
        let halves = try IPv6Address.halves(of: bytes)
        let front = try IPv6Address.groups(in: halves.front, mayEndInIPv4: halves.back == nil)
        guard let back = halves.back else {
            if front.count != 8 { throw .partCount(front.count, needed: 8) }
            self.init(groups: front)
            return
        }
        let tail = try IPv6Address.groups(in: back, mayEndInIPv4: true)
        let count = front.count + tail.count
        if count == 8 { throw .needlessCompression }
        if count > 8 { throw .partCount(count, needed: 8) }
        self.init(groups: front + Array(repeating: 0, count: 8 - count) + tail)
    }

    private init(groups: [UInt16]) {
        self.init(value: groups.reduce(0) { $0 << 16 | UInt128($1) })
    }

    /// What stands before and after `::`; `back` is nil where there is none.
    private static func halves(
        of bytes: [UInt8]
    ) throws(AddressError.Reason) -> (front: ArraySlice<UInt8>, back: ArraySlice<UInt8>?) {
        let colon = UInt8(ascii: ":")
        let pairs = bytes.indices.dropLast().filter { bytes[$0] == colon && bytes[$0 + 1] == colon }
        if pairs.count > 1 { throw .repeatedCompression }
        guard let position = pairs.first else { return (bytes[...], nil) }
        return (bytes[..<position], bytes[(position + 2)...])
    }

    /// The groups in one half; an IPv4 tail counts as two.
    private static func groups(
        in half: ArraySlice<UInt8>, mayEndInIPv4: Bool
    ) throws(AddressError.Reason) -> [UInt16] {
        if half.isEmpty { return [] }
        let parts = half.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            let shown = String(decoding: part, as: UTF8.self)
            if part.isEmpty { throw .emptyPart }
            if part.contains(UInt8(ascii: ".")) {
                guard mayEndInIPv4, index == parts.count - 1 else { throw .misplacedIPv4 }
                let tail = try IPv4Address(scanning: shown)
                groups.append(UInt16(truncatingIfNeeded: tail.value >> 16))
                groups.append(UInt16(truncatingIfNeeded: tail.value))
                continue
            }
            if part.count > 4 { throw .partTooLong(shown) }
            groups.append(part.reduce(0) { $0 << 4 | UInt16(TextScanning.hexadecimalValue($1) ?? 0) })
        }
        return groups
    }

    /// The canonical text of RFC 5952: lower case, no leading zeros, `::` for the first longest run of at least two
    /// zero groups, IPv4-mapped addresses with a dotted tail.
    public var description: String {
        if let mapped = mappedIPv4 { return "::ffff:\(mapped)" }
        let groups = groups
        guard let run = IPv6Address.longestZeroRun(in: groups) else { return IPv6Address.join(groups[...]) }
        return IPv6Address.join(groups[..<run.lowerBound]) + "::" + IPv6Address.join(groups[run.upperBound...])
    }

    private static func join(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    private static func longestZeroRun(in groups: [UInt16]) -> Range<Int>? {
        var best = 0..<0
        var start = 0
        for index in groups.indices {
            if groups[index] != 0 { start = index + 1 }
            if index + 1 - start > best.count { best = start..<(index + 1) }
        }
        return best.count >= 2 ? best : nil
    }
}
