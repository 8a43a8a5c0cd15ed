import Bench
import Testing

@Suite struct SequenceLedgerTests {
    private func ledger(_ sequences: [UInt64], expected: Int = 1) -> SequenceLedger {
        var ledger = SequenceLedger(expected: expected)
        for sequence in sequences { ledger.record(sequence) }
        return ledger
    }

    @Test func allInOrder() {
        let ledger = ledger(Array(0..<1_000))
        #expect(ledger.received == 1_000)
        #expect(ledger.missing(of: 1_000) == 0)
        #expect(ledger.reordered == 0)
        #expect(ledger.duplicated == 0)
    }

    @Test func lossIsNotReordering() {
        let ledger = ledger([0, 1, 4, 5, 9])
        #expect(ledger.received == 5)
        #expect(ledger.missing(of: 12) == 7)
        #expect(ledger.missing(of: 10) == 5)
        #expect(ledger.reordered == 0)
    }

    @Test func aLateFrameIsReorderedOnceAndNotLost() {
        let ledger = ledger([0, 2, 3, 1, 4])
        #expect(ledger.reordered == 1)
        #expect(ledger.greatestDelay == 2)
        #expect(ledger.missing(of: 5) == 0)
    }

    @Test func aDuplicateIsNeitherReceivedNorReordered() {
        let ledger = ledger([0, 1, 1, 2, 0])
        #expect(ledger.received == 3)
        #expect(ledger.duplicated == 2)
        #expect(ledger.reordered == 0)
        #expect(ledger.missing(of: 3) == 0)
    }

    @Test func numbersNobodySentAreToldApart() {
        let ledger = ledger([0, .max, 1 << 32])
        #expect(ledger.received == 1)
        #expect(ledger.impossible == 2)
    }

    @Test func agreesWithASlowModel() {
        for seed in 1...50 {
            var random = SeededGenerator(seed: UInt64(seed))
            let sent = UInt64.random(in: 1...700, using: &random)
            var order = (0..<sent).filter { _ in UInt8.random(in: 0..<10, using: &random) > 0 }
            order += order.filter { _ in UInt8.random(in: 0..<10, using: &random) == 0 }
            if seed % 2 == 0 { order.shuffle(using: &random) }
            let ledger = ledger(order)

            var seen = Set<UInt64>()
            var late = 0
            var highest: UInt64?
            for sequence in order where seen.insert(sequence).inserted {
                if let highest, sequence < highest { late += 1 }
                highest = max(highest ?? 0, sequence)
            }
            #expect(ledger.received == UInt64(seen.count), "seed \(seed)")
            #expect(ledger.duplicated == UInt64(order.count - seen.count), "seed \(seed)")
            #expect(ledger.reordered == UInt64(late), "seed \(seed)")
            #expect(ledger.missing(of: sent) == sent - UInt64(seen.count), "seed \(seed)")
        }
    }
}
