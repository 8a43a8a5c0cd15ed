/// Reads one HTTP/1.1 answer (RFC 9112) from a stream of bytes, whatever the stream's pieces are.
///
/// Understood: interim answers (skipped), Content-Length, the chunked coding, and a body that ends with the connection.
/// Everything else is an error, never a guess: a body of unclear length is refused (RFC 9112, section 6.3).
public struct HTTPResponseReader<Stream: ByteStream & ~Copyable>: ~Copyable {
    var stream: Stream
    let limits: HTTPResponse.Limits
    /// Received and not yet used: `buffer[position..<end]`.
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    var position = 0
    var end = 0

    /// How many bytes some lines may have together.
    struct Budget {
        let what: String
        let limit: Int
        private var spent = 0

        init(what: String, limit: Int) {
            self.what = what
            self.limit = limit
        }

        mutating func spend() throws(TransportError) {
            spent += 1
            if spent > limit { throw .tooLarge(what, limit: limit) }
        }
    }

    /// Takes the stream, which stands at the beginning of an answer.
    public init(_ stream: consuming Stream, limits: HTTPResponse.Limits = .init()) {
        self.stream = stream
        self.limits = limits
    }

    /// Reads the answer to a request whose method was not HEAD.
    public mutating func read() throws(TransportError) -> HTTPResponse {
        // More interim answers than this are noise (RFC 9110, section 15.2 knows four kinds).
        for _ in 0..<8 {
            var response = try readHead()
            if (100..<200).contains(response.status) {
                if response.status == 101 { throw .malformed("it switches to another protocol") }
                continue
            }
            response.body = try readBody(of: response)
            return response
        }
        throw .malformed("it sends one interim answer after another")
    }

    mutating func readHead() throws(TransportError) -> HTTPResponse {
        var budget = Budget(what: "head", limit: limits.head)
        let status = try HTTPSyntax.status(of: try readLine(budget: &budget))
        return HTTPResponse(status: status, headers: try readFields(budget: &budget), body: [])
    }

    mutating func readFields(budget: inout Budget) throws(TransportError) -> [HTTPResponse.Header] {
        var fields: [HTTPResponse.Header] = []
        while true {
            let line = try readLine(budget: &budget)
            if line.isEmpty { return fields }
            fields.append(try HTTPSyntax.field(line))
        }
    }

    mutating func readBody(of response: HTTPResponse) throws(TransportError) -> [UInt8] {
        if response.status == 204 || response.status == 304 { return [] }
        switch try HTTPSyntax.framing(of: response) {
        case .length(let length):
            if length > limits.body { throw .tooLarge("body", limit: limits.body) }
            var body: [UInt8] = []
            try readExactly(length, into: &body)
            return body
        case .chunked:
            return try readChunks()
        case .untilClose:
            var body: [UInt8] = []
            while try fill() {
                body += buffer[position..<end]
                position = end
                if body.count > limits.body { throw .tooLarge("body", limit: limits.body) }
            }
            return body
        }
    }

    private mutating func readChunks() throws(TransportError) -> [UInt8] {
        var body: [UInt8] = []
        while true {
            // The size and whatever extensions come with it; the latter mean nothing to us.
            var lineBudget = Budget(what: "chunk size", limit: 1024)
            let size = try HTTPSyntax.chunkSize(try readLine(budget: &lineBudget))
            if size == 0 {
                var trailerBudget = Budget(what: "trailer", limit: limits.head)
                _ = try readFields(budget: &trailerBudget)
                return body
            }
            if size > limits.body - body.count { throw .tooLarge("body", limit: limits.body) }
            try readExactly(size, into: &body)
            var end: [UInt8] = []
            try readExactly(2, into: &end)
            guard end.elementsEqual("\r\n".utf8) else { throw .malformed("a chunk is longer than it says") }
        }
    }

    /// Reads up to and including the next CR LF, which is not part of the result.
    mutating func readLine(budget: inout Budget) throws(TransportError) -> [UInt8] {
        var line: [UInt8] = []
        while true {
            while position < end {
                let byte = buffer[position]
                position += 1
                try budget.spend()
                if byte == UInt8(ascii: "\n") {
                    guard line.last == UInt8(ascii: "\r") else { throw .malformed("a line does not end in CR LF") }
                    line.removeLast()
                    return line
                }
                line.append(byte)
            }
            guard try fill() else { throw .closedEarly }
        }
    }

    mutating func readExactly(_ count: Int, into body: inout [UInt8]) throws(TransportError) {
        var missing = count
        while missing > 0 {
            guard try fill() else { throw .closedEarly }
            let taken = min(missing, end - position)
            body += buffer[position..<(position + taken)]
            position += taken
            missing -= taken
        }
    }

    /// Sees to it that there are unused bytes; false if no more will come.
    mutating func fill() throws(TransportError) -> Bool {
        if position < end { return true }
        // Reads into an array that is as long as it says, and that nobody else sees until the call returns.
        let result = buffer.withUnsafeMutableBytes { bytes in
            Result { () throws(TransportError) in try stream.read(into: bytes) }
        }
        position = 0
        end = try result.get()
        return end > 0
    }
}
