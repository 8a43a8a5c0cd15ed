import Testing

@testable import Lab

/// Random labs are changed into random others, step by step as a difference says, and held against a model that only
/// knows the rules: what stands on something must not outlive it, and what is the same is not touched.
struct LabDifferenceModelTests {
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 31)
        }
    }

    /// A lab of things that stand on others before them, with values of few kinds, so that many are the same as before.
    private func lab(_ random: inout Seeded) -> [LabItem] {
        var items: [LabItem] = []
        for number in 0..<14 where Bool.random(using: &random) || number < 2 {
            let known = items.map(\.key)
            let foundations = known.filter { _ in Int.random(in: 0..<6, using: &random) == 0 }
            let predecessors = known.filter { _ in Int.random(in: 0..<8, using: &random) == 0 }
            let value = "\(Int.random(in: 0..<2, using: &random))"
            let thing: LabThing =
                number % 3 == 0
                ? .file(node: "n", path: "\(number)", content: value)
                : .daemon(host: "\(number)", arguments: [value])
            items.append(LabItem("k\(number)", thing, on: foundations, after: predecessors))
        }
        return items
    }

    @Test func everyChangeKeepsTheRules() {
        var random = Seeded(state: 7)
        for _ in 0..<3_000 {
            var record = LabRecord()
            for item in lab(&random) {
                var event = LabRecord.Event(key: item.key)
                event.making = item
                // Some were cut short.
                if Int.random(in: 0..<8, using: &random) > 0 { event.made = [:] }
                record.apply(event)
            }
            let wanted = lab(&random)
            let missing = Set(record.entries.keys.filter { _ in Int.random(in: 0..<9, using: &random) == 0 })
            let difference = LabDifference(recorded: record, wanted: wanted, missing: missing)
            check(difference, record, wanted, missing)
        }
    }

    private func check(
        _ difference: LabDifference, _ record: LabRecord, _ wanted: [LabItem], _ missing: Set<String>
    ) {
        var there = record.entries.mapValues(\.item)
        // Taken away: nothing that still stands on it is there.
        for item in difference.removals {
            #expect(there.removeValue(forKey: item.key) != nil, "\(item.key) is taken away twice")
            #expect(!there.values.contains { $0.foundations.contains(item.key) }, "something stands on \(item.key)")
        }
        let touched = Set(difference.removals.map(\.key) + difference.makings.map(\.key))
        for item in difference.makings {
            #expect(item.foundations.allSatisfy { there[$0] != nil }, "\(item.key) stands on nothing")
            #expect(there[item.key] == nil || item.thing.isReplacedByMaking, "\(item.key) is there already")
            there[item.key] = item
        }
        #expect(Set(there.keys) == Set(wanted.map(\.key)))
        for item in wanted {
            #expect(there[item.key]?.thing == item.thing, "\(item.key) is not as wanted")
            guard !touched.contains(item.key) else { continue }
            #expect(record.entries[item.key]?.state == .made && !missing.contains(item.key))
            // On the same things as it was made on.
            #expect(!item.foundations.contains { touched.contains($0) }, "\(item.key) outlives what it stands on")
        }
        for item in wanted where touched.contains(item.key) {
            guard let entry = record.entries[item.key] else { continue }
            let old = entry.item
            let hasReason =
                entry.state != .made || missing.contains(item.key) || old.thing != item.thing
                || (old.foundations + item.foundations).contains { touched.contains($0) }
            #expect(hasReason, "\(item.key) is touched without a reason")
        }
    }
}
