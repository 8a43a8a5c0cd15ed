import Glibc
import SystemPackage
import Testing

@testable import DataPlane

@Suite("The ring of a capture")
struct CaptureRingTests {
    private typealias Random = SocketFilterTests.Random

    private static func memory(_ capacity: Int = CaptureRing.smallest) throws -> CaptureMemory {
        let descriptor = try CaptureRing.make(capacity: capacity)
        defer { close(descriptor) }
        return try CaptureMemory(descriptor: descriptor)
    }

    /// Writes a record whose bytes say which it is.
    private static func write(_ writer: inout CaptureWriter, _ number: UInt64, count: Int) -> UInt64? {
        guard let position = writer.reserve(captured: count) else { return nil }
        let place = writer.place(position)
        for offset in stride(from: 5, to: 52, by: 1) { place.storeByte(0, at: offset) }
        place.storeBytes(of: UInt32(count), toByteOffset: 16, as: UInt32.self)
        place.storeBytes(of: UInt32(count), toByteOffset: 20, as: UInt32.self)
        place.storeNative64(number, at: 32)
        for offset in 0..<count {
            place.storeByte(UInt8(truncatingIfNeeded: number &+ UInt64(offset)), at: 56 + offset)
        }
        return position
    }

    /// Against a list: what was published comes in order and whole, what found no room is counted.
    @Test("it is a queue that loses what doesn't fit, whatever the sizes")
    func model() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the ring: \(seed)")
        var random = Random(seed)
        let memory = try Self.memory()
        guard var writer = CaptureWriter(memory) else { throw WorkerRigError() }
        var reader = CaptureReader(memory)
        var written: [(number: UInt64, count: Int, lostBefore: UInt32)] = []
        var published = 0
        var (lost, lostBefore): (UInt64, UInt32) = (0, 0)
        for number in UInt64(1)...6_000 {
            let count =
                Bool.random(using: &random)
                ? Int.random(in: 0...200, using: &random) : Int.random(in: 0...65_549, using: &random)
            if Self.write(&writer, number, count: count) != nil {
                written.append((number, count, lostBefore))
                lostBefore = 0
            } else {
                lost += 1
                lostBefore += 1
            }
            if UInt8.random(in: 0..<4, using: &random) == 0 {
                writer.publish(to: writer.head)
                published = written.count
            }
            // In long stretches nobody reads.
            guard number % 512 > 200, UInt8.random(in: 0..<3, using: &random) == 0 else { continue }
            while published > 0, let record = reader.next() {
                let expected = written.removeFirst()
                published -= 1
                let bytes = (0..<expected.count).map { UInt8(truncatingIfNeeded: expected.number &+ UInt64($0)) }
                guard record.number == expected.number, record.bytes == bytes, record.lostBefore == expected.lostBefore
                else {
                    Issue.record("seed \(seed): record \(record.number), expected \(expected.number)")
                    return
                }
            }
            if published == 0 {
                let none = reader.next()
                #expect(none == nil)
            }
        }
        let counted = reader.lost
        #expect(counted == lost && lost > 0)
    }

    @Test("what isn't published isn't seen, and an earlier writer's records stay")
    func publishing() throws {
        let memory = try Self.memory()
        guard var writer = CaptureWriter(memory) else { throw WorkerRigError() }
        var reader = CaptureReader(memory)
        func numbers() -> [UInt64] {
            var numbers: [UInt64] = []
            while let record = reader.next() { numbers.append(record.number) }
            return numbers
        }
        _ = Self.write(&writer, 1, count: 3)
        let between = writer.head
        _ = Self.write(&writer, 2, count: 3)
        #expect(numbers() == [])
        writer.publish(to: between)
        #expect(numbers() == [1])
        writer.publish(to: writer.head)
        guard var next = CaptureWriter(memory) else { throw WorkerRigError() }
        _ = Self.write(&next, 3, count: 3)
        next.publish(to: next.head)
        #expect(numbers() == [2, 3])
    }

    /// The other side may write anything anywhere.
    @Test("neither side is harmed by what the other one writes")
    func hostile() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the hostile ring: \(seed)")
        var random = Random(seed)
        let memory = try Self.memory()
        guard var writer = CaptureWriter(memory) else { throw WorkerRigError() }
        var reader = CaptureReader(memory)
        for number in UInt64(1)...20_000 {
            _ = Self.write(&writer, number, count: Int.random(in: 0...3_000, using: &random))
            writer.publish(to: writer.head)
            switch UInt8.random(in: 0..<6, using: &random) {
            case 0: memory.base.storeNative64(random.next(), at: 64)
            case 1: memory.base.storeNative64(random.next() >> UInt64.random(in: 0..<64, using: &random), at: 128)
            case 2:
                for _ in 0..<200 {
                    memory.base.storeNative64(
                        random.next() >> UInt64.random(in: 0..<64, using: &random),
                        at: 4_096 + Int.random(in: 0..<(memory.capacity / 8), using: &random) * 8)
                }
            default: break
            }
            for _ in 0..<4 { _ = reader.next() }
            let (size, left) = (writer.size(writer.published), writer.head - writer.published)
            #expect(size <= left)
        }
    }

    @Test("memory that could shrink, or is none of these, isn't used")
    func refused() throws {
        #expect(throws: Errno.invalidArgument) { try CaptureRing.make(capacity: CaptureRing.smallest + 8) }
        #expect(throws: Errno.invalidArgument) { try CaptureRing.make(capacity: 4_096) }
        let file = try TemporaryTables(workers: 1)
        #expect(throws: Errno.invalidArgument) { try CaptureMemory(descriptor: file.descriptor) }
        let descriptor = try CaptureRing.make(capacity: CaptureRing.smallest)
        defer { close(descriptor) }
        #expect(ftruncate(descriptor, 4_096) != 0)
        var zero: UInt64 = 0
        let count = pwrite(descriptor, &zero, 8, 0)
        #expect(count == 8)
        #expect(throws: Errno.invalidArgument) { try CaptureMemory(descriptor: descriptor) }
    }
}
