/// The grammar of an HTTP/1.1 answer's lines (RFC 9112).
enum HTTPSyntax {
    /// How a body says where it ends.
    enum Framing: Hashable {
        /// By its number of bytes.
        case length(Int)
        /// By the chunked coding.
        case chunked
        /// With the connection.
        case untilClose
    }

    private static let versions: Set<String> = ["HTTP/1.1", "HTTP/1.0"]

    /// Reads `HTTP/1.1 200 OK`.
    static func status(of line: [UInt8]) throws(TransportError) -> Int {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard let version = parts.first.map({ String(decoding: $0, as: UTF8.self) }), versions.contains(version) else {
            throw .malformed("it begins with \(excerpt(line))")
        }
        guard parts.count >= 2, parts[1].count == 3, let status = decimal(parts[1]), (100...599).contains(status) else {
            throw .malformed("its status line is \(excerpt(line))")
        }
        return status
    }

    /// Reads `Name: value`.
    static func field(_ line: [UInt8]) throws(TransportError) -> HTTPResponse.Header {
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? 0
        guard colon > 0, line[..<colon].allSatisfy(isTokenByte) else {
            throw .malformed("a header line is \(excerpt(line))")
        }
        var value = line[(colon + 1)...]
        while let first = value.first, isBlank(first) { value.removeFirst() }
        while let last = value.last, isBlank(last) { value.removeLast() }
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw .malformed("a header line is \(excerpt(line))")
        }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        return HTTPResponse.Header(name: name, value: String(decoding: value, as: UTF8.self))
    }

    /// Decides where the body ends (RFC 9112, section 6.3).
    static func framing(of response: HTTPResponse) throws(TransportError) -> Framing {
        let codings = response.values(of: "transfer-encoding")
        let lengths = Set(response.values(of: "content-length"))
        if !codings.isEmpty {
            guard codings.map({ $0.lowercased() }) == ["chunked"] else {
                throw .malformed("its transfer coding is \(codings.joined(separator: ", ").debugDescription)")
            }
            guard lengths.isEmpty else { throw .malformed("it has both a length and a transfer coding") }
            return .chunked
        }
        guard let text = lengths.first else { return .untilClose }
        guard lengths.count == 1, let length = decimal(Array(text.utf8)[...]) else {
            throw .malformed("its length is \(lengths.sorted().joined(separator: ", ").debugDescription)")
        }
        return .length(length)
    }

    /// Reads a chunk's size in hexadecimal, before any `;extension`.
    static func chunkSize(_ line: [UInt8]) throws(TransportError) -> Int {
        var digits = line.prefix { $0 != UInt8(ascii: ";") }
        while let last = digits.last, isBlank(last) { digits.removeLast() }
        guard !digits.isEmpty, digits.allSatisfy(isHexadecimal),
            let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .malformed("a chunk's size is \(excerpt(line))") }
        return size
    }

    private static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default:
            false
        }
    }

    /// tchar of RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// A little of a line that is not what it should be, safe for a terminal.
    private static func excerpt(_ line: [UInt8]) -> String {
        let shown = String(decoding: line.prefix(40), as: UTF8.self).debugDescription
        return line.count > 40 ? shown + "…" : shown
    }
}
