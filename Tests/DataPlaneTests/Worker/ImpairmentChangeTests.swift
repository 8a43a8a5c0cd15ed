import Glibc
import Testing

@testable import DataPlane

@Suite("Impairments that change while packets are held")
struct ImpairmentChangeTests {
    private typealias Make = TestFrames
    private static let millisecond: Int64 = 1_000_000

    private func rig() throws -> ScriptedWorker {
        let rig = try ScriptedWorker(ports: [1, 2])
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        return rig
    }

    /// A frame of 125 bytes, known by its number.
    private static func numbered(_ number: Int) -> [UInt8] {
        Make.plain(length: 123) + [UInt8(number >> 8), UInt8(number & 0xFF)]
    }

    @Test("cleared: what is held goes on at once, in its order", arguments: [true, false])
    func cleared(isOut: Bool) throws {
        let rig = try rig()
        try rig.impair(isOut ? 2 : 1, isOut: isOut) { $0.delay = 50 * Self.millisecond }
        for length in 60..<80 { #expect(rig.put(Make.plain(length: length), into: 1) == []) }
        try rig.impair(isOut ? 2 : 1, isOut: isOut) { _ in }
        #expect(rig.device.take().sent.map(\.frame.count) == Array(60..<80))
        #expect(rig.put(Make.plain(), into: 1).count == 1)
        #expect(rig.sent(after: 100 * Self.millisecond) == [])
        rig.expectIngressCloses(1)
        rig.expectSound()
    }

    @Test("cleared: many that are held are no burst; what comes meanwhile follows them", arguments: [true, false])
    func drained(isOut: Bool) throws {
        let rig = try rig()
        let port: UInt16 = isOut ? 2 : 1
        try rig.impair(port, isOut: isOut) {
            $0.delay = 500 * Self.millisecond
            $0.jitter = 100 * Self.millisecond
            $0.isNormal = true
        }
        for number in 0..<5_000 { _ = rig.put(Make.plain(length: 60 + number % 1_000), into: 1) }
        try rig.impair(port, isOut: isOut) { _ in }
        var lengths = rig.device.take().sent.map(\.frame.count)
        // A thousand go at once, then a thousand in each millisecond.
        #expect((900...1_024).contains(lengths.count), "\(lengths.count)")
        var rounds = 0
        while lengths.count < 5_000, rounds < 20 {
            for _ in 0..<10 {
                rig.device.deliver(.frame(port: 1, bytes: Make.vnet() + Make.plain(length: 1_400)))
                let sent = rig.sent(after: Self.millisecond / 10).map(\.frame.count)
                #expect(sent.count <= 130, "\(sent.count)")
                lengths += sent
            }
            rounds += 1
        }
        #expect(rounds == 4 || rounds == 5)
        let followers = rounds * 10
        lengths += rig.sent(after: 2 * Self.millisecond).map(\.frame.count)
        #expect(lengths.count == 5_000 + followers)
        #expect(lengths.suffix(followers).allSatisfy { $0 == 1_400 } && lengths.prefix(5_000).allSatisfy { $0 < 1_060 })
        // It is as if it had never been: nothing is held, a frame goes at once.
        rig.step()
        #expect(rig.put(Make.plain(), into: 1).count == 1)
        #expect(rig.sent(after: 1_000 * Self.millisecond) == [])
        // And another one begins anew, behind nothing.
        try rig.impair(port, isOut: isOut) { $0.delay = Self.millisecond }
        #expect(rig.put(Make.plain(length: 99), into: 1) == [])
        #expect(rig.sent(after: Self.millisecond).map(\.frame.count) == [99])
        rig.expectIngressCloses(1)
        rig.expectSound()
    }

    @Test("cleared and impaired again while packets still go on: they do, and the new one begins behind them")
    func drainedAndSet() throws {
        let rig = try rig()
        try rig.impair(1) { $0.delay = 500 * Self.millisecond }
        for _ in 0..<3_000 { _ = rig.put(Make.plain(length: 61), into: 1) }
        try rig.impair(1) { _ in }
        var count = rig.device.take().sent.count
        try rig.impair(1) { $0.delay = Self.millisecond }
        count += rig.put(Make.plain(length: 62), into: 1).count
        count += (0..<3).map { _ in rig.sent(after: Self.millisecond).count }.reduce(0, +)
        #expect(count == 3_000)
        #expect(rig.sent(after: Self.millisecond).map(\.frame.count) == [62])
        // Nothing is left of it.
        _ = rig.put(Make.plain(length: 63), into: 1)
        #expect(rig.sent(after: Self.millisecond).map(\.frame.count) == [63])
        rig.expectIngressCloses(1)
        rig.expectSound()
    }

    @Test("another delay: what is held keeps its time")
    func changed() throws {
        let rig = try rig()
        try rig.impair(1) { $0.delay = 20 * Self.millisecond }
        _ = rig.put(Make.plain(length: 61), into: 1)
        try rig.impair(1) { $0.delay = 5 * Self.millisecond }
        _ = rig.put(Make.plain(length: 62), into: 1)
        #expect(rig.sent(after: 5 * Self.millisecond).map(\.frame.count) == [62])
        #expect(rig.sent(after: 15 * Self.millisecond).map(\.frame.count) == [61])
        // Far more memory: what is held moves.
        _ = rig.put(Make.plain(length: 63), into: 1)
        try rig.impair(1) { $0.delay = 2_000 * Self.millisecond }
        #expect(rig.sent(after: 5 * Self.millisecond).map(\.frame) == [Make.plain(length: 63)])
        rig.expectSound()
    }

    @Test("another rate: what waits, waits for the new one")
    func rate() throws {
        let rig = try rig()
        try rig.impair(1) {
            $0.rate = 1_000
            $0.queue = 100_000 * Self.millisecond
        }
        // A second each, at that rate.
        for _ in 0..<10 { _ = rig.put(Make.plain(length: 125), into: 1) }
        try rig.impair(1) {
            $0.rate = 1_000_000
            $0.queue = 100 * Self.millisecond
        }
        for _ in 0..<10 { #expect(rig.sent(after: Self.millisecond).count == 1) }
        _ = rig.put(Make.plain(length: 125), into: 1)
        #expect(rig.sent(after: Self.millisecond).count == 1)
        rig.expectSound()
    }

    @Test(
        "a lower rate, or a shorter queue: what doesn't fit is lost, and the next packets find room",
        arguments: [true, false])
    func lowered(isOut: Bool) throws {
        let rig = try rig()
        let port: UInt16 = isOut ? 2 : 1
        let reason: DropReason = isOut ? .impairmentQueueOut : .impairmentQueue
        try rig.impair(port, isOut: isOut) {
            $0.rate = 1_000_000
            $0.queue = 1_000 * Self.millisecond
        }
        // A millisecond each.
        for number in 0..<500 { _ = rig.put(Self.numbered(number), into: 1) }
        try rig.impair(port, isOut: isOut) {
            $0.rate = 100_000
            $0.queue = 100 * Self.millisecond
        }
        // Ten milliseconds each, so that ten wait.
        #expect(rig.drops(port, reason) == 490)
        for number in 0..<10 {
            #expect(rig.put(Make.plain(length: 125), into: 1) == [] && rig.drops(port, reason) == 491 + UInt64(number))
            // One goes, and the next finds room.
            let sent = rig.sent(after: 10 * Self.millisecond).map(\.frame)
            #expect(sent == [Self.numbered(number)], "\(number)")
            #expect(rig.put(Make.plain(length: 125), into: 1) == [] && rig.drops(port, reason) == 491 + UInt64(number))
        }
        // The same rate, and a shorter queue: the first five stay.
        try rig.impair(port, isOut: isOut) {
            $0.rate = 100_000
            $0.queue = 50 * Self.millisecond
        }
        #expect(rig.drops(port, reason) == 505)
        for _ in 0..<5 { #expect(rig.sent(after: 10 * Self.millisecond).count == 1) }
        #expect(rig.sent(after: 100 * Self.millisecond) == [])
        if !isOut { rig.expectIngressCloses(1) }
        rig.expectSound()
    }

    @Test("no rate any more: what waited goes on in rounds, and nothing overtakes it")
    func rounds() throws {
        let rig = try rig()
        try rig.impair(1) {
            $0.rate = 100_000
            $0.queue = 1_000_000 * Self.millisecond
        }
        for number in 0..<2_500 { _ = rig.put(Make.plain(length: 60 + number % 1_000), into: 1) }
        try rig.impair(1) { $0.delay = 1 }
        var lengths = rig.device.take().sent.map(\.frame.count)
        var rounds = 0
        while lengths.count < 2_500, rounds < 10 {
            // One that comes in between waits for those before it.
            let sent = rig.put(Make.plain(length: 1_400), into: 1).map(\.frame.count)
            #expect(!sent.isEmpty && sent.count <= 1_024)
            lengths += sent
            rounds += 1
        }
        lengths += rig.sent(after: Self.millisecond).map(\.frame.count)
        #expect(rounds >= 2)
        #expect(lengths == (0..<2_500).map { 60 + $0 % 1_000 } + Array(repeating: 1_400, count: rounds))
        rig.expectIngressCloses(1)
        rig.expectSound()
    }

    @Test("a port that goes takes what is held with it, counted once", arguments: [true, false])
    func removed(isOut: Bool) throws {
        let rig = try rig()
        let port: UInt16 = isOut ? 2 : 1
        try rig.impair(port, isOut: isOut) { $0.delay = 50 * Self.millisecond }
        for _ in 0..<7 { _ = rig.put(Make.plain(), into: 1) }
        rig.mailbox.submit(.removePort(port))
        rig.step()
        rig.device.deliver(.ended(port: port, error: ECANCELED))
        rig.step()
        #expect(rig.mailbox.takeResult() == 0)
        #expect(rig.drops(port, isOut ? .impairmentQueueOut : .impairmentQueue) == 7)
        rig.expectIngressCloses(port)
        #expect(rig.sent(after: 100 * Self.millisecond) == [])
        // The next one of that number isn't impaired.
        try rig.addPort(port)
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        #expect(rig.put(Make.plain(), into: 1).count == 1)
        rig.expectSound()
    }

    @Test("a worker that ends counts what it held")
    func stopped() throws {
        let rig = try rig()
        try rig.impair(1) { $0.delay = 50 * Self.millisecond }
        for _ in 0..<5 { _ = rig.put(Make.plain(), into: 1) }
        rig.mailbox.submit(.stop)
        rig.step()
        #expect(rig.drops(1, .impairmentQueue) == 5)
        rig.expectIngressCloses(1)
    }

    @Test("only ports of a domain, and only numbers that can be")
    func refused() throws {
        let rig = try rig()
        var settings = ImpairmentSettings()
        settings.delay = 1
        #expect(rig.perform(.impair(ImpairmentConfiguration(port: 9, isOut: false, settings: settings))) == ENOENT)
        #expect(rig.perform(.impair(ImpairmentConfiguration(port: 0, isOut: false, settings: settings))) == ENOENT)
        settings.rate = 1
        #expect(rig.perform(.impair(ImpairmentConfiguration(port: 1, isOut: false, settings: settings))) == EINVAL)
        #expect(rig.perform(.impair(ImpairmentConfiguration(port: 1, isOut: true, settings: .init()))) == 0)
    }

    @Test(
        "random frames, settings, failures and removals: every packet is counted once",
        arguments: 1...8 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let note: Comment = "seed \(seed)"
        let rig = try ScriptedWorker(ports: [1, 2, 3, 4], slots: 128)
        var attempts: [UInt16: UInt64] = [:]
        var fates = SeededGenerator(seed: ~seed)
        rig.device.fate = { frame in
            attempts[frame.port, default: 0] += 1
            return [.refused, .fails(EAGAIN), .fails(EIO)][safe: fates.below(40)] ?? .taken
        }
        for _ in 0..<1_500 {
            for _ in 0..<random.below(5) {
                rig.device.deliver(
                    .frame(port: UInt16(1 + random.below(4)), bytes: RandomFrames.next(&random)))
            }
            if random.below(12) == 0 {
                try rig.impair(UInt16(1 + random.below(4)), isOut: random.below(2) == 0) { Self.vary(&$0, &random) }
            }
            rig.step(after: Int64(random.below(3_000_000)))
            _ = rig.device.take()
        }
        for port in UInt16(1)...4 {
            for isOut in [true, false] { try rig.impair(port, isOut: isOut) { _ in } }
        }
        rig.step()
        rig.step()
        for port in UInt16(1)...4 {
            rig.expectIngressCloses(port, note)
            let counted = rig.counters(port)
            let failed = [DropReason.egressFull, .egressDown].reduce(UInt64(0)) { $0 + (counted.drops[$1] ?? 0) }
            #expect(attempts[port] == counted.sentFrames + failed, note)
            #expect(counted.sentFrames > 100, note)
        }
        rig.expectSound(note)
    }

    private static func vary(_ settings: inout ImpairmentSettings, _ random: inout SeededGenerator) {
        settings.seed = UInt64(random.below(3))
        if random.below(2) == 0 { settings.delay = Int64(random.below(20_000_000)) }
        if random.below(2) == 0 { settings.jitter = Int64(random.below(10_000_000)) }
        settings.isNormal = random.below(2) == 0
        if random.below(3) == 0 { settings.loss = ImpairmentSettings.share(0.2) }
        if random.below(3) == 0 { settings.duplicate = ImpairmentSettings.share(0.3) }
        if random.below(3) == 0 { settings.corrupt = ImpairmentSettings.share(0.3) }
        if random.below(3) == 0 { settings.reorder = ImpairmentSettings.share(0.3) }
        if random.below(3) == 0 {
            settings.toBad = ImpairmentSettings.share(0.1)
            settings.toGood = ImpairmentSettings.share(0.3)
            settings.badLoss = ImpairmentSettings.share(0.9)
        }
        guard random.below(2) == 0 else { return }
        settings.rate = 1_000_000 + UInt64(random.below(100_000_000))
        settings.queue = Int64(random.below(20_000_000))
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
