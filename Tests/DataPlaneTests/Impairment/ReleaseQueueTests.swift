import Testing

@testable import DataPlane

@Suite("The order in which held packets go on")
struct ReleaseQueueTests {
    private static func entry(_ due: Int64, place: Int, direction: UInt16 = 2) -> ReleaseQueue.Entry {
        ReleaseQueue.Entry(
            due: due, departure: due - 5, length: 100, place: UInt32(place), direction: direction, isLong: false,
            isSuperframe: false)
    }

    @Test("by time, and in the order of coming where times are equal", arguments: 1...8 as ClosedRange<UInt64>)
    func order(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = ReleaseQueue()
        _ = queue.reserve(500)
        var model: [(due: Int64, place: Int)] = []
        var number = 0
        var now: Int64 = 0
        for _ in 0..<5_000 {
            for _ in 0..<random.below(4) where model.count < 500 {
                let due = now + Int64(random.below(50))
                let isTaken = queue.push(Self.entry(due, place: number))
                #expect(isTaken)
                model.append((due, number))
                number += 1
            }
            now += Int64(random.below(8))
            // Stable: those that came first are first.
            let order = model.filter { $0.due <= now }.sorted { ($0.due, $0.place) < ($1.due, $1.place) }
            model.removeAll { $0.due <= now }
            var popped: [Int] = []
            while let entry = queue.pop(until: now) { popped.append(Int(entry.place)) }
            #expect(popped == order.map(\.place), "seed \(seed)")
            let (count, due) = (queue.count, queue.nextDue)
            #expect(count == model.count && due == model.map(\.due).min(), "seed \(seed)")
        }
    }

    @Test("a full queue takes no more, and makes room with what is there")
    func full() {
        var queue = ReleaseQueue()
        _ = queue.reserve(3)
        var taken = (0..<4).map { queue.push(Self.entry(Int64(10 - $0), place: $0)) }
        #expect(taken == [true, true, true, false])
        _ = queue.reserve(10)
        taken = [queue.push(Self.entry(1, place: 3))]
        #expect(taken == [true])
        var places: [UInt32] = []
        while let entry = queue.pop(until: 100) { places.append(entry.place) }
        #expect(places == [3, 2, 1, 0])
    }

    @Test("one direction's packets are taken out in their order, or get other times; the others' stay")
    func directions() {
        var random = SeededGenerator(seed: 5)
        var queue = ReleaseQueue()
        _ = queue.reserve(1_000)
        for place in 0..<1_000 {
            _ = queue.push(Self.entry(Int64(random.below(300)), place: place, direction: UInt16(place % 3)))
        }
        let taken = queue.removeAll(of: 1)
        #expect(taken.count == 333 && taken.allSatisfy { $0.direction == 1 })
        #expect(zip(taken, taken.dropFirst()).allSatisfy { ($0.due, $0.sequence) < ($1.due, $1.sequence) })
        var next: Int64 = 1_000
        queue.reschedule(2) { entry in
            entry.due = next
            next += 1
        }
        var left: [ReleaseQueue.Entry] = []
        while let entry = queue.pop(until: .max) { left.append(entry) }
        #expect(left.count == 667)
        #expect(zip(left, left.dropFirst()).allSatisfy { $0.due <= $1.due })
        #expect(left.suffix(333).map(\.direction) == Array(repeating: 2, count: 333))
        #expect(left.suffix(333).map(\.place) == left.suffix(333).map(\.place).sorted())
    }
}
