import Addresses
import Bench
import Testing

@Suite struct ArrivalTallyTests {
    private func frame(
        run: UInt32 = 1, stream: UInt16 = 0, length: UInt16 = 60, _ sequence: UInt64, sentAt: UInt64
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(length))
        bytes.withUnsafeMutableBytes {
            ProbeFrame(run: run, stream: stream, length: length, sequence: sequence, sentAt: sentAt)
                .encode(from: .zero, to: .broadcast, into: $0)
        }
        return bytes
    }

    @Test func everyFrameIsInOneOfTheCounts() {
        var tally = ArrivalTally(run: 1, stream: 0, expected: 10)
        let arrivals: [([UInt8], Int)] = [
            (frame(0, sentAt: 1_000), 60), (frame(2, sentAt: 1_100), 60), (frame(1, sentAt: 1_050), 60),
            (frame(1, sentAt: 1_050), 60), (frame(run: 2, 3, sentAt: 0), 60), (frame(stream: 7, 3, sentAt: 0), 60),
            (frame(3, sentAt: 0), 64), (frame(length: 512, 4, sentAt: 0), 60), ([UInt8](repeating: 9, count: 60), 60),
            (frame(.max, sentAt: 0), 60),
        ]
        for (index, arrival) in arrivals.enumerated() {
            arrival.0.withUnsafeBytes {
                tally.record($0, length: arrival.1, arrivedAt: 2_000 + UInt64(index))
            }
        }
        #expect(tally.ledger.received == 3)
        #expect(tally.ledger.reordered == 1)
        #expect(tally.ledger.duplicated == 1)
        #expect(tally.ledger.impossible == 1)
        #expect(tally.stale == 2)
        #expect(tally.damaged == 2)
        #expect(tally.foreign == 1)
        #expect(tally.latency.count == 3)
        #expect(tally.latency.minimum == 901)
        #expect(tally.firstArrival == 2_000)
        #expect(tally.lastArrival == 2_002)
    }

    @Test func anArrivalBeforeItsSendingTookNoTime() {
        var tally = ArrivalTally(run: 1, stream: 0, expected: 1)
        frame(0, sentAt: 500).withUnsafeBytes { tally.record($0, length: 60, arrivedAt: 499) }
        #expect(tally.latency.maximum == 0)
        #expect(tally.ledger.received == 1)
    }
}
