import Addresses
import Glibc
import Testing

@testable import DataPlane

@Suite("What a tunnel drops, and how it is counted")
struct TunnelDropTests {
    private typealias Make = TestFrames

    /// A datagram that doesn't get as far as a network.
    private typealias Malformed = (name: String, header: [UInt8], outer: [UInt8], reason: DropReason)

    private static let malformed: [Malformed] = {
        let good = Underlay.datagram(Make.plain(from: Make.bob))
        let plain = Make.vnet()
        func changed(_ offset: Int, _ value: UInt8) -> [UInt8] {
            var outer = good
            outer[offset] = value
            return outer
        }
        func flow(_ change: (inout TunnelFlow) -> Void, payload: [UInt8]) -> [UInt8] {
            var flow = Underlay.flow()
            change(&flow)
            return flow.frame(payload)
        }
        let inner = vxlan(Make.plain(from: Make.bob))
        return [
            ("nothing", plain, [], .outerMalformed), ("half a header", plain, Array(good.prefix(20)), .outerMalformed),
            ("no UDP header", plain, Array(good.prefix(38)), .outerMalformed),
            ("a cut packet", plain, Array(good.dropLast()), .outerMalformed),
            ("IPv5", plain, changed(14, 0x55), .outerMalformed),
            ("a wrong header checksum", plain, changed(24, 0x12), .outerMalformed),
            ("TCP", plain, flow({ $0.isTCP = true }, payload: inner), .outerMalformed),
            ("a first fragment", plain, flow({ $0.fragment = 0x2000 }, payload: inner), .outerMalformed),
            ("a wrong checksum", plain, changed(good.count - 1, 0xEE), .outerChecksum),
            ("no VXLAN header", plain, Underlay.flow().frame([]), .vxlanHeader),
            ("seven bytes", plain, Underlay.flow().frame([8, 0, 0, 0, 0, 0, 42]), .vxlanHeader),
            ("no I flag", plain, Underlay.flow().frame([0xF7] + Array(inner.dropFirst())), .vxlanHeader),
            ("another VNI", plain, Underlay.datagram(Make.plain(), vni: 43), .unknownVNI),
            ("a VNI of 24 bits", plain, Underlay.datagram(Make.plain(), vni: 0xFF_FFFF), .unknownVNI),
            ("a gso_type without a checksum", Make.vnet(type: 5, segment: 80), good, .outerMalformed),
            ("a gso_size of 0", Make.vnet(flags: 1, type: 5, start: 34, offset: 6), good, .outerMalformed),
            ("a checksum nowhere", Make.vnet(flags: 1, start: 20, offset: 6), good, .outerMalformed),
        ]
    }()

    @Test("before the network is known: at the tunnel's port", arguments: 0..<17)
    func malformed(index: Int) throws {
        try #require(Self.malformed.count == 17)
        let (name, header, outer, reason) = Self.malformed[index]
        let rig = try ScriptedWorker(overlay: nil)
        #expect(rig.arrive(outer, header: header).isEmpty, "\(name)")
        let counted = rig.counters(100)
        #expect(counted.receivedFrames == 1 && counted.drops == [reason: 1], "\(name)")
        #expect(rig.overlayCounters() == PortCounters(), "\(name)")
        rig.expectTunnelSound("\(name)")
    }

    @Test("a reserved bit that is set is ignored on receipt")
    func reserved() throws {
        let rig = try ScriptedWorker(overlay: nil)
        let frame = Make.plain(to: Make.broadcast, from: Make.bob)
        let payload = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 42, 0xFF] + frame
        #expect(rig.arrive(Underlay.flow().frame(payload)).map(\.frame) == [frame, frame])
        rig.expectTunnelSound()
    }

    @Test("a receive that was cut is one, whatever it holds")
    func truncated() throws {
        let rig = try ScriptedWorker(overlay: nil)
        let bytes = Make.vnet() + Underlay.datagram(Make.plain())
        rig.device.deliver(.frame(port: 100, bytes: bytes, isTruncated: true))
        rig.device.deliver(.frame(port: 100, bytes: [], networkOffset: 0))
        rig.device.deliver(.frame(port: 100, bytes: bytes, networkOffset: 65_535))
        rig.device.deliver(.frame(port: 100, bytes: bytes, networkOffset: 13))
        rig.step()
        #expect(rig.device.take().sent.isEmpty)
        #expect(rig.counters(100).drops == [.truncated: 1, .outerMalformed: 3])
        rig.expectTunnelSound()
    }

    @Test("a datagram without a checksum is taken, and one that somebody has summed up")
    func checksums() throws {
        let rig = try ScriptedWorker(overlay: nil)
        let frame = Make.plain(to: Make.broadcast, from: Make.bob)
        var outer = Underlay.datagram(frame)
        outer[40] ^= 0xFF
        #expect(rig.arrive(outer).isEmpty)
        #expect(rig.arrive(outer, header: Make.vnet(flags: 2)).map(\.frame) == [frame, frame])
        #expect(rig.arrive(outer, header: Make.vnet(flags: 1, start: 34, offset: 6)).map(\.frame) == [frame, frame])
        (outer[40], outer[41]) = (0, 0)
        #expect(rig.arrive(outer).map(\.frame) == [frame, frame])
        #expect(rig.counters(100).drops == [.outerChecksum: 1] && rig.counters(100).consumed == 3)
        rig.expectTunnelSound()
    }

    @Test("one bad datagram in a train takes no other with it")
    func badPiece() throws {
        let rig = try ScriptedWorker(overlay: nil)
        let frame = Make.plain(to: Make.broadcast, from: Make.bob)
        let flow = Underlay.flow()
        let withoutFlag: [UInt8] = [0] + Array(vxlan(frame).dropFirst())
        let pieces: [[UInt8]] = [vxlan(frame), withoutFlag, vxlan(frame, vni: 9), vxlan(frame), [8, 0, 0]]
        let sent = rig.arrive(flow.frame(pieces.flatMap { $0 }, partial: true), header: flow.header(segment: 68))
        #expect(sent.filter { $0.port == 1 }.map(\.frame) == [frame, frame])
        #expect(rig.counters(100).drops == [.vxlanHeader: 2, .unknownVNI: 1] && rig.counters(100).consumed == 2)
        #expect(rig.counters(100).receivedFrames == 5)
        rig.expectTunnelSound()
    }

    @Test("when the network is known: at its tunnel side")
    func inner() throws {
        let rig = try ScriptedWorker(overlay: nil, ports: [])
        func drops(_ inner: [UInt8], from peer: IPAddress = Underlay.first) -> [DropReason: UInt64] {
            let before = rig.overlayCounters().drops
            #expect(rig.arrive(Underlay.datagram(inner, from: peer)).isEmpty)
            return rig.overlayCounters().drops.filter { before[$0.key] != $0.value }
        }
        #expect(drops(Make.plain()) == [.noOtherPort: 1])
        try rig.addPort(1)
        try rig.addRemote(Make.bob, behind: Underlay.second)
        try rig.addRemote(Make.carol, behind: Underlay.first)
        #expect(drops(Make.plain(), from: Underlay.third) == [.unknownVTEP: 1])
        #expect(drops([]) == [.tooShort: 1])
        #expect(drops(Array(Make.plain().prefix(13))) == [.tooShort: 2])
        #expect(drops(Make.plain(from: 0)) == [.zeroSource: 1])
        #expect(drops(Make.plain(from: Make.broadcast)) == [.groupSource: 1])
        #expect(drops(Make.plain(to: 0x0180_C200_0000)) == [.reservedGroup: 1])
        #expect(drops(Make.plain()) == [.splitHorizon: 1], "from one peer to another")
        #expect(drops(Make.plain(to: Make.carol)) == [.splitHorizon: 2], "and back where it came from")
        #expect(rig.counters(100).consumed == 9)
        rig.expectTunnelSound()
    }

    @Test("any peer is taken where that is wanted, and its stations are answered there")
    func anyPeer() throws {
        let rig = try ScriptedWorker(overlay: ScriptedWorker.overlay(peers: [], acceptsAnyPeer: true), ports: [1])
        let frame = Make.plain(to: Make.alice, from: Make.bob)
        #expect(rig.arrive(Underlay.datagram(frame, from: Underlay.third)).map(\.frame) == [frame])
        let sent = rig.put(Make.plain(), into: 1)
        #expect(sent.map(\.name) == [Underlay.name(Underlay.third)] && sent.map { $0.inner() } == [[Make.plain()]])
        rig.expectTunnelSound()
    }

    /// What each errno of a train is counted as.
    private static let failures: [(error: Int32, reason: DropReason)] = [
        (EAGAIN, .egressFull), (ENOBUFS, .egressFull), (ENOMEM, .egressFull), (ENETDOWN, .egressDown),
        (ENETUNREACH, .egressDown), (EHOSTUNREACH, .egressDown), (ENODEV, .egressDown), (EADDRNOTAVAIL, .egressDown),
        (EMSGSIZE, .exceedsTunnelMTU), (EIO, .egressRejected), (EPERM, .egressRejected), (EACCES, .egressDown),
        (EINVAL, TrainFailure.kernelTellsLength ? .egressDown : .exceedsTunnelMTU),
    ]

    @Test("a train that fails is taken back and counted by its reason", arguments: failures)
    func failure(error: Int32, reason: DropReason) throws {
        let rig = try ScriptedWorker(overlay: nil)
        try rig.addRemote(Make.bob)
        rig.device.fate = { $0.port > 100 ? .fails(error) : .taken }
        for _ in 0..<3 { rig.device.deliver(.frame(port: 1, bytes: Make.vnet() + Make.plain())) }
        let flow = TunnelFlow()
        let bytes = [UInt8](repeating: 1, count: 5_000)
        rig.device.deliver(.frame(port: 1, bytes: flow.header(segment: 1_000) + flow.frame(bytes, partial: true)))
        rig.step()
        rig.step()
        var expected = PortCounters()
        expected.drops = [reason: 4]
        #expect(rig.overlayCounters() == expected)
        #expect(rig.counters(1).forwarded == 4 && rig.counters(1).drops == [:])
        for port in UInt16(100)...104 { #expect(rig.counters(port) == PortCounters()) }
        rig.expectTunnelSound()
    }

    @Test("EINVAL: too long only of a train, and only where the kernel has no other word for that")
    func invalid() {
        for (isTrain, tellsLength) in [(false, false), (false, true), (true, true)] {
            #expect(TrainFailure.reason(EINVAL, isTrain: isTrain, tellsLength: tellsLength) == .egressDown)
            #expect(TrainFailure.reason(EMSGSIZE, isTrain: isTrain, tellsLength: tellsLength) == .exceedsTunnelMTU)
        }
        #expect(TrainFailure.reason(EINVAL, isTrain: true, tellsLength: false) == .exceedsTunnelMTU)
        for release in ["6.14.0", "6.14-rc1", "6.18.44-fc", "7.0", "10.2.1"] {
            #expect(TrainFailure.tellsLength(release), "\(release)")
        }
        for release in ["6.13.12", "6.1.0-40-amd64", "5.15", "6", "", "x.y"] {
            #expect(!TrainFailure.tellsLength(release), "\(release)")
        }
    }

    @Test("a datagram by itself that a blackhole route swallows is no matter of length")
    func blackhole() throws {
        let rig = try ScriptedWorker(overlay: nil)
        try rig.addRemote(Make.bob)
        rig.device.fate = { $0.port > 100 ? .fails(EINVAL) : .taken }
        _ = rig.put(Make.plain(), into: 1)
        rig.step()
        #expect(rig.overlayCounters().drops == [.egressDown: 1])
        rig.expectTunnelSound()
    }

    @Test("an overlay whose tunnel isn't open yet: what is for remote stations is counted, and not flooded")
    func notOpen() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        try rig.setOverlay(ScriptedWorker.overlay())
        try rig.addRemote(Make.bob)
        #expect(rig.put(Make.plain(), into: 1).isEmpty)
        #expect(rig.put(Make.plain(to: Make.broadcast), into: 1).map(\.port) == [2])
        #expect(rig.overlayCounters().drops == [.noTunnel: 2])
        try rig.addTunnel()
        #expect(rig.put(Make.plain(), into: 1).map { $0.inner() } == [[Make.plain()]])
        #expect(rig.overlayCounters().drops == [.noTunnel: 2])
        rig.expectTunnelSound()
    }

    @Test("an endpoint's address in a peer's mouth is dropped and counted")
    func guarded() throws {
        let rig = try ScriptedWorker(overlay: nil, ports: [2])
        let port = PortConfiguration(
            id: 1, domain: 1, kind: .tap, token: 1,
            sourceGuard: PortGuard(mac: MACAddress(value: Make.alice), ipv4: [], ipv6: []))
        #expect(rig.perform(.setPort(port, descriptor: 0)) == 0)
        _ = rig.device.take()
        #expect(rig.arrive(Underlay.datagram(Make.plain(to: Make.broadcast, from: Make.alice))).isEmpty)
        #expect(rig.overlayCounters().drops == [.guardedStation: 1])
        let answer = Make.plain(to: Make.alice, from: Make.bob)
        #expect(rig.arrive(Underlay.datagram(answer)).map(\.frame).contains(answer))
        rig.expectTunnelSound()
    }

    @Test("after EIO each datagram goes by itself, until the tunnel is set again")
    func plain() throws {
        let rig = try ScriptedWorker(overlay: nil, senders: 1)
        try rig.addRemote(Make.bob)
        func round() -> [Int] {
            for _ in 0..<3 { rig.device.deliver(.frame(port: 1, bytes: Make.vnet() + Make.plain())) }
            rig.step()
            let sent = rig.device.take().sent
            #expect(sent.flatMap { $0.inner() } == Array(repeating: Make.plain(), count: sent.isEmpty ? 0 : 3))
            return sent.map { $0.datagrams.count }
        }
        #expect(round() == [3])
        rig.device.fate = { _ in .fails(EIO) }
        #expect(round() == [])
        rig.device.fate = { _ in .taken }
        #expect(round() == [1, 1, 1])
        let again = TunnelConfiguration(id: 100, senders: [101], local: Underlay.local)
        #expect(rig.perform(.setTunnel(again)) == 0)
        #expect(round() == [3])
        rig.expectTunnelSound()
    }

    @Test("what the I/O has no room for is full")
    func refused() throws {
        let rig = try ScriptedWorker(overlay: nil)
        rig.device.fate = { $0.port > 100 ? .refused : .taken }
        _ = rig.put(Make.plain(to: Make.broadcast), into: 1)
        #expect(rig.overlayCounters().drops == [.egressFull: 2] && rig.overlayCounters().sentFrames == 0)
        rig.expectTunnelSound()
    }

    @Test("a tunnel that is gone: counted, and back when it is")
    func gone() throws {
        let rig = try ScriptedWorker(overlay: nil)
        try rig.addRemote(Make.bob)
        rig.device.deliver(.ended(port: 100, error: ECANCELED))
        #expect(rig.perform(.removePort(100)) == 0)
        #expect(rig.put(Make.plain(), into: 1).isEmpty)
        #expect(rig.put(Make.plain(to: Make.broadcast), into: 1).map(\.port) == [2])
        #expect(rig.overlayCounters().drops == [.noTunnel: 2])
        let receiver = PortConfiguration(id: 100, domain: 0, kind: .tunnel, token: 1)
        #expect(rig.perform(.setPort(receiver, descriptor: 0)) == 0)
        #expect(rig.perform(.setTunnel(TunnelConfiguration(id: 100, senders: [101], local: Underlay.local))) == 0)
        _ = rig.device.take()
        #expect(rig.put(Make.plain(), into: 1).map(\.port) == [101])
        rig.expectTunnelSound()
    }
}
