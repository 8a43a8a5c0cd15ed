/// The words of a description, with their places. `>` is a word wherever it stands, and `->` is the same.
struct FrameWords {
    /// A word.
    struct Word {
        var text: String
        /// In characters from the text's begin.
        var offset: Int

        var lowered: String { text.lowercased() }
        /// As it is shown in messages.
        var quoted: String { "'" + String(text.prefix(60)) + "'" }
    }

    let text: String
    private let words: [Word]
    private var next = 0

    init(_ text: String) {
        self.text = text
        var words: [Word] = []
        var current: Word?
        for (offset, character) in text.enumerated() {
            let isArrow = character == ">"
            if isArrow || character.isWhitespace {
                if isArrow, current?.text.last == "-" { current?.text.removeLast() }
                if let word = current, !word.text.isEmpty { words.append(word) }
                current = nil
                if isArrow { words.append(Word(text: ">", offset: offset)) }
            } else if current == nil {
                current = Word(text: String(character), offset: offset)
            } else {
                current?.text.append(character)
            }
        }
        if let word = current { words.append(word) }
        self.words = words
    }

    /// The next word, which stays.
    var peek: Word? { next < words.count ? words[next] : nil }

    /// Takes the next word.
    mutating func take() -> Word? {
        guard let word = peek else { return nil }
        next += 1
        return word
    }

    /// Takes the next word if it is one of these.
    mutating func take(_ choices: String...) -> Bool {
        guard let word = peek, choices.contains(word.lowered) else { return false }
        next += 1
        return true
    }

    /// An error at a word, or at the text's end.
    func refusal(_ reason: String, at word: Word? = nil, hint: String) -> FrameTextError {
        FrameTextError(
            text: text, offset: word?.offset ?? text.count, length: word?.text.count ?? 0, reason: reason, hint: hint)
    }

    /// Takes the word that must follow an option.
    mutating func value(of option: Word, _ what: String, example: String) throws(FrameTextError) -> Word {
        guard let word = take() else {
            throw refusal("\(option.quoted) lacks \(what)", hint: "As in '\(option.lowered) \(example)'.")
        }
        return word
    }

    /// Takes a number that must follow an option.
    mutating func number(of option: Word, through largest: Int, example: String) throws(FrameTextError) -> Int {
        let word = try value(of: option, "its number", example: example)
        guard let number = Self.number(word.text), number <= largest else {
            throw refusal(
                "\(word.quoted) is no number for '\(option.lowered)'", at: word,
                hint: "It is from 0 to \(largest), as in '\(option.lowered) \(example)'.")
        }
        return number
    }

    /// A decimal number, or one in hex behind 0x; nil for anything else.
    static func number(_ text: String) -> Int? {
        guard text.utf8.count <= 10, !text.hasPrefix("+"), !text.hasPrefix("-") else { return nil }
        if text.lowercased().hasPrefix("0x") {
            let digits = text.dropFirst(2)
            return digits.hasPrefix("+") || digits.hasPrefix("-") ? nil : Int(digits, radix: 16)
        }
        return Int(text)
    }
}
