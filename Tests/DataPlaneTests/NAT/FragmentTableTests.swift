import DataPlane
import Testing

@Suite("Fragment table")
struct FragmentTableTests {
    private static func key(
        _ identification: UInt32, side: UInt16 = 1, offset: Int = 0, length: Int = 8, isLast: Bool = false,
        proto: UInt8 = 17
    ) -> FragmentKey {
        FragmentKey(
            source: TransportAddress(ipv4: 1, port: 0), destination: TransportAddress(ipv4: 2, port: 0), proto: proto,
            identification: identification, side: side, offset: offset, length: length, isLast: isLast)
    }

    private func isTaken(_ table: inout FragmentTable, _ key: FragmentKey) -> Bool {
        table.takeHeld(key) != nil
    }

    @Test("Later fragments find what the first was sent as, and only theirs")
    func find() {
        var table = FragmentTable()
        table.remember(Self.key(5, length: 16), flow: 77, isOutgoing: true, newIdentification: 9, now: 100)
        let found = table.find(Self.key(5, offset: 16, length: 8), now: 200)
        #expect(found.isFound && !found.isSpoiled && found.flow == 77 && found.isOutgoing)
        #expect(found.newIdentification == 9)
        for other in [Self.key(6, offset: 16), Self.key(5, side: 2, offset: 16), Self.key(5, offset: 16, proto: 6)] {
            let other = table.find(other, now: 200)
            #expect(!other.isFound)
        }
        // Too old.
        let old = table.find(Self.key(5, offset: 24, length: 8), now: 30_100)
        #expect(!old.isFound && table.count == 0)
    }

    @Test("A key is the packet's")
    func packet() {
        for isIPv4 in [true, false] {
            var table = FragmentTable()
            let datagram = TestFrames.udp(payload: [UInt8](repeating: 1, count: 100))
            let first = routed(
                RoutedPacketFragmentTests.fragment(isIPv4: isIPv4, offset: 0, more: true, Array(datagram.prefix(48))))
            // The protocol of IPv6's later fragments doesn't count.
            let last = routed(
                RoutedPacketFragmentTests.fragment(
                    isIPv4: isIPv4, proto: isIPv4 ? 17 : 60, offset: 48, more: false, Array(datagram.dropFirst(48))))
            table.remember(FragmentKey(first, side: 3), flow: 1, isOutgoing: false, newIdentification: 0, now: 0)
            let found = table.find(FragmentKey(last, side: 3), now: 0)
            #expect(found.isFound && !found.isSpoiled)
            #expect(table.count == 0, "seen whole, it makes room")
        }
    }

    @Test("The longest datagram in any order", arguments: 1...5 as ClosedRange<UInt64>)
    func shuffled(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = FragmentTable()
        for number in 0..<200 as Range<UInt32> {
            let total = 1_481 + random.below(64_000)
            let size = 8 * (1 + random.below(185))
            var pieces = stride(from: size, to: total, by: size).map { ($0, min(size, total - $0)) }
            pieces.shuffle(using: &random)
            table.remember(Self.key(number, length: size), flow: number, isOutgoing: true, newIdentification: 0, now: 0)
            for (offset, length) in pieces {
                let key = Self.key(number, offset: offset, length: length, isLast: offset + length == total)
                let found = table.find(key, now: 0)
                #expect(found.isFound && !found.isSpoiled && found.flow == number, "seed \(seed)")
            }
            #expect(table.count == 0)
        }
    }

    @Test(
        "Parts that overlap spoil the datagram",
        arguments: [
            (8, 8, false), (0, 8, false), (8, 64, false), (24, 8, false), (24, 16, false), (16, 24, false),
            (32, 8, true),
            (24, 8, true), (64, 8, false),
        ] as [(Int, Int, Bool)])
    func overlaps(offset: Int, length: Int, isLast: Bool) {
        var table = FragmentTable()
        table.remember(Self.key(1, length: 16), flow: 1, isOutgoing: true, newIdentification: 0, now: 0)
        var found = table.find(Self.key(1, offset: 24, length: 16), now: 0)
        #expect(!found.isSpoiled)
        // Hole at 16, end at 64.
        found = table.find(Self.key(1, offset: 56, length: 3, isLast: true), now: 0)
        #expect(!found.isSpoiled)
        found = table.find(Self.key(1, offset: offset, length: length, isLast: isLast), now: 0)
        #expect(found.isFound && found.isSpoiled)
        // Nothing of it goes on, not even what would fit.
        found = table.find(Self.key(1, offset: 16, length: 8), now: 0)
        #expect(found.isFound && found.isSpoiled && table.count == 1)
        // And nothing of it is left behind.
        table.expire(now: 30_000)
        table.remember(Self.key(2, length: 16), flow: 2, isOutgoing: true, newIdentification: 0, now: 30_000)
        found = table.find(Self.key(2, offset: 16, length: 60_000, isLast: true), now: 30_000)
        #expect(found.isFound && !found.isSpoiled)
    }

    @Test("A second first fragment spoils it too, unless the other is forgotten")
    func twice() {
        var table = FragmentTable()
        var isNew = table.remember(Self.key(1), flow: 1, isOutgoing: true, newIdentification: 0, now: 0)
        #expect(isNew)
        isNew = table.remember(Self.key(1), flow: 1, isOutgoing: true, newIdentification: 0, now: 5)
        #expect(!isNew)
        let found = table.find(Self.key(1, offset: 8), now: 6)
        #expect(found.isSpoiled)
        isNew = table.remember(Self.key(1), flow: 2, isOutgoing: true, newIdentification: 0, now: 30_000)
        #expect(isNew)
    }

    @Test("64 of a side, 1,024 in all, the oldest give way")
    func bounds() {
        var table = FragmentTable()
        for number in 0..<1_000 as Range<UInt32> {
            table.remember(Self.key(number), flow: number, isOutgoing: true, newIdentification: 0, now: number)
        }
        #expect(table.count == 64)
        for number in 0..<1_000 as Range<UInt32> {
            let found = table.find(Self.key(number, offset: 8), now: 1_000)
            #expect(found.isFound == (number >= 936))
        }
        for side in 2..<40 as Range<UInt16> {
            for number in 0..<64 as Range<UInt32> {
                table.remember(
                    Self.key(number, side: side), flow: 1, isOutgoing: true, newIdentification: 0, now: 2_000)
            }
        }
        #expect(table.count == 1_024)
        let last = table.find(Self.key(63, side: 39, offset: 8), now: 2_000)
        let first = table.find(Self.key(999, offset: 8), now: 2_000)
        #expect(last.isFound && !first.isFound)
        table.removeAll(side: 39)
        #expect(table.count == 1_024 - 16)
        let expired = table.expire(now: 32_000)
        #expect(table.count == 0 && expired == 0)
    }

    @Test("Random operations agree with a dictionary", arguments: 1...5 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = FragmentTable()
        var model: [UInt32: (born: UInt32, flow: UInt32)] = [:]
        var now: UInt32 = .max - 100_000
        for step in 0..<20_000 {
            let note: Comment = "seed \(seed), step \(step)"
            now &+= UInt32(random.below(2_000))
            model = model.filter { now &- $0.value.born < 30_000 }
            // Few enough at a time for 64 of a side.
            let number = UInt32(random.below(50))
            let key = Self.key(number, side: UInt16(number % 7), length: 0x4000)
            if random.below(3) == 0 {
                let isNew = table.remember(
                    key, flow: UInt32(step), isOutgoing: true, newIdentification: 0, now: now)
                #expect(isNew == (model[number] == nil), note)
                if isNew { model[number] = (now, UInt32(step)) }
            } else {
                // Overlaps: spoiled, and still found.
                let found = table.find(key, now: now)
                #expect(found.isFound == (model[number] != nil) && found.flow == model[number]?.flow ?? 0, note)
            }
        }
    }

    @Test("What comes before its first fragment is held, and comes back in order")
    func held() {
        var table = FragmentTable()
        let frames = (0..<3).map { [UInt8](repeating: UInt8($0 + 1), count: 10 + 500 * $0) }
        for (number, frame) in frames.enumerated() {
            for identification in [1, 2] as [UInt32] {
                let memory = ExactBytes(frame)
                let isHeld = table.hold(
                    Self.key(identification, offset: 8 * number), header: memory.start, length: frame.count - 10,
                    port: UInt16(identification), now: 10)
                #expect(isHeld)
            }
        }
        #expect(table.heldCount == 6)
        table.remember(Self.key(2), flow: 1, isOutgoing: true, newIdentification: 0, now: 20)
        for frame in frames {
            guard let fragment = table.takeHeld(Self.key(2)) else {
                Issue.record("nothing was held")
                return
            }
            #expect(fragment.length == frame.count - 10 && fragment.port == 2)
            #expect(Array(UnsafeRawBufferPointer(start: fragment.header, count: frame.count)) == frame)
        }
        let isMore = isTaken(&table, Self.key(2))
        #expect(!isMore && table.heldCount == 3)
        let expired = table.expire(now: 30_010)
        let isOld = isTaken(&table, Self.key(1))
        #expect(expired == 3 && table.heldCount == 0 && !isOld)
    }

    @Test("16 held of a side, 64 in all, none longer than 2,048 bytes")
    func heldBounds() {
        var table = FragmentTable()
        let memory = ExactBytes([UInt8](repeating: 1, count: 2_058))
        var isHeld = table.hold(Self.key(1), header: memory.start, length: 2_049, port: 1, now: 0)
        #expect(!isHeld)
        isHeld = table.hold(Self.key(1), header: memory.start, length: 2_048, port: 1, now: 0)
        #expect(isHeld)
        for number in 2..<100 as Range<UInt32> {
            table.hold(Self.key(number), header: memory.start, length: 8, port: 1, now: 0)
        }
        #expect(table.heldCount == 16)
        let isEarlyTaken = isTaken(&table, Self.key(83))
        let isLateTaken = isTaken(&table, Self.key(99))
        #expect(!isEarlyTaken && isLateTaken)
        for side in 2..<6 as Range<UInt16> {
            for number in 0..<20 as Range<UInt32> {
                table.hold(Self.key(number, side: side), header: memory.start, length: 8, port: 1, now: 0)
            }
        }
        #expect(table.heldCount == 64)
        // The oldest of all, of the first side, gave way.
        let isOldestTaken = isTaken(&table, Self.key(84))
        let isYoungestTaken = isTaken(&table, Self.key(19, side: 5))
        #expect(!isOldestTaken && isYoungestTaken)
        table.removeAll(side: 4)
        let isForgottenTaken = isTaken(&table, Self.key(19, side: 4))
        #expect(table.heldCount == 47 && !isForgottenTaken)
    }
}
