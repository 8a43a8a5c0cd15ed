import Testing

@testable import HeddleClient

/// Bodies that are read as they come.
struct ResponsePieceTests {
    private static func pieces(_ text: String, size: Int) throws -> [UInt8] {
        var reader = HTTPResponseReader(ScriptedStream(bytes: Array(text.utf8), piece: size))
        let head = try reader.readBeginning()
        #expect(head.status == 200)
        var progress = HTTPResponseReader<ScriptedStream>.Progress(try HTTPSyntax.framing(of: head))
        var all: [UInt8] = []
        while let piece = try reader.readPiece(&progress) {
            #expect(!piece.isEmpty)
            all += piece
        }
        // And stays at its end.
        let none = try reader.readPiece(&progress)
        #expect(none == nil)
        return all
    }

    private static let head = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"

    @Test(arguments: [1, 2, 3, 7, 10_000]) func bodiesAreWholeInWhateverPieces(size: Int) throws {
        let chunked = head("Transfer-Encoding: chunked") + "4;x=y\r\nWiki\r\n00A\r\npedia in\r\n\r\n0\r\nSum: 1\r\n\r\n"
        #expect(try Self.pieces(chunked, size: size) == Array("Wikipedia in\r\n".utf8))
        #expect(try Self.pieces(head("Content-Length: 5") + "12345more", size: size) == Array("12345".utf8))
        #expect(try Self.pieces(head("Content-Length: 0"), size: size) == [])
        #expect(try Self.pieces(Self.head + "\r\nuntil the end", size: size) == Array("until the end".utf8))
    }

    @Test(arguments: ["4\r\nWiki", "4\r\nWikiXX", "4\r\nWiki\r\n", "x\r\n", "4\r\nWi"])
    func bodiesThatEndEarlyOrLieAreErrors(body: String) {
        let text = head("Transfer-Encoding: chunked") + body
        #expect(throws: TransportError.self) { try Self.pieces(text, size: 5) }
        #expect(throws: TransportError.self) { try Self.pieces(head("Content-Length: 9") + "12345", size: 5) }
    }

    private func head(_ field: String) -> String { Self.head + field + "\r\n\r\n" }
}
