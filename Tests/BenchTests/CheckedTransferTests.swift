import Addresses
import Bench
import Glibc
import Testing

@Suite struct CheckedTransferTests {
    private let loopback = IPv4Address(127, 0, 0, 1)

    @Test func digestsAreReadAsSha256sumPrintsThem() {
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(FileDigest.parse("\(digest)  /dev/fd/3\n") == digest)
        #expect(FileDigest.parse("\\\(digest)  a\\nname\n") == digest)
        #expect(FileDigest.parse("sha256sum: /dev/fd/3: Input/output error\n") == nil)
        #expect(FileDigest.parse("\(digest.dropLast())  -\n") == nil)
        #expect(FileDigest.parse("") == nil)
    }

    @Test func aFileIsHashedFromItsDescriptor() throws {
        let tool = try #require(FileDigest.tool)
        let file = try MemoryFile(name: "test", size: 3)
        file.bytes.copyBytes(from: Array("abc".utf8))
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(try FileDigest.result(of: FileDigest.start(of: file, tool: tool)) == expected)
        #expect(throws: BenchError.self) {
            try FileDigest.result(of: FileDigest.start(of: file, tool: "/bin/false"))
        }
    }

    @Test(arguments: [1, 7, 8, 9, 4_099]) func bytesFollowFromTheSeed(size: Int) throws {
        func bytes(_ seed: UInt64) throws -> [UInt8] {
            let file = try MemoryFile(name: "test", size: size)
            file.fill(seed: seed)
            return Array(file.bytes)
        }
        let first = try bytes(0)
        // SplitMix64's first word for the seed 0 is 0xE220A8397B1DCDAF.
        let word: [UInt8] = [0xAF, 0xCD, 0x1D, 0x7B, 0x39, 0xA8, 0x20, 0xE2]
        #expect(first.prefix(8) == word.prefix(size))
        #expect(try bytes(0) == first)
        #expect(try bytes(1) != first)
    }

    @Test func oneBitThatDiffersIsNoticed() throws {
        let tool = try #require(FileDigest.tool)
        let sent = try MemoryFile(name: "sent", size: 100_000)
        let received = try MemoryFile(name: "received", size: 100_000)
        for file in [sent, received] { file.fill(seed: 3) }
        #expect(try CheckedTransfer.compare(sent, received, tool: tool, seed: 3).count == 64)
        received.bytes[77_777] ^= 0x10
        let error = #expect(throws: BenchError.self) {
            try CheckedTransfer.compare(sent, received, tool: tool, seed: 3)
        }
        #expect(error?.message.contains("damaged") == true && error?.message.contains("seed 3") == true)
    }

    /// What a path does to a transfer.
    enum Path: String, CaseIterable {
        case faithful, flipping, cutting, adding
    }

    @Test(arguments: Path.allCases) func aTransferByWayOfSomebodyElse(path: Path) throws {
        let tool = try #require(FileDigest.tool)
        let size = 3_000_001
        var relay: BenchThread<Void>?
        let outcome = Result {
            try CheckedTransfer(bytes: size, seed: 11).run(
                digestTool: tool, openListener: { try InternetSocket.listen(on: loopback) },
                openSender: { port in
                    let entry = try InternetSocket.listen(on: loopback)
                    defer { close(entry.descriptor) }
                    let exit = try InternetSocket.connect(to: loopback, port: port)
                    let sender = try InternetSocket.connect(to: loopback, port: entry.port)
                    let inner = accept(entry.descriptor, nil, nil)
                    relay = try BenchThread.start { Self.carry(from: inner, to: exit, path) }
                    return sender
                })
        }
        try relay?.join()
        switch path {
        case .faithful:
            let result = try outcome.get()
            #expect(result.bytes == size && result.seconds > 0)
        case .flipping: #expect(throws: BenchError.self) { try outcome.get() }
        case .cutting, .adding:
            let error = #expect(throws: BenchError.self) { try outcome.get() }
            #expect(error?.message.hasPrefix("of \(size) bytes of a transfer ") == true, "\(error as Any)")
        }
    }

    /// Carries the receiver's word back and the bytes on, and spoils them as it was told.
    private static func carry(from inner: Int32, to exit: Int32, _ path: Path) {
        defer {
            close(inner)
            close(exit)
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        guard recv(exit, &buffer, 1, 0) == 1, send(inner, buffer, 1, 0) == 1 else { return }
        var carried = 0
        while true {
            let count = recv(inner, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            let target = 1_234_567 - carried
            if path == .flipping, (0..<count).contains(target) { buffer[target] ^= 1 }
            if path == .cutting, carried > 1_000_000 { return }
            var sent = 0
            while sent < count {
                let taken = buffer[sent..<count].withUnsafeBytes {
                    send(exit, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard taken > 0 else { return }
                sent += taken
            }
            carried += count
        }
        if path == .adding { send(exit, buffer, 1, Int32(MSG_NOSIGNAL)) }
    }
}
