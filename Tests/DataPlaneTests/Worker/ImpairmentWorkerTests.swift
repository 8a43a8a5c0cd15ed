import Glibc
import Testing

@testable import DataPlane

extension ScriptedWorker {
    /// Sets what happens to the packets of a port.
    func impair(_ port: UInt16, isOut: Bool = false, _ change: (inout ImpairmentSettings) -> Void) throws {
        var settings = ImpairmentSettings()
        settings.seed = 1
        change(&settings)
        let impairment = ImpairmentConfiguration(port: port, isOut: isOut, settings: settings)
        try #require(perform(.impair(impairment)) == 0)
    }

    /// Waits, and returns what was sent then.
    func sent(after nanoseconds: Int64) -> [ScriptedDevice.Sent] {
        step(after: nanoseconds)
        return device.take().sent
    }
}

@Suite("A worker's impaired ports")
struct ImpairmentWorkerTests {
    private typealias Make = TestFrames
    private static let millisecond: Int64 = 1_000_000

    /// Alice at port 1 and Bob at port 2, both known.
    private func rig(slots: Int = 64) throws -> ScriptedWorker {
        let rig = try ScriptedWorker(ports: [1, 2], slots: slots)
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        _ = rig.put(Make.plain(), into: 1)
        return rig
    }

    private static let flow = TunnelFlow(
        destination: Make.bob, source: Make.alice, tags: [], isIPv4: true, options: TunnelFlow.timestamps)

    @Test("what comes in is held to the nanosecond, and counted when it goes on")
    func delayIn() throws {
        let rig = try rig()
        try rig.impair(1) { $0.delay = 10 * Self.millisecond }
        let before = rig.counters(1).receivedFrames
        #expect(rig.put(Make.plain(length: 100), into: 1) == [])
        #expect(rig.sent(after: 10 * Self.millisecond - 1) == [])
        #expect(rig.counters(1).receivedFrames == before)
        let sent = rig.sent(after: 1)
        #expect(sent.map(\.frame) == [Make.plain(length: 100)] && sent.map(\.port) == [2])
        #expect(rig.counters(1).receivedFrames == before + 1)
        rig.expectIngressCloses(1)
        // The other direction, and other ports, are as they were.
        #expect(rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2).count == 1)
        rig.expectSound()
    }

    @Test("what goes out is held, counted when it is sent, and the wait ends in time")
    func delayOut() throws {
        let rig = try rig()
        try rig.impair(2, isOut: true) { $0.delay = 5 * Self.millisecond }
        let before = rig.counters(2).sentFrames
        rig.clock = monotonicNanoseconds()
        #expect(rig.put(Make.plain(), into: 1) == [])
        #expect(rig.counters(2).sentFrames == before && rig.counters(1).isIngressClosed)
        #expect((0...5 * Self.millisecond).contains(rig.nextTimeout))
        #expect(rig.sent(after: 5 * Self.millisecond).map(\.port) == [2])
        #expect(rig.counters(2).sentFrames == before + 1)
        #expect(rig.nextTimeout > 50 * Self.millisecond)
        rig.expectSound()
    }

    @Test("packets of both directions and ports go on in the order of their times")
    func order() throws {
        let rig = try rig()
        try rig.impair(1) { $0.delay = 3 * Self.millisecond }
        try rig.impair(2) { $0.delay = 2 * Self.millisecond }
        try rig.impair(2, isOut: true) { $0.delay = 4 * Self.millisecond }
        _ = rig.put(Make.plain(length: 61), into: 1)
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob, length: 62), into: 2)
        _ = rig.put(Make.plain(length: 63), into: 1)
        #expect(rig.sent(after: 2 * Self.millisecond).map(\.frame.count) == [62])
        #expect(rig.sent(after: Self.millisecond) == [])
        #expect(rig.sent(after: 4 * Self.millisecond - 1) == [])
        #expect(rig.sent(after: 1).map(\.frame.count) == [61, 63])
        rig.expectSound()
    }

    @Test("a super-frame whose packets share their fate stays whole", arguments: [true, false])
    func whole(isOut: Bool) throws {
        let rig = try rig()
        try rig.impair(isOut ? 2 : 1, isOut: isOut) { $0.delay = Self.millisecond }
        let payload = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 3) }
        let frame = Self.flow.frame(payload, partial: true)
        #expect(rig.put(frame, into: 1, header: Self.flow.header(segment: 1_400)) == [])
        let sent = rig.sent(after: Self.millisecond)
        #expect(sent.map(\.frame) == [frame] && sent.map(\.isSuperframe) == [true])
        rig.expectSound()
    }

    @Test("a super-frame fares as its packets: what gets through is what they would be", arguments: [true, false])
    func cut(isOut: Bool) throws {
        let payload = (0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* 3) }
        let frames = Self.flow.frames(payload, segment: 1_400)
        let loss = ImpairmentSettings.share(0.2)
        // The packets, one by one.
        let single = try rig()
        try single.impair(isOut ? 2 : 1, isOut: isOut) { $0.loss = loss }
        let passed = frames.filter { single.put($0, into: 1).count == 1 }
        #expect(passed.count < frames.count && passed.count > frames.count / 2)
        // All at once.
        let rig = try rig()
        try rig.impair(isOut ? 2 : 1, isOut: isOut) { $0.loss = loss }
        let before = rig.counters(1).receivedFrames
        let sent = rig.put(Self.flow.frame(payload, partial: true), into: 1, header: Self.flow.header(segment: 1_400))
        #expect(sent.map(\.frame) == passed)
        #expect(sent.allSatisfy { !$0.isSuperframe && Array($0.bytes.prefix(10)) == Make.vnet() })
        let lost = UInt64(frames.count - passed.count)
        if isOut {
            #expect(rig.drops(2, .impairmentLossOut) == lost && rig.counters(1).receivedFrames == before + 1)
        } else {
            #expect(rig.drops(1, .impairmentLoss) == lost)
            #expect(rig.counters(1).receivedFrames == before + UInt64(frames.count))
        }
        rig.expectIngressCloses(1)
        rig.expectSound()
    }

    @Test("a super-frame under a rate leaves packet by packet")
    func rate() throws {
        let rig = try rig()
        try rig.impair(2, isOut: true) {
            $0.rate = 10_000_000
            $0.queue = 1_000 * Self.millisecond
        }
        let payload = (0..<14_000).map { UInt8(truncatingIfNeeded: $0) }
        let frames = Self.flow.frames(payload, segment: 1_400)
        _ = rig.put(Self.flow.frame(payload, partial: true), into: 1, header: Self.flow.header(segment: 1_400))
        #expect(rig.device.take().sent == [])
        let each = Int64(frames[0].count) * 800
        for frame in frames.dropLast() {
            #expect(rig.sent(after: each - 1) == [])
            #expect(rig.sent(after: 1).map(\.frame) == [frame])
        }
        rig.expectSound()
    }

    @Test("what finds the queue full is lost and counted, in both directions")
    func queue() throws {
        let rig = try rig()
        try rig.impair(1) {
            $0.rate = 1_000_000
            $0.queue = 5 * Self.millisecond
        }
        // 125 bytes need a millisecond.
        for _ in 0..<10 { rig.device.deliver(.frame(port: 1, bytes: Make.vnet() + Make.plain(length: 125))) }
        rig.step()
        #expect(rig.drops(1, .impairmentQueue) == 5)
        #expect(rig.sent(after: 5 * Self.millisecond).count == 5)
        rig.expectIngressCloses(1)
        try rig.impair(1) { _ in }
        try rig.impair(2, isOut: true) {
            $0.rate = 1_000_000
            $0.queue = 5 * Self.millisecond
        }
        for _ in 0..<10 { rig.device.deliver(.frame(port: 1, bytes: Make.vnet() + Make.plain(length: 125))) }
        rig.step()
        #expect(rig.drops(2, .impairmentQueueOut) == 5)
        rig.expectSound()
    }

    @Test("a copy follows its packet, and a corrupted packet differs in one bit behind the Ethernet header")
    func copies() throws {
        let rig = try rig()
        try rig.impair(1) { $0.duplicate = ImpairmentSettings.share(1) }
        #expect(rig.put(Make.plain(), into: 1).map(\.frame) == [Make.plain(), Make.plain()])
        try rig.impair(1) { $0.corrupt = ImpairmentSettings.share(1) }
        // One whose checksum is still to be finished: finished first, so that the change shows.
        var flow = Self.flow
        flow.flags = 0x10
        let payload = (0..<700).map { UInt8(truncatingIfNeeded: $0) }
        let header = Make.vnet(flags: 1, start: UInt16(flow.transportOffset), offset: 16)
        var places: Set<Int> = []
        for _ in 0..<200 {
            let sent = rig.put(flow.frame(payload, partial: true), into: 1, header: header)
            let whole = flow.frame(payload)
            try #require(sent.count == 1 && sent[0].frame.count == whole.count)
            #expect(Array(sent[0].bytes.prefix(10)) == Make.vnet())
            let changed = whole.indices.filter { whole[$0] != sent[0].frame[$0] }
            try #require(changed.count == 1)
            #expect((whole[changed[0]] ^ sent[0].frame[changed[0]]).nonzeroBitCount == 1 && changed[0] >= 14)
            places.insert(changed[0])
        }
        #expect(places.count > 100)
        rig.expectSound()
    }

    @Test("what leaves with another tag, or joined out of a tunnel, is impaired as well")
    func otherWays() throws {
        let rig = try ScriptedWorker(ports: [1])
        try rig.addPort(2, accessVLAN: 7)
        try rig.impair(2, isOut: true) { $0.delay = Self.millisecond }
        #expect(rig.put(Make.plain(tags: Make.tag(7), length: 100), into: 1) == [])
        #expect(rig.sent(after: Self.millisecond).map(\.frame.count) == [96])
        rig.expectSound()

        let tunnel = try ScriptedWorker(overlay: nil, slots: 64)
        _ = tunnel.put(Make.plain(), into: 1)
        try tunnel.impair(1, isOut: true) { $0.delay = Self.millisecond }
        let flow = TunnelFlow(
            destination: Make.alice, source: Make.bob, tags: [], isIPv4: true, options: TunnelFlow.timestamps)
        let payload = (0..<20_000).map { UInt8(truncatingIfNeeded: $0) }
        let train = Underlay.train(flow.frames(payload, segment: 1_400))
        #expect(tunnel.arrive(Array(train.dropFirst(10)), header: Array(train.prefix(10))) == [])
        let sent = tunnel.sent(after: Self.millisecond)
        #expect(sent.map(\.frame) == [flow.frame(payload, partial: true)] && sent.map(\.isSuperframe) == [true])
        tunnel.expectTunnelSound()
    }

    @Test("what is held, cut or doubled goes into a tunnel whole, however much of it at once")
    func intoTunnel() throws {
        let rig = try ScriptedWorker(overlay: nil)
        try rig.addRemote(Make.bob)
        try rig.impair(1) {
            $0.duplicate = ImpairmentSettings.share(1)
            $0.delay = Self.millisecond
        }
        try rig.impair(2, isOut: true) { $0.loss = ImpairmentSettings.share(0.5) }
        let payload = (0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* 3) }
        let frames = Self.flow.frames(payload, segment: 1_300)
        for round in 0..<3 {
            // To one peer and held, or at once; then with a flood to both peers and a port in between.
            if round > 0 { try rig.impair(1) { $0.duplicate = ImpairmentSettings.share(1) } }
            for _ in 0..<30 {
                rig.device.deliver(
                    .frame(port: 1, bytes: Self.flow.header(segment: 1_300) + Self.flow.frame(payload, partial: true)))
                guard round == 2 else { continue }
                rig.device.deliver(.frame(port: 1, bytes: Make.vnet() + Make.plain(to: Make.broadcast, length: 900)))
            }
            rig.step()
            rig.step(after: Self.millisecond)
            // More than go on in one round.
            for _ in 0..<4 { rig.step() }
            let inner = rig.device.take().sent.filter { $0.port > 100 }.flatMap { $0.inner() }
            let large = inner.filter { $0?.count != 900 }
            #expect(large.count == 30 * 2 * frames.count, "round \(round)")
            #expect(inner.count - large.count == (round == 2 ? 30 * 2 * 2 : 0))
            #expect(Set(large.compactMap { $0 }) == Set(frames))
        }
        #expect(rig.counters(1).drops == [:] && rig.overlayCounters().drops.isEmpty)
        rig.expectTunnelSound()
    }

    @Test("more packets in one batch than there are places: what was sent makes room")
    func places() throws {
        let rig = try rig()
        try rig.impair(1) { $0.loss = 1 }
        let payload = [UInt8](repeating: 9, count: 60_000)
        try rig.impair(1) { $0.duplicate = ImpairmentSettings.share(1) }
        for _ in 0..<60 {
            rig.device.deliver(
                .frame(port: 1, bytes: Self.flow.header(segment: 1_400) + Self.flow.frame(payload, partial: true)))
        }
        rig.step()
        let frames = Self.flow.frames(payload, segment: 1_400)
        let sent = rig.device.take().sent
        #expect(sent.count == 60 * 2 * frames.count && rig.counters(1).drops == [:])
        #expect(zip(sent, sent.dropFirst(2)).allSatisfy { $0.frame.count == frames[0].count || $1.port == 2 })
        rig.expectSound()
    }
}
