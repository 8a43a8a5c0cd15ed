import Testing

@testable import DataPlane

@Suite("The rate and its queue")
struct ImpairmentLinkTests {
    @Test(
        "a packet passes when its last bit has: exact over a million packets",
        arguments: [1_000, 3_333_333, 10_000_000_007] as [UInt64])
    func exact(rate: UInt64) {
        var link = ImpairmentLink()
        var random = SeededGenerator(seed: rate)
        var bits: UInt64 = 0
        var last: Int64 = 0
        for _ in 0..<100_000 {
            let length = 60 + random.below(1_455)
            bits += UInt64(length) * 8
            last = link.take(length: length, now: 0, rate: rate, queue: .max) ?? -1
        }
        // Never idle: all of the time was used, to the nanosecond.
        let (whole, rest) = rate.dividingFullWidth(bits.multipliedFullWidth(by: 1_000_000_000))
        #expect(last == Int64(whole), "rest \(rest)")
    }

    @Test("an idle link begins at once, and nothing of the idle time is saved up")
    func idle() {
        var link = ImpairmentLink()
        #expect(link.take(length: 125, now: 0, rate: 1_000_000, queue: 0) == 1_000_000)
        #expect(link.take(length: 125, now: 50_000_000, rate: 1_000_000, queue: 0) == 51_000_000)
        // In the middle of another one: the queue has no time for it.
        #expect(link.take(length: 125, now: 50_500_000, rate: 1_000_000, queue: 0) == nil)
        #expect(link.take(length: 125, now: 50_500_000, rate: 1_000_000, queue: 1_499_999) == nil)
        #expect(link.take(length: 125, now: 50_500_000, rate: 1_000_000, queue: 1_500_000) == 52_000_000)
    }

    @Test("without a rate everything passes at once")
    func unlimited() {
        var link = ImpairmentLink()
        for now in 0..<100 { #expect(link.take(length: 65_000, now: Int64(now), rate: 0, queue: 0) == Int64(now)) }
    }

    @Test("what passes a full queue is the rate, whatever is offered", arguments: [1, 2, 3] as [UInt64])
    func overload(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var link = ImpairmentLink()
        let rate: UInt64 = 10_000_000
        var passed = 0
        var now: Int64 = 0
        // Ten times as much as fits, for ten seconds, with a queue of 5 ms.
        while now < 10_000_000_000 {
            let length = 60 + random.below(1_455)
            if let departure = link.take(length: length, now: now, rate: rate, queue: 5_000_000) {
                #expect(departure - now <= 5_000_000)
                passed += length
            }
            now += Int64(length) * 80
        }
        #expect(abs(Double(passed) * 8 / 10 / Double(rate) - 1) < 0.002, "seed \(seed): \(passed)")
    }
}
