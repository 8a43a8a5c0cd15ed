/// One message of a datagram. Its payload points into the datagram and is valid as long as that is.
struct NetlinkMessage {
    var type: UInt16
    var flags: UInt16
    var sequence: UInt32
    var port: UInt32
    /// What follows the header.
    var payload: UnsafeRawBufferPointer
}

/// Walks over the messages of a datagram.
struct MessageReader {
    private var bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next message; nil at the end. After an error there is no next one.
    mutating func next() throws(NetlinkFormatError) -> NetlinkMessage? {
        guard !bytes.isEmpty else { return nil }
        let datagram = bytes
        bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        let length = Int(try datagram.number(at: 0, as: UInt32.self, of: "a message's header"))
        guard length >= WireFormat.headerSize, length <= datagram.count else {
            throw NetlinkFormatError("a message says that it has \(length) of \(datagram.count) bytes")
        }
        let message = NetlinkMessage(
            type: try datagram.number(at: 4, of: "a message's header"),
            flags: try datagram.number(at: 6, of: "a message's header"),
            sequence: try datagram.number(at: 8, of: "a message's header"),
            port: try datagram.number(at: 12, of: "a message's header"),
            payload: UnsafeRawBufferPointer(rebasing: datagram[WireFormat.headerSize..<length]))
        // The last message may come without its padding.
        bytes = UnsafeRawBufferPointer(rebasing: datagram[min(WireFormat.aligned(length), datagram.count)...])
        return message
    }
}
