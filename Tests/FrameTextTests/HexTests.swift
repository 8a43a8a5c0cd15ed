import Testing

@testable import FrameText

/// Bytes in hex, as people and programs write them.
struct HexTests {
    private func read(_ text: String) throws -> [UInt8] {
        guard case .bytes(let bytes) = try FrameText(parsing: text) else {
            throw FrameTextError(text: text, offset: 0, length: 0, reason: "taken for a description", hint: "")
        }
        return bytes
    }

    /// 20 bytes: 0, 1, … 19.
    private static let counted = Array(UInt8(0)..<20)

    @Test(arguments: [
        "000102030405060708090a0b0c0d0e0f10111213", "0x000102030405060708090A0B0C0D0E0F10111213",
        "00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13",
        "0001 0203 0405 0607 0809 0a0b 0c0d 0e0f\n1011 1213\n",
        "0x00 0x01 0x02, 0x03 0x04 0x05 0x06 0x07 0x08 0x09 0x0a 0x0b 0x0c 0x0d 0x0e 0x0f 0x10 0x11 0x12 0x13",
        "00-01-02-03-04-05-06-07-08-09-0a-0b-0c-0d-0e-0f-10-11-12-13",
        // tcpdump -xx, with its line above, and -XX.
        """
        12:34:56.789012 IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64
        \t0x0000:  0001 0203 0405 0607 0809 0a0b 0c0d 0e0f
        \t0x0010:  1011 1213
        """,
        """
        \t0x0000:  0001 0203 0405 0607 0809 0a0b 0c0d 0e0f  ................
        \t0x0010:  1011 1213                                ....
        """,
        // xxd.
        """
        00000000: 0001 0203 0405 0607 0809 0a0b 0c0d 0e0f  ................
        00000010: 1011 1213                                ....
        """,
        // hexdump -C.
        """
        00000000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  |................|
        00000010  10 11 12 13                                       |....|
        00000014
        """,
        // Wireshark, text2pcap.
        """
        0000   00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f   ................
        0010   10 11 12 13                                       ....
        """,
        "0000: 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\r\n0010: 10 11 12 13\r\n",
    ])
    func theSameBytes(text: String) throws {
        #expect(try read(text) == Self.counted)
    }

    @Test func textBehindADumpIsNoHex() throws {
        // 16 letters that are digits of hex.
        let line = "0x0000:  6162 6364 6566 6162 6364 6566 6162 6364  abcdefabcdefabcd"
        #expect(try read(line).count == 16)
        // Not a full line: the text stands behind two blanks.
        #expect(try read("0x0000:  6162 6364  abcd").count == 4)
    }

    @Test(arguments: [
        ("0001f", "the last byte has only one digit", "    ^"),
        ("00 1 02", "a byte has two digits, this one has one", "   ^"),
        ("00 zz", "'z' is no digit of hex", "   ^"),
        ("00é", "'é' is no digit of hex", "  ^"),
        ("0x0000:  0001 0203\n0x0010:  0405", "4 bytes stand before this line, not 16, in line 2, column 1", "^^^^^^^"),
        ("0x0000:  0001\n0x0000:  0405", "here begins a second frame, in line 2, column 1", "^^^^^^^"),
        ("0x0000:  zz", "there is no hex behind the offset", "       ^^^^"),
        ("0x0000:  0001\nxyz", "this line has no offset as the others have, in line 2, column 1", "^^^"),
    ])
    func refusalsSayWhereAndWhat(text: String, message: String, mark: String) {
        let error = #expect(throws: FrameTextError.self) { try FrameText(parsing: text) }
        #expect(error?.message == message)
        #expect(error?.marked?.split(separator: "\n").last.map(String.init) == mark)
    }

    @Test func lengths() throws {
        #expect(try read(String(repeating: "00", count: FrameText.longestFrame)).count == FrameText.longestFrame)
        let long = String(repeating: "00:", count: FrameText.longestFrame + 1)
        #expect(throws: FrameTextError.self) { try FrameText(parsing: long) }
        #expect(throws: FrameTextError.self) {
            try FrameText(parsing: String(repeating: " ", count: FrameText.longestText + 1))
        }
        // A long line isn't shown.
        #expect(FrameTextError(text: long, offset: 5, length: 1, reason: "", hint: "").marked == nil)
    }
}
