import Addresses
import Glibc
import Testing

@testable import DataPlane

/// An explanation is compared with what the worker then does with the same frame: see `ScriptedWorker.putExplained`.
@Suite("What a worker would do")
struct WorkerExplanationTests {
    private typealias Make = TestFrames

    @Test("step by step, of a frame to somebody unknown and of its answer")
    func steps() throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        let frame = Make.plain(to: Make.bob, from: Make.alice)
        #expect(
            try rig.putExplained(frame, into: 1) == [
                ExplanationStep(.arrived, port: 1, first: 1, second: 60, bytes: frame), ExplanationStep(.admitted),
                ExplanationStep(.learned, first: Make.alice, second: ExplainedLearning.new.rawValue),
                ExplanationStep(.lookedUp, first: Make.bob, second: ExplainedTarget.unknown.rawValue),
                ExplanationStep(.flooded, first: 1, second: 3),
                ExplanationStep(.leaves, port: 2, first: ExplainedTag.unchanged.rawValue),
                ExplanationStep(.sent, port: 2, first: 60, bytes: frame),
                ExplanationStep(.leaves, port: 3, first: ExplainedTag.unchanged.rawValue),
                ExplanationStep(.sent, port: 3, first: 60, bytes: frame),
            ])
        let answer = try rig.putExplained(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        #expect(answer.map(\.kind) == [.arrived, .admitted, .learned, .lookedUp, .leaves, .sent])
        #expect(
            answer[3]
                == ExplanationStep(
                    .lookedUp, port: 1, first: Make.alice, second: ExplainedTarget.station.rawValue))
        // Bob has moved, and alice with him.
        let moved = try rig.putExplained(Make.plain(to: Make.alice, from: Make.bob), into: 1)
        #expect(moved.last == ExplanationStep(.dropped, port: 1, reason: .samePort))
        #expect(
            moved[2]
                == ExplanationStep(
                    .learned, port: 2, first: Make.bob, second: ExplainedLearning.moved.rawValue))
        rig.expectSound()
    }

    @Test("random frames, VLANs, isolated and guarded ports", arguments: 1...8 as ClosedRange<UInt64>)
    func switching(seed: UInt64) throws {
        let rig = try ScriptedWorker()
        var random = SeededGenerator(seed: seed)
        for port in UInt16(1)...8 {
            let address = MACAddress(value: 0x0200_0000_0100 + UInt64(port))
            try rig.addPort(
                port, isolated: random.below(4) == 0,
                accessVLAN: seed % 2 == 0 ? UInt16([0, 7, 8][random.below(3)]) : 0,
                sourceGuard: random.below(5) == 0 ? PortGuard(mac: address, ipv4: [], ipv6: []) : nil)
        }
        _ = rig.device.take()
        var kinds: Set<ExplanationKind> = []
        for number in 0..<500 {
            rig.step(after: Int64([0, 1, 200, 2_000][random.below(4)]) * 1_000_000)
            let frame = Array(RandomFrames.next(&random).dropFirst(VirtioNetHeader.length))
            let port = UInt16(1 + random.below(8))
            kinds.formUnion(try rig.putExplained(frame, into: port, "seed \(seed), frame \(number)").map(\.kind))
        }
        #expect(kinds.isSuperset(of: [.learned, .lookedUp, .flooded, .leaves, .sent, .dropped]))
        rig.expectSound()
    }

    @Test("macvlan networks", arguments: ParentMode.allCases)
    func parent(mode: ParentMode) throws {
        let rig = try ScriptedWorker()
        try #require(rig.perform(.setDomain(DomainConfiguration(id: 1, parent: mode))) == 0)
        let stations: [UInt64] = [Make.alice, Make.bob, Make.carol, 0x0200_0A00_0005, Make.broadcast]
        for (port, mac) in [(UInt16(1), Make.alice), (2, Make.bob)] {
            var owner = PortGuard(mac: MACAddress(value: mac), ipv4: [], ipv6: [])
            owner.isOpen = true
            try rig.addPort(port, sourceGuard: owner)
        }
        var random = SeededGenerator(seed: 9)
        for number in 0..<300 {
            // At first the LAN isn't there.
            if number == 60 { try rig.addPort(9, kind: .parent) }
            rig.step(after: 1_000_000)
            let frame = Make.plain(to: stations[random.below(5)], from: stations[random.below(4)])
            let port: UInt16 = number < 60 ? [1, 2][random.below(2)] : [1, 2, 9][random.below(3)]
            try rig.putExplained(frame, into: port, "frame \(number)")
        }
        rig.expectSound()
    }

    @Test("an overlay: peers, remote stations, what it answers itself, what is too long", arguments: [true, false])
    func overlay(learning: Bool) throws {
        let rig = try ScriptedWorker(overlay: ScriptedWorker.overlay(learning: learning, answersNeighbours: true))
        try rig.addPort(3, accessVLAN: 7)
        try rig.addRemote(Make.bob)
        let neighbour = NeighbourConfiguration(
            domain: 1, address: Underlay.ipv4(0x0A00_0003), mac: MACAddress(value: Make.bob))
        try #require(rig.perform(.addNeighbour(neighbour)) == 0)
        let question = Make.ethernet(
            to: Make.broadcast, from: Make.alice, type: 0x0806,
            Make.arp(operation: 1, sender: Make.alice, senderIP: 0x0A00_0002, targetIP: 0x0A00_0003))
        let answered = try rig.putExplained(question, into: 1)
        #expect(answered.contains { $0.kind == .answered && $0.first == Make.bob })
        let known = try rig.putExplained(TunnelFlow().frame([1, 2, 3]), into: 1)
        let wrapped = try #require(known.first { $0.kind == .encapsulated })
        #expect(wrapped.first == 42 && wrapped.second == 4_789 | 1 << 16)
        #expect(wrapped.end(0, hasPort: false)?.address == Underlay.first && wrapped.port >= 16_384)
        let long = try rig.putExplained(TunnelFlow().frame([UInt8](repeating: 5, count: 1_470)), into: 1)
        #expect(
            long.contains { $0.reason == .exceedsTunnelMTU }
                && long.contains { $0.kind == .senderTold && $0.second == 1_450 })
        let flood = try rig.putExplained(Make.plain(to: Make.broadcast, from: Make.alice), into: 1)
        #expect(flood.count { $0.kind == .encapsulated } == 2)
        try rig.putExplained(Make.plain(to: Make.bob, from: Make.carol), into: 3, "with a tag")
        try rig.putExplained(
            Make.plain(to: Make.bob, from: Make.alice, tags: Make.tag(7), length: 64), into: 1, "tagged")
        var random = SeededGenerator(seed: 5)
        let stations: [UInt64] = [Make.alice, Make.bob, Make.carol, 0x0200_0A00_0005, Make.broadcast]
        for number in 0..<200 {
            rig.step(after: 2_000_000)
            let frame = Make.plain(to: stations[random.below(5)], from: stations[random.below(4)])
            if random.below(2) == 0 {
                try rig.putExplained(frame, into: UInt16(1 + random.below(3)), "frame \(number)")
            } else {
                try rig.arriveExplained(
                    frame, from: wrapped.port, outer: Underlay.datagram(frame), "frame \(number) by the tunnel")
            }
        }
        rig.expectTunnelSound()
    }

    @Test("nothing of an impairment is foretold but what it does")
    func impairment() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        var settings = ImpairmentSettings()
        settings.loss = ImpairmentSettings.certain
        settings.seed = 5
        for (port, isOut) in [(UInt16(1), false), (2, true)] {
            let impairment = ImpairmentConfiguration(port: port, isOut: isOut, settings: settings)
            try #require(rig.perform(.impair(impairment)) == 0)
        }
        let steps = try rig.explain(Make.plain(to: Make.bob, from: Make.alice), from: 1)
        #expect(
            steps.map(\.kind) == [
                .arrived, .impairedIn, .admitted, .learned, .lookedUp, .flooded, .leaves, .impairedOut, .sent,
            ])
        #expect(steps[1].impairment == settings && steps[7].impairment == settings && steps[7].port == 2)
        #expect(rig.counters(1).receivedFrames == 0 && rig.stationCount == 0)
        rig.expectSound()
    }

    @Test("a flood to more ports than an explanation tells is told as far as it goes")
    func many() throws {
        let rig = try ScriptedWorker(ports: Array(1...200))
        let steps = try rig.explain(Make.plain(to: Make.broadcast), from: 7)
        #expect(steps.count == ExplanationStep.most)
        // Four before the flood, the flood, and two at each of 199 ports.
        #expect(steps.last == ExplanationStep(.omitted, first: 4 + 1 + 398 - 199))
    }

    @Test("a port that is dead is told so; one that isn't there, or receives no frames, is refused")
    func refused() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        try rig.addTunnel(senders: 1)
        let memory = try #require(ExplanationMemory(frame: Make.plain()))
        #expect(rig.perform(.explain(port: 9, domain: 0, memory)) == ENOENT)
        #expect(rig.perform(.explain(port: 0, domain: 0, memory)) == ENOENT)
        #expect(rig.perform(.explain(port: 16_384, domain: 1, memory)) == ENOENT, "no overlay")
        #expect(rig.perform(.explain(port: ScriptedWorker.tunnel, domain: 0, memory)) == EINVAL)
        #expect(rig.perform(.explain(port: ScriptedWorker.tunnel + 1, domain: 0, memory)) == EINVAL)
        #expect(memory.steps.isEmpty)
        rig.device.deliver(.ended(port: 2, error: EBADFD))
        rig.step()
        let steps = try rig.explain(Make.plain(), from: 1)
        #expect(
            steps.contains(
                ExplanationStep(
                    .portState, port: 2, first: ExplainedPort.dead.rawValue, second: UInt64(EBADFD))))
        let short = try rig.putExplained([1, 2, 3], into: 1)
        #expect(short.map(\.kind) == [.arrived, .dropped] && short.last?.reason == .tooShort)
        let empty = try rig.putExplained([], into: 1)
        #expect(empty.last?.reason == .tooShort)
    }
}
