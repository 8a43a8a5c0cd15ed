/// Bytes in hex: plain, with colons, or a dump with offsets as tcpdump -xx and -XX, xxd, hexdump -C and Wireshark print.
enum HexText {
    /// Whether a text that begins with this word can be hex.
    static func canBegin(_ word: String) -> Bool {
        let digits = word.lowercased().hasPrefix("0x") ? word.dropFirst(2) : word[...]
        guard let first = digits.first(where: { !isSeparator($0) }) else { return false }
        guard first.isHexDigit else { return false }
        // A word of letters that begins as hex does, "add", is a word that is meant and not known.
        let head = digits.prefix(4)
        let isByte = head.prefix(2).allSatisfy(\.isHexDigit) && head.contains(where: \.isWholeNumber)
        return isByte || head.allSatisfy { $0.isHexDigit || isSeparator($0) }
    }

    /// Reads all of the text.
    static func bytes(_ text: String) throws(FrameTextError) -> [UInt8] {
        var reader = Reader(text: text)
        let lines = lines(of: text)
        let offsets = lines.map { offset(of: $0.text) }
        // With several lines, or with a colon behind it, a number at a line's begin can be the line's place.
        let isDump = offsets.contains { $0?.isCertain == true } || isCounting(lines, offsets)
        for (line, place) in zip(lines, offsets) {
            if !isDump {
                try reader.read(line.text, at: line.offset)
            } else if let place {
                try reader.read(line, place)
            } else if reader.bytes.isEmpty || line.text.allSatisfy(\.isWhitespace) {
                // tcpdump's own line about the packet, above the dump.
                continue
            } else {
                throw reader.refusal("this line has no offset as the others have", line.offset, line.text.count)
            }
        }
        if reader.bytes.isEmpty {
            throw reader.refusal("there are no bytes", text.count, 0)
        }
        return reader.bytes
    }

    private static func isSeparator(_ character: Character) -> Bool {
        character == ":" || character == "-" || character == "." || character == ","
    }

    private static func lines(of text: String) -> [(text: Substring, offset: Int)] {
        var lines: [(text: Substring, offset: Int)] = []
        var offset = 0
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            lines.append((line, offset))
            offset += line.count + 1
        }
        return lines
    }

    /// A line's place in a dump.
    private struct Offset {
        var value: Int
        /// Characters up to the bytes.
        var length: Int
        /// Whether it is nothing else: a colon stands behind it and a blank behind that.
        var isCertain: Bool
    }

    private static func offset(of line: Substring) -> Offset? {
        let blank = line.prefix(while: \.isWhitespace)
        var rest = line[blank.endIndex...]
        var length = blank.count
        if rest.lowercased().hasPrefix("0x") {
            rest = rest.dropFirst(2)
            length += 2
        }
        let digits = rest.prefix(while: \.isHexDigit)
        guard (4...8).contains(digits.utf8.count), let value = Int(digits, radix: 16) else { return nil }
        rest = rest[digits.endIndex...]
        let isCertain = rest.hasPrefix(":") && (rest.dropFirst().first?.isWhitespace ?? true)
        guard isCertain || rest.isEmpty || rest.first?.isWhitespace == true else { return nil }
        return Offset(value: value, length: length + digits.count + (isCertain ? 1 : 0), isCertain: isCertain)
    }

    /// Whether the lines' numbers are the counts of bytes before them: hexdump -C and Wireshark write no colon.
    private static func isCounting(_ lines: [(text: Substring, offset: Int)], _ offsets: [Offset?]) -> Bool {
        let full = zip(lines, offsets).filter { !$0.0.text.allSatisfy(\.isWhitespace) }
        guard full.count > 1, full[0].1?.value == 0, let second = full[1].1 else { return false }
        return second.value == 16
    }

    /// Gathers bytes.
    private struct Reader {
        let text: String
        var bytes: [UInt8] = []

        func refusal(_ reason: String, _ offset: Int, _ length: Int) -> FrameTextError {
            FrameTextError(
                text: text, offset: offset, length: length, reason: reason,
                hint:
                    "Two digits are a byte; blanks, line ends and colons may stand between bytes. A dump with offsets, "
                    + "as of 'tcpdump -xx', is read too.")
        }

        /// A line of a dump: an offset, groups of hex, and behind two blanks or a bar perhaps the same as text.
        mutating func read(_ line: (text: Substring, offset: Int), _ place: Offset) throws(FrameTextError) {
            if place.value != bytes.count {
                let isNext = place.value == 0
                throw refusal(
                    isNext
                        ? "here begins a second frame"
                        : "\(bytes.count) bytes stand before this line, not \(place.value)",
                    line.offset, place.length)
            }
            let rest = line.text.dropFirst(place.length)
            let blank = rest.prefix(while: \.isWhitespace)
            var end = blank.endIndex
            var count = 0
            while end < rest.endIndex, count < 16 {
                let group = rest[end...].prefix(while: \.isHexDigit)
                guard !group.isEmpty, group.count % 2 == 0 else { break }
                let after = rest[group.endIndex...]
                guard after.isEmpty || after.first?.isWhitespace == true else { break }
                count += group.count / 2
                end = group.endIndex
                let gap = after.prefix(while: \.isWhitespace)
                // hexdump -C has two blanks in the middle; else they are before the text.
                if gap.count > 1, count != 8 { break }
                end = gap.endIndex
            }
            if count == 0, !rest.allSatisfy(\.isWhitespace) {
                throw refusal("there is no hex behind the offset", line.offset + place.length, rest.count)
            }
            try read(rest[..<end], at: line.offset + place.length)
        }

        /// Hex, with separators.
        mutating func read(_ part: Substring, at offset: Int) throws(FrameTextError) {
            var high: UInt8?
            var isFirst = true
            var skip = false
            let characters = Array(part)
            for (index, character) in characters.enumerated() {
                if skip {
                    skip = false
                    continue
                }
                if character.isWhitespace || isSeparator(character) {
                    if high != nil { throw refusal("a byte has two digits, this one has one", offset + index - 1, 1) }
                    isFirst = true
                    continue
                }
                if isFirst, character == "0", index + 1 < characters.count, "xX".contains(characters[index + 1]) {
                    skip = true
                    isFirst = false
                    continue
                }
                isFirst = false
                guard character.isASCII, let digit = character.hexDigitValue else {
                    throw refusal("'\(character)' is no digit of hex", offset + index, 1)
                }
                if let first = high {
                    bytes.append(first << 4 | UInt8(digit))
                    high = nil
                    if bytes.count > FrameText.longestFrame {
                        throw refusal("the frame is longer than \(FrameText.longestFrame) bytes", offset + index, 1)
                    }
                } else {
                    high = UInt8(digit)
                }
            }
            if high != nil { throw refusal("the last byte has only one digit", offset + characters.count - 1, 1) }
        }
    }
}
