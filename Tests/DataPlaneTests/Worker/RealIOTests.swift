import CLinux
import DataPlane
import Glibc
import Testing

/// The two real ways of I/O through socket pairs, where the test decides every byte that is read: what no kernel would
/// put in front of a frame comes in, and what goes out is looked at. Needs no privilege.
@Suite("Ring and epoll, any bytes")
struct RealIOTests {
    /// Two ports with an engine between them.
    private struct Pair {
        let rig: EngineRig
        let client: EngineClient
        let near: FakeTap
        let far: FakeTap

        init(io: IOChoice, mtu: UInt32 = 1_500, slots: Int = 64) throws {
            rig = try EngineRig(io: io, slots: slots)
            client = try rig.connect()
            (near, far) = (try FakeTap(1), try FakeTap(2))
            try #require(try client.request(.domain(DomainConfiguration(id: 1))) == 0)
            for tap in [near, far] {
                try #require(try client.request(.port(tap.configuration(mtu: mtu)), passing: tap.near) == 0)
                tap.closeNear()
            }
        }

        /// Waits until the engine has taken so many frames from the near port.
        func waitForReceived(_ count: UInt64) -> Bool {
            EngineRig.eventually { rig.counters(1).receivedFrames == count }
        }
    }

    @Test("frames of 0…70,000 bytes: sent on as they are, or counted", arguments: IOChoice.available)
    func everyLength(io: IOChoice) throws {
        let pair = try Pair(io: io, mtu: 65_535)
        // virtio_net_hdr and frame.
        let lengths =
            Array(1...80) + [1_523, 1_524, 1_525, 4_096, 9_000, 65_535, 65_553, 65_562, 65_563]
            + Array(65_564...65_572) + [66_000, 66_047, 66_048, 66_049, 70_000]
        var delivered = 0
        for (index, length) in lengths.enumerated() {
            let frame = TestFrames.plain(length: 70_000).prefix(max(0, length - 10))
            let bytes = (TestFrames.vnet() + frame).prefix(length)
            try #require(pair.near.send(Array(bytes)))
            try #require(pair.waitForReceived(UInt64(index + 1)), "\(length) bytes")
            // 65,535 and 18 are what the MTU allows.
            guard frame.count >= 14, frame.count <= 65_553 else { continue }
            #expect(pair.far.receive() == Array(bytes), "\(length) bytes")
            delivered += 1
        }
        #expect(pair.far.receive(within: 20) == nil)
        let counted = pair.rig.counters(1)
        #expect(counted.drops[.tooShort] == 23)
        #expect(counted.drops[.tooLong] == UInt64(lengths.count { $0 - 10 > 65_557 }))
        #expect(pair.rig.counters(2).drops[.exceedsMTU] == UInt64(lengths.count { (65_554...65_557) ~= $0 - 10 }))
        #expect(pair.rig.counters(2).sentFrames == UInt64(delivered))
        #expect(counted.forwarded + counted.flooded + counted.drops.values.reduce(0, +) == UInt64(lengths.count))
    }

    @Test("a read of nothing is no frame and no end, and is not tried in a hurry", arguments: IOChoice.available)
    func nothing(io: IOChoice) throws {
        let pair = try Pair(io: io)
        try #require(pair.near.send([]))
        try pair.near.send(frame: TestFrames.plain())
        #expect(pair.far.receiveFrame() == TestFrames.plain())
        #expect(pair.rig.counters(1).rearmed == 1 && pair.rig.counters(1).drops == [.receiveFailed: 1])
        // For ever nothing: what a socket that was shut down reads.
        let before = pair.rig.processorTime
        try #require(shutdown(pair.near.far, Int32(SHUT_WR)) == 0)
        usleep(300_000)
        #expect(pair.rig.processorTime - before < 20_000_000)
        #expect(pair.rig.counters(1).rearmed < 15)
        #expect(try pair.client.request(.removePort(1)) == 0)
    }

    @Test("what a way out has no room for is counted; the rest arrives in order", arguments: IOChoice.available)
    func fullEgress(io: IOChoice) throws {
        let pair = try Pair(io: io)
        var sent: UInt64 = 0
        while sent < 20_000 {
            var frame = TestFrames.plain()
            withUnsafeBytes(of: sent) { frame.replaceSubrange(20..<28, with: $0) }
            if pair.near.send(TestFrames.vnet() + frame) { sent += 1 } else { sched_yield() }
        }
        #expect(pair.waitForReceived(sent))
        let isClosing = EngineRig.eventually {
            let counted = pair.rig.counters(2)
            return counted.sentFrames + (counted.drops[.egressFull] ?? 0) == sent
        }
        #expect(isClosing)
        let counted = pair.rig.counters(2)
        #expect((counted.drops[.egressFull] ?? 0) > 0 && counted.sentFrames > 0)
        var arrived: UInt64 = 0
        var last: UInt64?
        while let frame = pair.far.receiveFrame(within: 50) {
            let number = frame[20..<28].withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
            if let last { try #require(number > last) }
            last = number
            arrived += 1
        }
        #expect(arrived == counted.sentFrames)
        // With room again, everything passes again.
        try pair.near.send(frame: TestFrames.plain())
        #expect(pair.far.receiveFrame() == TestFrames.plain())
    }

    @Test("a way out that is gone is counted as such, and doesn't stop the others", arguments: IOChoice.available)
    func brokenEgress(io: IOChoice) throws {
        let pair = try Pair(io: io)
        let third = try FakeTap(3)
        try pair.client.add(third)
        // EPIPE: nothing that the list of reasons names, so "rejected".
        try #require(shutdown(pair.far.far, Int32(SHUT_RD)) == 0)
        for _ in 0..<10 {
            try pair.near.send(frame: TestFrames.plain(to: TestFrames.broadcast))
            #expect(third.receiveFrame() == TestFrames.plain(to: TestFrames.broadcast))
        }
        #expect(EngineRig.eventually { pair.rig.counters(2).drops == [.egressRejected: 10] })
        #expect(pair.rig.counters(2).sentFrames == 0 && pair.rig.counters(2).sentBytes == 0)
    }

    @Test("headers that lie: counted, and only sound ones come out", arguments: IOChoice.available)
    func lies(io: IOChoice) throws {
        let pair = try Pair(io: io, mtu: 65_535)
        var random = SeededGenerator(seed: 42)
        var passed = 0
        /// A frame is counted as received a moment before it is decided about.
        func decided() -> UInt64 {
            let counted = pair.rig.counters(1)
            return counted.flooded + counted.forwarded + counted.drops.values.reduce(0, +)
        }
        for number in 1...20_000 {
            let bytes = HostileFrames.next(&random)
            try #require(pair.near.send(bytes))
            // One at a time, so that nothing is lost for want of room.
            while decided() < UInt64(number) { sched_yield() }
            guard pair.rig.counters(1).flooded + pair.rig.counters(1).forwarded > UInt64(passed) else { continue }
            passed += 1
            guard let sent = pair.far.receive() else {
                #expect(EngineRig.eventually { pair.rig.counters(2).drops[.exceedsMTU] != nil })
                break
            }
            if let lie = HostileFrames.lie(in: sent) {
                Issue.record("\(lie): \(sent.prefix(80)) of \(sent.count), from \(bytes.prefix(80))")
                break
            }
            #expect(sent[10...] == bytes[10...])
        }
        let counted = pair.rig.counters(1)
        let drops = counted.drops.values.reduce(0, +)
        #expect(counted.receivedFrames == 20_000 && counted.flooded + counted.forwarded + drops == 20_000)
        #expect(passed > 500 && drops > 5_000)
        for reason in [DropReason.vnetGSOType, .vnetGSOSize, .vnetGSOProtocol, .vnetChecksum, .vnetTunnel] {
            #expect((counted.drops[reason] ?? 0) > 0, "\(reason.name)")
        }
    }

    @Test("two slots and twenty ports: all frames pass", arguments: IOChoice.available)
    func fewSlots(io: IOChoice) throws {
        let rig = try EngineRig(io: io, slots: 2)
        let client = try rig.connect()
        let taps = try (UInt16(1)...20).map { try FakeTap($0) }
        try client.configure(taps)
        let sink = taps[0]
        try sink.send(frame: TestFrames.plain(to: TestFrames.broadcast, from: TestFrames.bob))
        for tap in taps[1...] { #expect(tap.receive() != nil) }
        for round in 0..<200 {
            for tap in taps[1...] { try tap.send(frame: TestFrames.plain(length: 60 + round)) }
            for _ in taps[1...] { #expect(sink.receiveFrame()?.count == 60 + round) }
        }
        if io == .uring {
            #expect(taps[1...].map { rig.counters($0.id).rearmed }.reduce(0, +) > 0)
        }
        for tap in taps[1...] { #expect(rig.counters(tap.id).drops == [:]) }
    }
}
