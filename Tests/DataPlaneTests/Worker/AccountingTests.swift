import DataPlane
import Glibc
import Testing

@Suite("Accounting closes")
struct AccountingTests {
    /// What each errno of a send is counted as.
    private static let reasons: [(error: Int32, reason: DropReason)] = [
        (EAGAIN, .egressFull), (ENOBUFS, .egressFull), (ENOMEM, .egressFull),
        (EIO, .egressDown), (ENETDOWN, .egressDown), (ENXIO, .egressDown), (ENODEV, .egressDown),
        (EBADF, .egressGone), (EBADFD, .egressGone),
        (EINVAL, .egressRejected), (EMSGSIZE, .egressRejected), (EFAULT, .egressRejected), (EPERM, .egressRejected),
        (ECANCELED, .egressRejected),
    ]

    @Test("a send that fails is taken back and counted by its reason", arguments: reasons)
    func sendFailed(error: Int32, reason: DropReason) throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        rig.device.fate = { $0.port == 2 ? .fails(error) : .taken }
        #expect(rig.put(TestFrames.plain(length: 100), into: 1).map(\.port) == [3])
        rig.step()
        var expected = PortCounters()
        expected.drops = [reason: 1]
        #expect(rig.counters(2) == expected)
        #expect(rig.counters(3).sentFrames == 1 && rig.counters(3).sentBytes == 100)
        #expect(rig.counters(1).flooded == 1)
        rig.expectSound()
    }

    @Test("a super-frame that fails is no longer among those sent")
    func superframeFailed() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        let packet = TestFrames.ipv4(protocol: 6, TestFrames.tcp(payload: 8_000))
        let frame = TestFrames.ethernet(type: 0x0800, packet)
        let header = TestFrames.vnet(flags: 1, type: 1, headerLength: 54, segment: 1_448, start: 34, offset: 16)
        rig.device.fate = { _ in .fails(EINVAL) }
        _ = rig.put(frame, into: 1, header: header)
        rig.step()
        var expected = PortCounters()
        expected.drops = [.egressRejected: 1]
        #expect(rig.counters(2) == expected)
        rig.device.fate = { _ in .taken }
        _ = rig.put(frame, into: 1, header: header)
        #expect(rig.counters(2).sentSuperframes == 1 && rig.counters(2).sentBytes == UInt64(frame.count))
        rig.expectSound()
    }

    @Test("what the I/O has no room for is full")
    func refused() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        rig.device.fate = { _ in .refused }
        _ = rig.put(TestFrames.plain(), into: 1)
        var expected = PortCounters()
        expected.drops = [.egressFull: 1]
        #expect(rig.counters(2) == expected)
        rig.expectSound()
    }

    @Test(
        "received = forwarded + flooded + consumed + drops, queued = sent + drops, for random frames and failures",
        arguments: 1...8 as ClosedRange<UInt64>)
    func closes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let ports = Array(UInt16(1)...9)
        let rig = try ScriptedWorker(slots: 128)
        for port in ports {
            try rig.addPort(port, isolated: seed % 2 == 0 && port > 6, accessVLAN: seed % 3 == 0 && port > 5 ? 7 : 0)
        }
        _ = rig.device.take()
        var attempts: [UInt16: UInt64] = [:]
        var taken: [UInt16: (frames: UInt64, bytes: UInt64)] = [:]
        var received: [UInt16: (frames: UInt64, bytes: UInt64)] = [:]
        var fates = SeededGenerator(seed: seed &+ 1_000)
        rig.device.fate = { frame in
            attempts[frame.port, default: 0] += 1
            let fate = fates.below(40)
            if fate == 0 { return .refused }
            if fate < 6 { return .fails(Self.reasons[fates.below(Self.reasons.count)].error) }
            taken[frame.port, default: (0, 0)].frames += 1
            taken[frame.port, default: (0, 0)].bytes += UInt64(frame.frame.count)
            return .taken
        }
        for _ in 0..<1_000 {
            for _ in 0...random.below(6) {
                let port = ports[random.below(ports.count)]
                let bytes = RandomFrames.next(&random)
                let isTruncated = random.below(50) == 0
                rig.device.deliver(.frame(port: port, bytes: bytes, isTruncated: isTruncated))
                received[port, default: (0, 0)].frames += 1
                received[port, default: (0, 0)].bytes += UInt64(max(0, bytes.count - 10))
            }
            rig.step()
            _ = rig.device.take()
        }
        rig.step()
        let note: Comment = "seed \(seed)"
        var forwarded: UInt64 = 0
        for port in ports {
            let counted = rig.counters(port)
            rig.expectIngressCloses(port, note)
            #expect(counted.receivedFrames == received[port]?.frames, note)
            #expect(counted.receivedBytes == received[port]?.bytes, note)
            #expect(counted.sentFrames == taken[port]?.frames, note)
            #expect(counted.sentBytes == taken[port]?.bytes, note)
            let queuedAndDropped = [DropReason.egressFull, .egressDown, .egressRejected, .egressGone]
                .reduce(UInt64(0)) { $0 + (counted.drops[$1] ?? 0) }
            #expect(attempts[port] == counted.sentFrames + queuedAndDropped, note)
            forwarded += counted.forwarded
        }
        // The mixture reached every branch.
        #expect(forwarded > 50, note)
        rig.expectSound(note)
    }
}

/// Frames with a virtio_net_hdr in front, of which most are sound and some are lies.
enum RandomFrames {
    /// A pool in which destinations are often known.
    private static let stations: [UInt64] = (0..<12).map { 0x0200_0000_0100 + UInt64($0) }

    static func next(_ random: inout SeededGenerator) -> [UInt8] {
        var destination = stations[random.below(stations.count)]
        var source = stations[random.below(stations.count)]
        switch random.below(20) {
        case 0: destination = TestFrames.broadcast
        case 1: destination = 0x0180_C200_0000 + UInt64(random.below(20))
        case 2: destination = 0x0100_5E00_0000 + UInt64(random.below(1_000))
        case 3: source = 0
        case 4: source |= 0x0100_0000_0000
        default: break
        }
        var tags: [UInt8] = []
        for _ in 0..<[0, 0, 0, 1, 1, 2][random.below(6)] {
            tags += TestFrames.tag(
                UInt16([0, 7, 8, 4_095][random.below(4)]), priority: UInt16(random.below(8)),
                tpid: random.below(4) == 0 ? 0x88A8 : 0x8100)
        }
        var frame = TestFrames.plain(
            to: destination, from: source, tags: tags, length: [60, 60, 1_514, 1_600][random.below(4)])
        if random.below(10) == 0 { frame = Array(frame.prefix(random.below(24))) }
        return header(&random) + frame
    }

    private static func header(_ random: inout SeededGenerator) -> [UInt8] {
        switch random.below(12) {
        case 0: (0..<10).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        case 1: TestFrames.vnet(flags: 1, start: UInt16(random.below(80)), offset: UInt16(random.below(30)))
        case 2:
            TestFrames.vnet(
                flags: 1, type: UInt8(random.below(8)), segment: UInt16(random.below(2_000)), start: 34, offset: 16)
        default: TestFrames.vnet()
        }
    }
}
