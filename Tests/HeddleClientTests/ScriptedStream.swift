import HeddleClient

/// An answer in pieces; each read gives one piece, or a part of it if the buffer is shorter.
struct ScriptedStream: ByteStream {
    private var pieces: [[UInt8]]

    init(_ pieces: [String]) {
        self.pieces = pieces.map { Array($0.utf8) }
    }

    init(bytes: [UInt8], piece length: Int) {
        pieces = stride(from: 0, to: bytes.count, by: length).map { Array(bytes[$0..<min($0 + length, bytes.count)]) }
    }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(TransportError) -> Int {
        guard let piece = pieces.first else { return 0 }
        let taken = piece.prefix(buffer.count)
        buffer.copyBytes(from: taken)
        pieces[0] = Array(piece.dropFirst(taken.count))
        if pieces[0].isEmpty { pieces.removeFirst() }
        return taken.count
    }
}

/// Reads an answer that comes in the given pieces.
func read(_ pieces: String..., limits: HTTPResponse.Limits = .init()) throws(TransportError) -> HTTPResponse {
    var reader = HTTPResponseReader(ScriptedStream(pieces), limits: limits)
    return try reader.read()
}

extension HTTPResponse {
    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }
}
