extension HTTPResponseReader where Stream: ~Copyable {
    /// Where a body that is read in pieces stands.
    struct Progress: Hashable {
        /// See `HTTPSyntax.Framing`.
        var framing: HTTPSyntax.Framing
        /// Bytes of the body (or of the chunk that has begun) that haven't come yet.
        var left = 0
        var hasEnded = false

        init(_ framing: HTTPSyntax.Framing) {
            self.framing = framing
            if case .length(let length) = framing {
                left = length
                hasEnded = length == 0
            }
        }
    }

    /// Whether nothing is left that was received and not used yet: the next piece has to be waited for.
    var isDry: Bool { position == end }

    /// Reads an answer's head; its body stays to be read.
    mutating func readBeginning() throws(TransportError) -> HTTPResponse {
        for _ in 0..<8 {
            let response = try readHead()
            if (100..<200).contains(response.status) {
                if response.status == 101 { throw .malformed("it switches to another protocol") }
                continue
            }
            return response
        }
        throw .malformed("it sends one interim answer after another")
    }

    /// The next bytes of the body, as many as there are; nil: it has ended. Waits for the first.
    mutating func readPiece(_ progress: inout Progress) throws(TransportError) -> [UInt8]? {
        while !progress.hasEnded {
            if case .chunked = progress.framing, progress.left == 0 {
                var budget = Budget(what: "chunk size", limit: 1024)
                progress.left = try HTTPSyntax.chunkSize(try readLine(budget: &budget))
                if progress.left == 0 {
                    var trailer = Budget(what: "trailer", limit: limits.head)
                    _ = try readFields(budget: &trailer)
                    progress.hasEnded = true
                    return nil
                }
            }
            guard try fill() else {
                guard case .untilClose = progress.framing else { throw .closedEarly }
                progress.hasEnded = true
                return nil
            }
            if case .untilClose = progress.framing { progress.left = end - position }
            let count = min(progress.left, end - position)
            let piece = Array(buffer[position..<(position + count)])
            position += count
            progress.left -= count
            if progress.left == 0 {
                switch progress.framing {
                case .length: progress.hasEnded = true
                case .untilClose: break
                case .chunked:
                    var line: [UInt8] = []
                    try readExactly(2, into: &line)
                    guard line.elementsEqual("\r\n".utf8) else { throw .malformed("a chunk is longer than it says") }
                }
            }
            if !piece.isEmpty { return piece }
        }
        return nil
    }
}
