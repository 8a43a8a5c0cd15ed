/// Reading whole datagrams: what a fuzzer calls.
public enum NetlinkReader {
    /// Reads every message of a datagram in every way that Netlink knows, whatever its type says, and returns how many
    /// could be read in one of them. Throws for malformed datagrams; traps for none.
    @discardableResult
    public static func parseMessages(_ bytes: UnsafeRawBufferPointer) throws(NetlinkFormatError) -> Int {
        var messages = MessageReader(bytes)
        var count = 0
        while let message = try messages.next() {
            // All of them, also where the first is content: one reader's answer must not hide a trap in the next.
            let answers = [
                isReadable { () throws(NetlinkFormatError) in _ = try LinkEvent(message) },
                isReadable { () throws(NetlinkFormatError) in _ = try Link(message) },
                isReadable { () throws(NetlinkFormatError) in _ = try InterfaceAddress(message) },
                isReadable { () throws(NetlinkFormatError) in _ = try Route(message, isAnswer: true) },
                isReadable { () throws(NetlinkFormatError) in _ = try Neighbour(message) },
                isReadable { () throws(NetlinkFormatError) in _ = try NamespaceIdentifier.read(message) },
                isReadable { () throws(NetlinkFormatError) in try readAsEnd(message) },
            ]
            if answers.contains(true) { count += 1 }
        }
        return count
    }

    private static func isReadable(_ read: () throws(NetlinkFormatError) -> Void) -> Bool {
        do throws(NetlinkFormatError) {
            try read()
            return true
        } catch {
            return false
        }
    }

    /// As the last message of an answer, with all the texts that an error may carry.
    private static func readAsEnd(_ message: NetlinkMessage) throws(NetlinkFormatError) {
        for type in [MessageType.error, MessageType.done] {
            var end = message
            end.type = type
            for flags in [
                0, MessageFlags.acknowledgeAttributes, MessageFlags.acknowledgeAttributes | MessageFlags.capped,
            ] {
                end.flags = flags
                _ = try ReplyEnd(end)
            }
        }
    }
}
