import Foundation
import Testing

@testable import DataPlane

/// What is decided about packets, against what is asked for. Seeds are arguments, so that each failure can be repeated.
@Suite("Decisions of an impairment")
struct ImpairmentStateTests {
    /// Decides about packets of 1,000 bytes, a microsecond apart unless something else is said.
    private static func fates(
        _ count: Int, seed: UInt64 = 1, step: Int64 = 1_000, length: Int = 1_000, stream: UInt64 = 0,
        _ change: (inout ImpairmentSettings) -> Void
    ) -> [PacketFate] {
        var settings = ImpairmentSettings()
        settings.seed = seed
        change(&settings)
        var state = ImpairmentState(settings, stream: stream)
        let table = UnsafeMutablePointer<NormalTable>.allocate(capacity: 1)
        table.initialize(to: NormalTable())
        defer {
            table.deinitialize(count: 1)
            table.deallocate()
        }
        return (0..<count).map { state.next(length: length, now: Int64($0) * step, normal: table) }
    }

    private static func isLost(_ fate: PacketFate) -> Bool { fate.loss != .none }

    /// Whether a count is what a probability makes of so many tries: five standard deviations, one run in two million.
    private static func isLikely(_ count: Int, of tries: Int, _ probability: Double) -> Bool {
        let mean = Double(tries) * probability
        return abs(Double(count) - mean) <= 5 * (mean * (1 - probability)).squareRoot() + 0.5
    }

    @Test("independent loss is a binomial, without memory", arguments: [0.001, 0.01, 0.1, 0.5], [1, 2, 3] as [UInt64])
    func independent(share: Double, seed: UInt64) {
        let count = 400_000
        let lost = Self.fates(count, seed: seed) { $0.loss = ImpairmentSettings.share(share) }.map(Self.isLost)
        #expect(Self.isLikely(lost.count { $0 }, of: count, share), "seed \(seed)")
        let pairs = zip(lost, lost.dropFirst()).count { $0 && $1 }
        #expect(Self.isLikely(pairs, of: count, share * share), "seed \(seed): losses come together")
    }

    @Test("all and nothing are exact")
    func certain() {
        #expect(Self.fates(10_000) { $0.loss = ImpairmentSettings.share(1) }.allSatisfy(Self.isLost))
        #expect(!Self.fates(10_000) { $0.loss = ImpairmentSettings.share(0) }.contains(where: Self.isLost))
        #expect(ImpairmentSettings.share(1) == 1 << 32)
    }

    @Test("Gilbert–Elliott: mean loss and length of bursts", arguments: [1, 2, 3, 4] as [UInt64])
    func bursts(seed: UInt64) {
        let (p, r) = (0.01, 0.25)
        let count = 1_000_000
        let lost = Self.fates(count, seed: seed) {
            $0.toBad = ImpairmentSettings.share(p)
            $0.toGood = ImpairmentSettings.share(r)
            $0.badLoss = ImpairmentSettings.share(1)
        }.map(Self.isLost)
        var bursts: [Int] = []
        var length = 0
        for one in lost + [false] {
            if one {
                length += 1
            } else if length > 0 {
                bursts.append(length)
                length = 0
            }
        }
        let mean = Double(bursts.reduce(0, +)) / Double(bursts.count)
        // 1/r packets on average; about 9,600 bursts with a standard deviation of √(1−r)/r = 3.5.
        #expect(abs(mean - 1 / r) < 5 * 3.5 / Double(bursts.count).squareRoot(), "seed \(seed): \(mean)")
        let share = Double(lost.count { $0 }) / Double(count)
        #expect(abs(share - p / (p + r)) < 0.002, "seed \(seed): \(share)")
        // Single losses would be 3.8 % in bursts of 1.04.
        #expect(bursts.max() ?? 0 > 15, "seed \(seed)")
    }

    @Test("Gilbert–Elliott: both states lose as they should", arguments: [1, 2] as [UInt64])
    func bothStates(seed: UInt64) {
        let count = 1_000_000
        let lost = Self.fates(count, seed: seed) {
            $0.toBad = ImpairmentSettings.share(0.02)
            $0.toGood = ImpairmentSettings.share(0.06)
            $0.badLoss = ImpairmentSettings.share(0.4)
            $0.loss = ImpairmentSettings.share(0.008)
        }.count(where: Self.isLost)
        // A quarter of the time bad.
        let expected = 0.25 * 0.4 + 0.75 * 0.008
        #expect(abs(Double(lost) / Double(count) - expected) < 0.004, "seed \(seed): \(lost)")
    }

    @Test("duplication and corruption happen as often as asked, each by itself", arguments: [1, 2] as [UInt64])
    func others(seed: UInt64) {
        let count = 400_000
        let fates = Self.fates(count, seed: seed) {
            $0.duplicate = ImpairmentSettings.share(0.02)
            $0.corrupt = ImpairmentSettings.share(0.05)
        }
        let duplicated = fates.filter(\.isDuplicated)
        #expect(Self.isLikely(duplicated.count, of: count, 0.02), "seed \(seed)")
        #expect(Self.isLikely(fates.count { $0.passage.isCorrupted }, of: count, 0.05), "seed \(seed)")
        #expect(Self.isLikely(duplicated.count { $0.copy.isCorrupted }, of: duplicated.count, 0.05), "seed \(seed)")
        #expect(
            Self.isLikely(duplicated.count { $0.passage.isCorrupted }, of: duplicated.count, 0.05), "seed \(seed)")
    }

    @Test("reordered packets skip the delay; a gap spaces them")
    func reordered() {
        let delay: Int64 = 10_000_000
        let some = Self.fates(100_000, step: 0) {
            $0.delay = delay
            $0.reorder = ImpairmentSettings.share(0.05)
        }
        #expect(some.allSatisfy { $0.passage.due == 0 || $0.passage.due == delay })
        #expect(Self.isLikely(some.count { $0.passage.due == 0 }, of: 100_000, 0.05))
        let spaced = Self.fates(100, step: 0) {
            $0.delay = delay
            $0.reorder = ImpairmentSettings.share(1)
            $0.gap = 5
        }
        // As netem's gap: each fifth packet.
        #expect(spaced.indices.filter { spaced[$0].passage.due == 0 } == Array(stride(from: 4, to: 100, by: 5)))
    }

    @Test("uniform jitter covers its range evenly", arguments: [1, 2] as [UInt64])
    func uniform(seed: UInt64) {
        let count = 200_000
        let delays = Self.fates(count, seed: seed, step: 0) {
            $0.delay = 10_000_000
            $0.jitter = 4_000_000
        }.map { Double($0.passage.due) / 1e6 }
        #expect(delays.allSatisfy { $0 >= 6 && $0 <= 14 })
        for tenth in 0..<10 {
            let low = 6 + 0.8 * Double(tenth)
            #expect(Self.isLikely(delays.count { $0 >= low && $0 < low + 0.8 }, of: count, 0.1), "seed \(seed), \(low)")
        }
    }

    @Test("normal jitter has its mean, deviation and tails", arguments: [1, 2] as [UInt64])
    func normal(seed: UInt64) {
        let count = 200_000
        let delays = Self.fates(count, seed: seed, step: 0) {
            $0.delay = 50_000_000
            $0.jitter = 5_000_000
            $0.isNormal = true
        }.map { (Double($0.passage.due) / 1e6 - 50) / 5 }
        let mean = delays.reduce(0, +) / Double(count)
        let variance = delays.reduce(0) { $0 + $1 * $1 } / Double(count) - mean * mean
        #expect(abs(mean) < 5 / Double(count).squareRoot(), "seed \(seed): \(mean)")
        #expect(abs(variance - 1) < 0.02, "seed \(seed): \(variance)")
        for (bound, share) in [(1.0, 0.3173), (2.0, 0.0455), (3.0, 0.0027)] {
            #expect(abs(Double(delays.count { abs($0) > bound }) / Double(count) - share) < 0.004, "\(bound)")
        }
    }

    @Test("a delay is never below zero, however large the jitter")
    func clamped() {
        for isNormal in [false, true] {
            let delays = Self.fates(50_000, step: 0) {
                $0.delay = 1_000_000
                $0.jitter = 5_000_000
                $0.isNormal = isNormal
            }.map(\.passage.due)
            #expect(delays.allSatisfy { $0 >= 0 } && delays.contains(0))
        }
    }

    @Test("the same seed decides the same, another one and the other direction differently")
    func repeatable() {
        func trace(_ seed: UInt64, _ stream: UInt64) -> [Int64] {
            Self.fates(5_000, seed: seed, stream: stream) {
                $0.loss = ImpairmentSettings.share(0.1)
                $0.jitter = 1_000_000
                $0.delay = 5_000_000
                $0.duplicate = ImpairmentSettings.share(0.1)
            }.map { Self.isLost($0) ? -1 : $0.passage.due ^ $0.copy.due }
        }
        #expect(trace(7, 0) == trace(7, 0))
        #expect(trace(7, 0) != trace(8, 0) && trace(7, 0) != trace(7, 1))
    }

    @Test("what is switched on or off beside it changes no decision")
    func independence() {
        let plain = Self.fates(20_000) { $0.loss = ImpairmentSettings.share(0.1) }
        let more = Self.fates(20_000) {
            $0.loss = ImpairmentSettings.share(0.1)
            $0.delay = 1_000_000
            $0.jitter = 500_000
            $0.duplicate = ImpairmentSettings.share(0.3)
            $0.corrupt = ImpairmentSettings.share(0.3)
            $0.reorder = ImpairmentSettings.share(0.3)
        }
        #expect(plain.map(Self.isLost) == more.map(Self.isLost))
        // A larger share loses what the smaller one lost, and others.
        let worse = Self.fates(20_000) { $0.loss = ImpairmentSettings.share(0.2) }
        #expect(zip(plain, worse).allSatisfy { !Self.isLost($0) || Self.isLost($1) })
    }

    @Test("settings that change in mid-flight go on with the packets' numbers; another seed begins anew")
    func changed() {
        var settings = ImpairmentSettings()
        settings.seed = 3
        settings.loss = ImpairmentSettings.share(0.2)
        var changed = ImpairmentState(settings, stream: 0)
        let whole = Self.fates(2_000, seed: 3) { $0.loss = settings.loss }.map(Self.isLost)
        var lost = (0..<1_000).map { Self.isLost(changed.next(length: 100, now: Int64($0), normal: nil)) }
        settings.delay = 5
        changed.change(to: settings)
        lost += (1_000..<2_000).map { Self.isLost(changed.next(length: 100, now: Int64($0), normal: nil)) }
        #expect(lost == whole)
        settings.seed = 4
        changed.change(to: settings)
        #expect(changed.packets == 0)
    }
}
