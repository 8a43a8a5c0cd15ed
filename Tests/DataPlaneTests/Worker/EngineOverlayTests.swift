import Addresses
import DataPlane
import Glibc
import Testing

@Suite("Overlays of an engine")
struct EngineOverlayTests {
    private typealias Make = TestFrames

    /// The sockets of a tunnel are socket pairs as well: one message is a datagram, or a train of them.
    private struct Sockets {
        let taps = [1, 2] as [UInt16]
        let tap: [FakeTap]
        let receiver: FakeTap
        let sender: FakeTap

        init() throws {
            tap = try [FakeTap(1), FakeTap(2)]
            receiver = try FakeTap(100)
            sender = try FakeTap(101)
        }

        static func port(_ tap: FakeTap, _ kind: PortKind) -> EngineRequest {
            .port(PortConfiguration(id: tap.id, domain: 0, kind: kind, token: UInt64(tap.id)))
        }

        /// What a datagram's message holds, without the VXLAN header.
        func datagram(within milliseconds: Int32 = 5_000) -> [UInt8]? {
            sender.receive(within: milliseconds).map { Array($0.dropFirst(8)) }
        }
    }

    private static let tunnel = TunnelConfiguration(id: 100, senders: [101], local: Underlay.local)
    private static let bob = StationConfiguration(domain: 1, mac: MACAddress(value: Make.bob), vtep: Underlay.second)
    private static let neighbour = NeighbourConfiguration(
        domain: 1, address: Underlay.ipv4(0x0A00_0003), mac: MACAddress(value: Make.bob))

    private static func domain(peers: [IPAddress] = [Underlay.first]) -> DomainConfiguration {
        DomainConfiguration(id: 1, overlay: ScriptedWorker.overlay(peers: peers, answersNeighbours: true))
    }

    private static let question = Make.ethernet(
        to: Make.broadcast, type: 0x0806, Make.arp(operation: 1, senderIP: 0x0A00_0002, targetIP: 0x0A00_0003))

    /// A tunnel, an overlay on it with two TAPs, a station and a neighbour; all in one whole configuration.
    private func configure(_ client: EngineClient, _ sockets: Sockets) throws {
        #expect(try client.request(.begin) == 0)
        #expect(try client.request(Sockets.port(sockets.receiver, .tunnel), passing: sockets.receiver.near) == 0)
        #expect(try client.request(Sockets.port(sockets.sender, .datagram), passing: sockets.sender.near) == 0)
        #expect(try client.request(.tunnel(Self.tunnel)) == 0)
        #expect(try client.request(.domain(Self.domain())) == 0)
        for tap in sockets.tap { try client.add(tap) }
        #expect(try client.request(.addStation(Self.bob)) == 0)
        #expect(try client.request(.addNeighbour(Self.neighbour)) == 0)
        sockets.receiver.closeNear()
        sockets.sender.closeNear()
        #expect(try client.request(.commit) == 0)
    }

    @Test("a whole configuration with an overlay: away, home, answered", arguments: IOChoice.available)
    func whole(io: IOChoice) throws {
        let rig = try EngineRig(io: io, workers: 2)
        let client = try rig.connect()
        let sockets = try Sockets()
        try configure(client, sockets)
        try sockets.tap[0].send(frame: Make.plain())
        #expect(sockets.sender.receive() == vxlan(Make.plain()))
        #expect(sockets.receiver.send(Make.vnet() + Underlay.datagram(Make.plain(to: Make.alice, from: Make.carol))))
        #expect(sockets.tap[0].receiveFrame() == Make.plain(to: Make.alice, from: Make.carol))
        try sockets.tap[0].send(frame: Self.question)
        #expect(sockets.tap[0].receiveFrame()?.prefix(12) == Make.big(Make.alice, 6)[...] + Make.big(Make.bob, 6))
        // Super-frames both ways: cut, and put together.
        let bytes = (0..<30_000).map { UInt8(truncatingIfNeeded: $0) }
        let away = TunnelFlow()
        #expect(sockets.tap[0].send(away.header(segment: 1_000) + away.frame(bytes, partial: true)))
        #expect(sockets.sender.receive() == away.frames(bytes, segment: 1_000).flatMap { vxlan($0) })
        let home = TunnelFlow(destination: Make.alice, source: Make.carol)
        #expect(sockets.receiver.send(Underlay.train(home.frames(bytes, segment: 1_000))))
        #expect(sockets.tap[0].receive() == home.header(segment: 1_000) + home.frame(bytes, partial: true))
        #expect(EngineRig.eventually { rig.tables.counters(overlay: 1).sentFrames == 2 })
        let counted = rig.tables.counters(overlay: 1)
        #expect(counted.receivedFrames == 31 && counted.forwarded == 31 && counted.sentSuperframes == 1)
        #expect(rig.counters(1).consumed == 1 && rig.counters(100).consumed == 31)
        // The daemon reads where stations are.
        let stations = rig.tables.stations(domain: Self.domain())
        let places = Dictionary(uniqueKeysWithValues: stations.map { ($0.mac, $0.port) })
        #expect(places[Make.alice] == 1)
        #expect(places[Make.bob].flatMap { rig.tables.vtep($0) } == Underlay.second)
        #expect(places[Make.carol].flatMap { rig.tables.vtep($0) } == Underlay.first)
        #expect(rig.tables.vtep(1) == nil && rig.tables.vtep(16_384) == nil && rig.tables.vtep(.max) == nil)
    }

    @Test(
        "what a whole configuration doesn't name is gone: station, neighbour, peer, overlay, tunnel",
        arguments: IOChoice.available)
    func removed(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let sockets = try Sockets()
        try configure(client, sockets)
        func begin(_ domain: DomainConfiguration) throws {
            #expect(try client.request(.begin) == 0)
            #expect(try client.request(.domain(domain)) == 0)
            for tap in sockets.tap { #expect(try client.request(.port(tap.configuration())) == 0) }
        }
        func tunnel() throws {
            #expect(try client.request(Sockets.port(sockets.receiver, .tunnel)) == 0)
            #expect(try client.request(Sockets.port(sockets.sender, .datagram)) == 0)
            #expect(try client.request(.tunnel(Self.tunnel)) == 0)
        }
        // All of it again: nothing is disturbed.
        try begin(Self.domain())
        try tunnel()
        #expect(try client.request(.addStation(Self.bob)) == 0)
        #expect(try client.request(.addNeighbour(Self.neighbour)) == 0)
        #expect(try client.request(.commit) == 0)
        try sockets.tap[0].send(frame: Make.plain())
        #expect(sockets.datagram() == Make.plain())
        try sockets.tap[0].send(frame: Self.question)
        #expect(sockets.tap[0].receiveFrame() != nil)
        // Without station and neighbour.
        try begin(Self.domain())
        try tunnel()
        #expect(try client.request(.commit) == 0)
        try sockets.tap[0].send(frame: Make.plain())
        #expect(sockets.tap[1].receiveFrame() == Make.plain() && sockets.datagram() == Make.plain(), "flooded")
        try sockets.tap[0].send(frame: Self.question)
        #expect(sockets.tap[1].receiveFrame() == Self.question && sockets.datagram() == Self.question)
        #expect(try client.request(.removeStation(Self.bob)) == ENOENT)
        #expect(try client.request(.removeNeighbour(Self.neighbour)) == ENOENT)
        // Without peers.
        try begin(Self.domain(peers: []))
        try tunnel()
        #expect(try client.request(.commit) == 0)
        try sockets.tap[0].send(frame: Self.question)
        #expect(sockets.tap[1].receiveFrame() == Self.question && sockets.datagram(within: 20) == nil)
        #expect(sockets.receiver.send(Make.vnet() + Underlay.datagram(Make.plain(to: Make.alice))))
        #expect(EngineRig.eventually { rig.tables.counters(overlay: 1).drops[.unknownVTEP] == 1 })
        // Without the overlay, and without the tunnel.
        try begin(DomainConfiguration(id: 1))
        #expect(try client.request(.commit) == 0)
        #expect(sockets.receiver.isClosed() && sockets.sender.isClosed())
        try sockets.tap[0].send(frame: Self.question)
        #expect(sockets.tap[1].receiveFrame() == Self.question)
        #expect(try client.request(.addNeighbour(Self.neighbour)) == ENOENT)
        #expect(try client.request(.addStation(Self.bob)) == ENOENT)
        #expect(try client.request(.tunnel(Self.tunnel)) == ENOENT)
    }

    @Test("what can't be is refused", arguments: IOChoice.available)
    func refused(io: IOChoice) throws {
        let rig = try EngineRig(io: io, workers: 2)
        let client = try rig.connect()
        let sockets = try Sockets()
        #expect(try client.request(.tunnel(Self.tunnel)) == ENOENT, "no such ports")
        #expect(try client.request(Sockets.port(sockets.sender, .datagram), passing: sockets.sender.near) == 0)
        let inside = PortConfiguration(id: 100, domain: 1, kind: .tunnel, token: 100)
        #expect(try client.request(.port(inside), passing: sockets.receiver.near) == ENOENT, "in no domain")
        #expect(try client.request(Sockets.port(sockets.receiver, .tunnel), passing: sockets.receiver.near) == 0)
        for senders in [[100], [9], [101, 9]] as [[UInt16]] {
            var tunnel = Self.tunnel
            tunnel.senders = senders
            #expect(try client.request(.tunnel(tunnel)) == ENOENT, "\(senders)")
        }
        var reversed = Self.tunnel
        (reversed.id, reversed.senders) = (101, [100])
        #expect(try client.request(.tunnel(reversed)) == ENOENT)
        #expect(try client.request(.tunnel(Self.tunnel)) == 0)
        #expect(try client.request(.domain(DomainConfiguration(id: 2))) == 0)
        #expect(
            try client.request(.addNeighbour(NeighbourConfiguration(domain: 2, address: Underlay.first, mac: .zero)))
                == ENOENT)
        #expect(try client.request(.domain(Self.domain())) == 0)
        var second = Self.domain()
        second.id = 2
        #expect(try client.request(.domain(second)) == EINVAL, "the VNI is taken")
        // An overlay is the first worker's, domain 3 without one the second's.
        #expect(try client.request(.domain(DomainConfiguration(id: 3))) == 0)
        second.id = 3
        #expect(try client.request(.domain(second)) == EBUSY)
        #expect(try client.request(.domain(DomainConfiguration(id: 1))) == EBUSY)
        #expect(try client.request(.removeDomain(1)) == 0)
        second.id = 4
        #expect(try client.request(.domain(second)) == 0, "the VNI is free again")
        #expect(try client.request(.inject(port: 100, frame: Make.plain())) == 0)
        #expect(rig.counters(100).drops == [.noDomain: 1])
        #expect(try client.request(.removePort(100)) == 0)
        #expect(try client.request(.removePort(101)) == 0)
    }

    @Test("the tunnel's ports can be taken by the next daemon, kinds and all", arguments: IOChoice.available)
    func descriptors(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let sockets = try Sockets()
        try configure(client, sockets)
        #expect(try client.request(.takeDescriptors) == 0)
        var kinds: [UInt16: PortKind] = [:]
        for case (.descriptor(let port, let kind, _), .some) in client.others { kinds[port] = kind }
        #expect(kinds == [1: .tap, 2: .tap, 100: .tunnel, 101: .datagram])
    }
}
