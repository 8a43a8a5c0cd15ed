import Glibc
import Testing

@testable import DataPlane

/// A capture of a scripted worker, and what it has recorded.
final class CaptureProbe {
    private var reader: CaptureReader
    private let rig: ScriptedWorker
    private let number: UInt32

    init(
        _ rig: ScriptedWorker, number: UInt32 = 1, capacity: Int = CaptureRing.smallest,
        _ change: (inout CaptureConfiguration) -> Void
    ) throws {
        let descriptor = try CaptureRing.make(capacity: capacity)
        defer { close(descriptor) }
        let memory = try CaptureMemory(descriptor: descriptor)
        var configuration = CaptureConfiguration(number: number, domain: 1)
        change(&configuration)
        reader = CaptureReader(memory)
        self.rig = rig
        self.number = number
        try #require(rig.perform(.startCapture(configuration, memory)) == 0)
    }

    /// All that is published after two rounds: one more than what was sent needs to be known not to have failed.
    func take() -> [CaptureRecord] {
        rig.step()
        rig.step()
        return rest()
    }

    /// All that is published.
    func rest() -> [CaptureRecord] {
        var records: [CaptureRecord] = []
        while let record = reader.next() { records.append(record) }
        return records
    }

    var lost: UInt64 { reader.lost }

    func stop() throws { try #require(rig.perform(.stopCapture(number)) == 0) }
}

@Suite("Captures of a worker")
struct CaptureWorkerTests {
    private typealias Make = TestFrames

    /// Alice at port 1, Bob at port 2, both known, and nobody at port 3.
    private func rig() throws -> ScriptedWorker {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        _ = rig.put(Make.plain(), into: 1)
        return rig
    }

    @Test("a network's frames are recorded at every port that they pass, with what became of them")
    func network() throws {
        let rig = try rig()
        let probe = try CaptureProbe(rig) { _ in }
        let frame = Make.plain(length: 77)
        #expect(rig.put(frame, into: 1).map(\.frame) == [frame])
        let records = probe.take()
        #expect(records.map(\.port) == [1, 2] && records.map(\.isOut) == [false, true])
        #expect(records.map(\.verdict) == [.forwarded, .sent] && records[0].target == 2)
        #expect(records.allSatisfy { $0.bytes == frame && $0.length == 77 && $0.domain == 1 && $0.lostBefore == 0 })
        #expect(records[0].number == records[1].number && records[0].number != 0)
        let flooded = Make.plain(to: Make.broadcast, from: Make.alice)
        _ = rig.put(flooded, into: 1)
        let more = probe.take()
        #expect(more.map(\.port).sorted() == [1, 2, 3] && more[0].verdict == .flooded)
        #expect(Set(more.map(\.number)).count == 1 && more[0].number != records[0].number)
        try probe.stop()
        _ = rig.put(frame, into: 1)
        #expect(probe.take().isEmpty)
        rig.expectSound()
    }

    @Test("a drop has its reason, on the way in and on the way out")
    func drops() throws {
        let rig = try rig()
        let probe = try CaptureProbe(rig) { _ in }
        _ = rig.put(Make.plain(to: Make.bob, from: Make.broadcast), into: 1)
        _ = rig.put(Make.plain(to: Make.alice, from: Make.alice), into: 1)
        _ = rig.put(Array(Make.plain().prefix(9)), into: 1)
        #expect(probe.take().map(\.reason) == [.groupSource, .samePort, .tooShort])
        // The I/O has no room; the kernel refuses later.
        rig.device.fate = { _ in .refused }
        _ = rig.put(Make.plain(), into: 1)
        var records = probe.take()
        #expect(records.map(\.verdict) == [.forwarded, .dropped] && records.map(\.reason) == [.none, .egressFull])
        rig.device.fate = { $0.frame.count == 90 ? .fails(EAGAIN) : .taken }
        for length in [80, 90, 100] {
            rig.device.deliver(.frame(port: 1, bytes: Make.vnet() + Make.plain(length: length)))
        }
        rig.step()
        records = probe.take().filter(\.isOut)
        #expect(records.map(\.length) == [80, 90, 100])
        #expect(records.map(\.reason) == [.none, .egressFull, .none])
        #expect(records.map(\.verdict) == [.sent, .dropped, .sent])
        rig.expectSound()
    }

    @Test("only the port, the direction, the bytes and the frames that are wanted")
    func choice() throws {
        let rig = try rig()
        let out = try CaptureProbe(rig, number: 1) {
            $0.domain = 0
            $0.port = 2
            $0.isIn = false
            $0.snapLength = 20
        }
        // The length is at least 100.
        let long = try CaptureProbe(rig, number: 2) {
            $0.isOut = false
            $0.filter = [
                .init(0x80, 0), .init(0x35, 100, whenTrue: 0, whenFalse: 1), .init(0x06, .max), .init(0x06, 0),
            ]
        }
        for length in [60, 100, 140] { _ = rig.put(Make.plain(length: length), into: 1) }
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob, length: 200), into: 2)
        let records = out.take()
        #expect(records.map(\.port) == [2, 2, 2] && records.map(\.bytes.count) == [20, 20, 20])
        #expect(records.map(\.length) == [60, 100, 140])
        #expect(long.rest().map(\.length) == [100, 140, 200])
        #expect(rig.perform(.stopCapture(9)) == ENOENT)
        let memory = try CaptureRing.make(capacity: CaptureRing.smallest)
        defer { close(memory) }
        let bad = CaptureConfiguration(number: 3, port: 1, filter: [.init(0x20, 0)])
        let mapped = try CaptureMemory(descriptor: memory)
        #expect(rig.perform(.startCapture(bad, mapped)) == EINVAL)
        rig.expectSound()
    }

    @Test("ports that join are captured too, and one that goes isn't any more")
    func joining() throws {
        let rig = try rig()
        let probe = try CaptureProbe(rig) { $0.isOut = false }
        try rig.addPort(4)
        _ = rig.put(Make.plain(to: Make.broadcast, from: Make.carol), into: 4)
        #expect(probe.take().map(\.port) == [4])
        #expect(rig.perform(.setDomain(DomainConfiguration(id: 2))) == 0)
        try rig.addPort(5, domain: 2)
        _ = rig.put(Make.plain(to: Make.broadcast, from: Make.carol), into: 5)
        #expect(probe.take().isEmpty)
        rig.expectSound()
    }

    @Test("a slow reader loses records, which are counted, and no frame")
    func slow() throws {
        let rig = try rig()
        let probe = try CaptureProbe(rig) { $0.isOut = false }
        let frame = Make.plain(length: 1_500)
        for _ in 0..<600 { #expect(rig.put(frame, into: 1).count == 1) }
        let first = probe.take()
        #expect(first.count < 400 && probe.lost == UInt64(600 - first.count))
        #expect(rig.put(frame, into: 1).count == 1)
        let next = probe.take()
        #expect(next.count == 1 && next[0].lostBefore == UInt32(600 - first.count))
        rig.expectSound()
    }

    @Test("impairment stays between the sandbox and the capture, and each is paid for alone")
    func impaired() throws {
        let rig = try rig()
        let probe = try CaptureProbe(rig) { _ in }
        try rig.impair(1) { $0.loss = ImpairmentSettings.certain }
        #expect(rig.put(Make.plain(), into: 1).isEmpty)
        #expect(probe.take().isEmpty)
        try rig.impair(1) { _ in }
        try rig.impair(2, isOut: true) { $0.loss = ImpairmentSettings.certain }
        #expect(rig.put(Make.plain(), into: 1).isEmpty)
        var records = probe.take()
        #expect(records.map(\.reason) == [.none, .impairmentLossOut])
        try rig.impair(2, isOut: true) { $0.delay = 5_000_000 }
        #expect(rig.put(Make.plain(), into: 1).isEmpty)
        records = probe.take()
        #expect(records.map(\.verdict) == [.forwarded, .sent])
        #expect(rig.sent(after: 5_000_000).count == 1)
        // The end of the capture leaves the impairment, and the other way round.
        try probe.stop()
        #expect(rig.put(Make.plain(), into: 1).isEmpty && rig.sent(after: 5_000_000).count == 1)
        let again = try CaptureProbe(rig, number: 2) { _ in }
        try rig.impair(2, isOut: true) { _ in }
        #expect(rig.put(Make.plain(), into: 1).count == 1 && again.take().count == 2)
        rig.expectSound()
    }

    @Test("a super-frame is recorded whole, says what it is, and its checksum is finished in the copy")
    func superframe() throws {
        let rig = try rig()
        let probe = try CaptureProbe(rig) { _ in }
        let flow = TunnelFlow(
            destination: Make.bob, source: Make.alice, tags: [], isIPv4: true, options: TunnelFlow.timestamps)
        let payload = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 3) }
        let frame = flow.frame(payload, partial: true)
        #expect(rig.put(frame, into: 1, header: flow.header(segment: 1_400)).map(\.frame) == [frame])
        let records = probe.take()
        #expect(records.map(\.length) == [frame.count, frame.count])
        #expect(records.map(\.segments) == [15, 15] && records.map(\.segmentSize) == [1_400, 1_400])
        let whole = flow.frame(payload, partial: false)
        #expect(records.allSatisfy { $0.bytes == whole && !$0.hasPartialChecksum })
        // Cut, it can't be.
        try probe.stop()
        let short = try CaptureProbe(rig, number: 2) { $0.snapLength = 100 }
        _ = rig.put(frame, into: 1, header: flow.header(segment: 1_400))
        #expect(short.take().allSatisfy { $0.hasPartialChecksum && $0.bytes == Array(frame.prefix(100)) })
        rig.expectSound()
    }

    @Test("a frame that leaves with another tag is recorded as it leaves")
    func tags() throws {
        let rig = try ScriptedWorker(ports: [1])
        try rig.addPort(2, accessVLAN: 7)
        let probe = try CaptureProbe(rig) { _ in }
        let frame = Make.plain(to: Make.broadcast, from: Make.alice)
        let sent = rig.put(frame, into: 2)
        let records = probe.take()
        #expect(records.map(\.port) == [2, 1] && records[0].bytes == frame)
        #expect(records[1].bytes == sent[0].frame && sent[0].frame.count == frame.count + 4)
        rig.expectSound()
    }
}
