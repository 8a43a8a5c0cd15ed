import Glibc
import Testing

@testable import DataPlane

@Suite("What a worker tells of itself")
struct WorkerNumbersTests {
    private static func frame(from source: UInt8, to destination: UInt8) -> [UInt8] {
        [2, 0, 0, 0, 0, destination, 2, 0, 0, 0, 0, source, 0x88, 0xB5] + Array(repeating: 0, count: 46)
    }

    @Test("batches, frames, stations and slots are told after each batch")
    func told() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        let before = try #require(rig.numbers)
        rig.device.deliver(.frame(port: 1, bytes: TestFrames.vnet() + Self.frame(from: 1, to: 2)))
        rig.device.deliver(.frame(port: 2, bytes: TestFrames.vnet() + Self.frame(from: 2, to: 1)))
        rig.step()
        rig.device.deliver(.frame(port: 2, bytes: TestFrames.vnet() + Self.frame(from: 1, to: 2)))
        rig.step()
        let after = try #require(rig.numbers)
        #expect(after.batches == before.batches + 2)
        #expect(after.frames == before.frames + 3)
        #expect(after.stations.learned == before.stations.learned + 2)
        #expect(after.stations.moved == before.stations.moved + 1)
        #expect(after.slots == 64 && after.freeSlots == 64 && after.receivingSlots == 0)
        #expect(after.flows == 0 && after.heldPackets == 0 && after.flowEnd == 0)
    }

    @Test("a receive that ended and was armed again is counted")
    func rearmed() throws {
        let rig = try ScriptedWorker(ports: [1])
        let before = try #require(rig.numbers).rearms
        rig.device.deliver(.ended(port: 1, error: ENOBUFS))
        rig.step()
        #expect(try #require(rig.numbers).rearms == before + 1)
    }

    @Test("the next engine goes on from what it finds, and begins at zero with what is only so now")
    func goesOn() throws {
        let file = try TemporaryTables(workers: 2)
        let tables = try SharedTables(descriptor: file.descriptor)
        let unwritten = tables.workerNumbers(0)
        #expect(unwritten == nil)
        guard let numbers = tables.numbers(worker: 1) else { throw WorkerRigError() }
        let first = WorkerNumberPlace(numbers)
        first.count(WorkerNumberIndex.batches, 5)
        first.set(WorkerNumberIndex.heldPackets, 7)
        numbers[WorkerNumberIndex.form] = WorkerNumberIndex.currentForm
        first.free()
        let second = WorkerNumberPlace(numbers)
        second.count(WorkerNumberIndex.batches, 3)
        second.set(WorkerNumberIndex.heldPackets, 0)
        second.free()
        let told = tables.workerNumbers(1)
        #expect(told?.batches == 8 && told?.heldPackets == 0)
        let others = [-1, 0, 2].map { tables.workerNumbers($0) }
        #expect(others == [nil, nil, nil])
    }

    @Test("tables of an earlier version are made longer where they lie, under an engine that has them mapped")
    func earlierVersion() throws {
        let path = "/tmp/hdt-\(getpid())-earlier.tables"
        defer { unlink(path) }
        let made = try SharedTables.open(path: path, workers: 1)
        defer { close(made) }
        let whole = lseek(made, 0, SEEK_END)
        let pages = 64 * WorkerNumberIndex.count * 8
        try #require(ftruncate(made, whole - off_t(pages)) == 0)

        let earlier = try SharedTables(descriptor: made)
        earlier.setKernelDrops(port: 3, total: 9)
        let room = earlier.numbers(worker: 0)
        #expect(room == nil)
        let place = WorkerNumberPlace(earlier.numbers(worker: 0))
        place.set(WorkerNumberIndex.slots, 1)
        place.count(WorkerNumberIndex.batches, 1)
        place.free()

        let descriptor = try SharedTables.open(path: path, workers: 1)
        defer { close(descriptor) }
        #expect(lseek(descriptor, 0, SEEK_END) == whole)
        let later = try SharedTables(descriptor: descriptor)
        var drops = later.counters(port: 3).drops
        #expect(drops == [.kernelQueue: 9])
        let distances = [
            later.flowMemory - later.vtepMemory(worker: 0), earlier.flowMemory - earlier.vtepMemory(worker: 0),
        ]
        #expect(distances[0] == distances[1])
        let (unwritten, isRoom) = (later.workerNumbers(0), later.numbers(worker: 0) != nil)
        #expect(unwritten == nil && isRoom)
        // It is one memory still.
        earlier.setKernelDrops(port: 3, total: 10)
        drops = later.counters(port: 3).drops
        #expect(drops == [.kernelQueue: 10])
    }

    @Test("stations are counted by domain in one pass, aged ones left out")
    func stationCounts() throws {
        let file = try TemporaryTables(workers: 1)
        let tables = try SharedTables(descriptor: file.descriptor)
        let now = UInt32(truncatingIfNeeded: monotonicNanoseconds() / 1_000_000)
        guard var stations = tables.stations(worker: 0, now: now) else { throw WorkerRigError() }
        for number in 1...20 {
            _ = stations.addStatic(
                mac: 0x0200_0000_0000 + UInt64(number), vlan: 0, domain: number <= 5 ? 1 : 2, port: 7, now: now)
        }
        for number in 1...3 {
            _ = stations.learn(
                mac: 0x0200_0001_0000 + UInt64(number), vlan: 0, domain: 2, port: 8,
                now: now &- UInt32(number) &* 10_000)
        }
        let counts = tables.stationCounts(worker: 0, ageing: [2: 25_000])
        #expect(counts[1]?.fixed == 5 && counts[1]?.learned == 0)
        #expect(counts[2]?.fixed == 15 && counts[2]?.learned == 2)
        let (strangers, flows) = (tables.stationCounts(worker: 1, ageing: [:]), tables.flowCounts())
        #expect(strangers.isEmpty && flows.isEmpty)
    }
}
