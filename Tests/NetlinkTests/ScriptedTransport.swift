import Netlink
import SystemPackage

/// A transport that keeps what is sent and answers with what it was given.
final class ScriptedTransport: NetlinkTransport {
    let port: UInt32 = 0x0000_1234
    /// The requests, as hexadecimal text.
    private(set) var sent: [String] = []
    /// Datagrams or errors to answer with, the first one first.
    var answers: [Result<[UInt8], Errno>] = []
    // Owned by this object; what `receive` handed out points into it.
    private var current = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 1)

    deinit {
        current.deallocate()
    }

    func send(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
        sent.append(Hexadecimal.text(bytes))
    }

    func receive() throws(Errno) -> NetlinkDatagram {
        guard !answers.isEmpty else { throw .resourceTemporarilyUnavailable }
        let bytes = try answers.removeFirst().get()
        current.deallocate()
        current = .allocate(byteCount: bytes.count, alignment: 1)
        current.copyBytes(from: bytes)
        return NetlinkDatagram(bytes: UnsafeRawBufferPointer(current))
    }

    /// Answers with an ack for the request number `sequence`.
    func acknowledge(_ sequence: UInt32, error: Int32 = 0) {
        answers.append(.success(Hexadecimal.message(type: 2, sequence: sequence, payload: error.bytes + zeros(16))))
    }

    private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
}

/// Bytes as text and back.
enum Hexadecimal {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// Joins the lines of `text`, without what follows `//` and without white space.
    static func plain(_ text: String) -> String {
        text.split(separator: "\n").map { line in
            (line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line[...]).filter { $0.isHexDigit }
        }.joined()
    }

    /// The bytes that the hexadecimal digits of `text` stand for.
    static func bytes(_ text: String) -> [UInt8] {
        let digits = Array(plain(text))
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
    }

    /// A whole message, addressed to `ScriptedTransport`, with padding.
    static func message(type: UInt16, flags: UInt16 = 0, sequence: UInt32, payload: [UInt8]) -> [UInt8] {
        let length = UInt32(16 + payload.count)
        let header = length.bytes + type.bytes + flags.bytes + sequence.bytes + (0x0000_1234 as UInt32).bytes
        return header + payload + [UInt8](repeating: 0, count: (4 - payload.count % 4) % 4)
    }

    /// An attribute with padding.
    static func attribute(_ type: UInt16, _ payload: [UInt8]) -> [UInt8] {
        UInt16(4 + payload.count).bytes + type.bytes + payload
            + [UInt8](repeating: 0, count: (4 - payload.count % 4) % 4)
    }
}

extension FixedWidthInteger {
    /// The bytes in host order.
    var bytes: [UInt8] {
        withUnsafeBytes(of: self) { Array($0) }
    }
}
