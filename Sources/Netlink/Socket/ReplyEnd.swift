import SystemPackage

/// The message that ends an answer: an ack, an error, or the end of a dump.
struct ReplyEnd {
    /// nil if the kernel did what it was asked.
    let refusal: ReplyError?

    /// Reads the message; nil if it is another kind. Never trusts its lengths.
    init?(_ message: NetlinkMessage) throws(NetlinkFormatError) {
        guard message.type == MessageType.error || message.type == MessageType.done else { return nil }
        let isDone = message.type == MessageType.done
        // Old kernels end a dump without a number.
        let code: Int32 = isDone && message.payload.count < 4 ? 0 : try message.payload.number(at: 0, of: "an ack")
        guard code != 0 else {
            refusal = nil
            return
        }
        guard code < 0, code > -4096 else { throw NetlinkFormatError("an ack carries the error number \(code)") }
        refusal = .system(Errno(rawValue: -code), ReplyEnd.text(of: message, isDone: isDone))
    }

    /// The kernel's words: attributes behind the number, and behind the request's header where that is repeated.
    private static func text(of message: NetlinkMessage, isDone: Bool) -> String? {
        guard message.flags & MessageFlags.acknowledgeAttributes != 0 else { return nil }
        // The words are an extra: where they can't be read, the error number still stands.
        return try? words(in: message, isDone: isDone)
    }

    private static func words(in message: NetlinkMessage, isDone: Bool) throws(NetlinkFormatError) -> String? {
        var offset = 4
        if !isDone {
            let requestLength = Int(try message.payload.number(at: 4, as: UInt32.self, of: "an ack"))
            let isCapped = message.flags & MessageFlags.capped != 0
            offset += isCapped ? WireFormat.headerSize : WireFormat.aligned(requestLength)
        }
        var attributes = AttributeReader(try message.payload.rest(from: offset, of: "an ack"))
        while let attribute = try attributes.next() {
            if attribute.type == AckAttribute.message { return attribute.text }
            if attribute.type == AckAttribute.missingType {
                return "attribute \(try attribute.number(as: UInt32.self)) is missing"
            }
        }
        return nil
    }
}

/// What went wrong with an answer, before it is known what was asked for.
enum ReplyError: Error {
    /// The kernel's or the socket's error number, with the kernel's words.
    case system(Errno, String?)
    /// Bytes that cannot be read.
    case format(NetlinkFormatError)
    /// The kernel says that the list changed while it was read.
    case interruptedDump

    /// Whether reading the list again may help.
    var mayRepeatDump: Bool {
        switch self {
        case .system(let errno, _): errno == .interrupted || errno == .noBufferSpace
        case .interruptedDump: true
        case .format: false
        }
    }

    /// The error that callers see.
    func named(_ operation: String) -> NetlinkError {
        switch self {
        case .system(let errno, let message):
            NetlinkError(errno: errno, operation: operation, message: message)
        case .format(let error):
            NetlinkError(errno: .badMessage, operation: operation, message: "the kernel's answer: \(error)")
        case .interruptedDump:
            NetlinkError(errno: .interrupted, operation: operation, message: "it changed each time it was read")
        }
    }
}
