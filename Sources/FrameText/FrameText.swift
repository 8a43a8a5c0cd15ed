/// A frame as people write it: its bytes in hex, or a description such as `tcp 10.0.0.1:1000 > 10.0.0.2:80`.
public enum FrameText: Sendable, Hashable {
    /// All bytes, from the destination address on, without frame check sequence.
    case bytes([UInt8])
    /// What was said of it; the rest is to be filled in.
    case description(FrameDescription)

    /// Longest text that is read, in bytes of UTF-8: a dump of the longest frame has room in it.
    public static let longestText = 1 << 19
    /// Longest frame: the longest packet, an Ethernet header and two tags.
    public static let longestFrame = 65_535 + 14 + 8

    /// Reads either. What begins with the name of a protocol is a description, what begins with a digit or a letter of
    /// hex is bytes. Any text is safe. Cost: O(length).
    public init(parsing text: String) throws(FrameTextError) {
        if text.utf8.count > Self.longestText {
            throw FrameTextError(
                text: "", offset: 0, length: 0, reason: "the text has \(text.utf8.count) bytes",
                hint: "A frame has at most \(Self.longestFrame) bytes.")
        }
        var words = FrameWords(text)
        guard let first = words.peek else {
            throw words.refusal("there is no frame", hint: Self.hint)
        }
        if FrameDescription.isBegin(first.lowered) {
            self = .description(try FrameDescription(&words))
        } else if HexText.canBegin(first.text) {
            self = .bytes(try HexText.bytes(text))
        } else {
            throw words.refusal("\(first.quoted) is no kind of frame", at: first, hint: Self.hint)
        }
    }

    private static let hint =
        "Say tcp, udp, icmp, icmp6, arp, nd or ether and the addresses, as in 'tcp 10.0.0.1:1000 > 10.0.0.2:80'; or the "
        + "frame's bytes in hex."
}
