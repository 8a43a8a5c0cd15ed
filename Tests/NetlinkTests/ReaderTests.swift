import Glibc
import Netlink
import Testing

@Suite("Reading any bytes")
struct ReaderTests {
    /// SplitMix64: the same numbers for the same seed on every machine.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// Messages of every kind that are right.
    private static let samples: [[UInt8]] = {
        let text = Hexadecimal.attribute(3, Array("eth0\0".utf8))
        let kind = Hexadecimal.attribute(18, Hexadecimal.attribute(1, Array("veth\0".utf8)))
        let statistics = Hexadecimal.attribute(23, [UInt8](repeating: 1, count: 192))
        let link: [UInt8] = [0, 0, 1, 0, 5, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255] + text + kind + statistics
        let address: [UInt8] = [2, 24, 0, 0, 5, 0, 0, 0] + Hexadecimal.attribute(2, [10, 0, 0, 2])
        let hop: [UInt8] = [16, 0, 0, 2, 5, 0, 0, 0] + Hexadecimal.attribute(5, [10, 0, 0, 1])
        let route: [UInt8] =
            [2, 8, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0] + Hexadecimal.attribute(1, [10, 0, 0, 0])
            + Hexadecimal.attribute(9, hop + hop) + Hexadecimal.attribute(8, Hexadecimal.attribute(2, [0, 5, 0, 0]))
            + Hexadecimal.attribute(18, [10, 0] + [UInt8](repeating: 1, count: 16))
        let neighbour: [UInt8] =
            [2, 0, 0, 0, 5, 0, 0, 0, 128, 0, 0, 0] + Hexadecimal.attribute(1, [10, 0, 0, 9])
            + Hexadecimal.attribute(2, [2, 0, 0, 0, 0, 9])
        let namespace: [UInt8] = [0, 0, 0, 0] + Hexadecimal.attribute(1, [3, 0, 0, 0])
        let ack: [UInt8] =
            (-22 as Int32).bytes + [UInt8](repeating: 0, count: 16) + Hexadecimal.attribute(1, Array("no\0".utf8))
        let all: [(UInt16, [UInt8])] = [
            (16, link), (17, link), (20, address), (21, address), (24, route), (25, route), (28, neighbour),
            (29, neighbour), (88, namespace), (89, namespace), (2, ack), (3, [0, 0, 0, 0]), (4, []),
        ]
        return all.map { Hexadecimal.message(type: $0.0, flags: 0x300, sequence: 1, payload: $0.1) }
    }()

    /// Hands the bytes over in memory that ends with a page that may not be touched.
    private func parse(_ bytes: [UInt8]) throws -> Int {
        let page = Int(getpagesize())
        let room = (bytes.count + page - 1) / page * page
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        let map = try #require(mmap(nil, room + page, PROT_READ | PROT_WRITE, flags, -1, 0))
        try #require(map != MAP_FAILED)
        defer { munmap(map, room + page) }
        try #require(mprotect(map + room, page, PROT_NONE) == 0)
        let target = UnsafeMutableRawBufferPointer(start: map + (room - bytes.count), count: bytes.count)
        target.copyBytes(from: bytes)
        return try NetlinkReader.parseMessages(UnsafeRawBufferPointer(target))
    }

    @Test("messages that are right are read")
    func right() throws {
        for sample in ReaderTests.samples {
            #expect(try parse(sample) == 1)
        }
        #expect(try parse(ReaderTests.samples.flatMap { $0 }) == ReaderTests.samples.count)
        #expect(try parse([]) == 0)
    }

    @Test("every truncation is read or refused, never read past its end")
    func truncations() throws {
        for sample in ReaderTests.samples {
            for count in 0..<sample.count {
                _ = try? parse(Array(sample.prefix(count)))
                // With a header that tells the truth about the shorter message.
                guard count >= 16 else { continue }
                #expect(try parse(UInt32(count).bytes + sample[4..<count]) <= 1)
            }
        }
    }

    @Test("any byte of a right message may be any other")
    func mutations() throws {
        let seed: UInt64 = 0x4EDD_1E11
        var generator = Generator(state: seed)
        var refused = 0
        for round in 0..<30_000 {
            var bytes = ReaderTests.samples[round % ReaderTests.samples.count]
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                let interesting: [UInt8] = [0, 1, 3, 4, 5, 127, 128, 255, UInt8.random(in: 0...255, using: &generator)]
                bytes[place] = interesting.randomElement(using: &generator) ?? 0
            }
            do { _ = try parse(bytes) } catch { refused += 1 }
        }
        #expect(refused > 0, "seed \(seed)")
    }

    @Test("noise is refused or read")
    func noise() throws {
        let seed: UInt64 = 0x4EDD_1E12
        var generator = Generator(state: seed)
        var refused = 0
        for _ in 0..<10_000 {
            let count = Int.random(in: 0...200, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            do { _ = try parse(bytes) } catch { refused += 1 }
        }
        #expect(refused > 0, "seed \(seed)")
    }
}
