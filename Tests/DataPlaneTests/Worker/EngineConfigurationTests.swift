import Addresses
import DataPlane
import Glibc
import Testing

@Suite("Configuring an engine")
struct EngineConfigurationTests {
    /// A frame that everybody gets.
    private static func broadcast(from source: UInt64 = TestFrames.alice, length: Int = 60) -> [UInt8] {
        TestFrames.plain(to: TestFrames.broadcast, from: source, length: length)
    }

    @Test("ports of one domain hear each other", arguments: IOChoice.available)
    func forwards(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let taps = try (UInt16(1)...3).map { try FakeTap($0) }
        try client.configure(taps)
        try taps[0].send(frame: Self.broadcast())
        #expect(taps[1].receive() == TestFrames.vnet() + Self.broadcast())
        #expect(taps[2].receive() == TestFrames.vnet() + Self.broadcast())
        try taps[1].send(frame: TestFrames.plain(to: TestFrames.alice, from: TestFrames.bob))
        #expect(taps[0].receiveFrame() == TestFrames.plain(to: TestFrames.alice, from: TestFrames.bob))
        #expect(taps[2].receive(within: 20) == nil)
        #expect(rig.counters(1).flooded == 1 && rig.counters(2).forwarded == 1)
    }

    @Test("a whole configuration removes what it doesn't name, and nothing else", arguments: IOChoice.available)
    func wholeConfiguration(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let taps = try (UInt16(1)...4).map { try FakeTap($0) }
        try client.configure(domain: 1, Array(taps[..<3]))
        try client.configure(domain: 2, [taps[3]])
        // bob is learned behind 2.
        try taps[1].send(frame: TestFrames.plain(to: TestFrames.alice, from: TestFrames.bob))
        #expect(taps[0].receive() != nil && taps[2].receive() != nil)

        #expect(try client.request(.begin) == 0)
        #expect(try client.request(.domain(DomainConfiguration(id: 1))) == 0)
        #expect(try client.request(.port(taps[0].configuration())) == 0, "known by its token: no descriptor needed")
        #expect(try client.request(.port(taps[1].configuration())) == 0)
        #expect(taps[3].receive(within: 20) == nil, "until the commit nothing is removed")
        #expect(try client.request(.commit) == 0)
        #expect(taps[2].isClosed() && taps[3].isClosed())
        // What stays was not touched: bob is still known.
        try taps[0].send(frame: TestFrames.plain())
        #expect(taps[1].receiveFrame() == TestFrames.plain())
        #expect(rig.counters(1).forwarded == 1)
        // The domain is gone as well.
        #expect(try client.request(.removeDomain(2)) == ENOENT)
        #expect(try client.request(.removePort(4)) == ENOENT)
    }

    @Test("nothing is flooded while a new engine is told its ports", arguments: IOChoice.available)
    func wholeConfigurationIsTrueAtOnce(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let taps = try (UInt16(1)...3).map { try FakeTap($0) }
        // A frame to each of the others waits before there is an engine for it.
        try taps[0].send(frame: Self.broadcast())
        try taps[0].send(frame: TestFrames.plain())
        #expect(try client.request(.begin) == 0)
        try client.configure([taps[0], taps[1]])
        #expect(taps[1].receive(within: 20) == nil, "the configuration isn't complete")
        try client.add(taps[2])
        // A daemon that dies now leaves it so; the next one completes it.
        let next = try rig.connect()
        #expect(try next.request(.begin) == 0)
        #expect(try next.request(.domain(DomainConfiguration(id: 1))) == 0)
        for tap in taps { #expect(try next.request(.port(tap.configuration())) == 0) }
        #expect(try next.request(.commit) == 0)
        for tap in taps.dropFirst() {
            #expect(tap.receiveFrame() == Self.broadcast())
            #expect(tap.receiveFrame() == TestFrames.plain())
        }
        #expect(rig.counters(1).flooded == 2 && rig.counters(1).drops.isEmpty)
        // A port that comes by itself begins at once.
        let late = try FakeTap(4)
        try next.add(late)
        try late.send(frame: Self.broadcast(from: TestFrames.carol))
        #expect(taps[0].receiveFrame() == Self.broadcast(from: TestFrames.carol))
    }

    @Test("the same configuration again, a hundred times under traffic, loses no frame", arguments: IOChoice.available)
    func undisturbed(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let taps = try (UInt16(1)...2).map { try FakeTap($0) }
        try client.configure(taps)
        for round in 0..<100 {
            try taps[0].send(frame: Self.broadcast(length: 60 + round))
            #expect(try client.request(.begin) == 0)
            #expect(try client.request(.domain(DomainConfiguration(id: 1))) == 0)
            try taps[0].send(frame: Self.broadcast(length: 200 + round))
            for tap in taps { #expect(try client.request(.port(tap.configuration())) == 0) }
            #expect(try client.request(.commit) == 0)
        }
        for round in 0..<100 {
            #expect(taps[1].receiveFrame()?.count == 60 + round)
            #expect(taps[1].receiveFrame()?.count == 200 + round)
        }
        // A socket pair that is let go of early would end the receive.
        withExtendedLifetime(taps) {
            #expect(rig.counters(1).receivedFrames == 200 && rig.counters(1).rearmed == 0)
        }
    }

    @Test("another token replaces the descriptor", arguments: IOChoice.available)
    func newToken(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let (first, second, other) = (try FakeTap(1), try FakeTap(1), try FakeTap(2))
        try client.configure([first, other])
        // Without a descriptor there is nothing to replace it by: refused, and the old one goes on.
        #expect(try client.request(.port(first.configuration(token: 77))) == EBADF)
        try first.send(frame: Self.broadcast())
        #expect(other.receive() != nil)
        try client.add(second, token: 77)
        #expect(first.isClosed())
        try second.send(frame: Self.broadcast(length: 61))
        #expect(other.receiveFrame()?.count == 61)
        // The old token is as good as any other now.
        #expect(try client.request(.port(first.configuration())) == EBADF)
    }

    @Test("a descriptor that wasn't needed is closed", arguments: IOChoice.available)
    func superfluousDescriptor(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let (first, second) = (try FakeTap(1), try FakeTap(1))
        try client.configure([first])
        #expect(try client.request(.port(first.configuration()), passing: second.near) == 0)
        second.closeNear()
        #expect(second.isClosed())
        let third = try FakeTap(9)
        #expect(try client.request(.port(third.configuration(domain: 5)), passing: third.near) == ENOENT)
        third.closeNear()
        #expect(third.isClosed())
    }

    @Test("a port moves to another domain with the descriptor that is there", arguments: IOChoice.available, [1, 2])
    func movesDomain(io: IOChoice, workers: Int) throws {
        let rig = try EngineRig(io: io, workers: workers)
        let client = try rig.connect()
        let taps = try (UInt16(1)...3).map { try FakeTap($0) }
        try client.configure(domain: 1, [taps[0], taps[1]])
        // With two workers, domain 2 is another one's.
        try client.configure(domain: 2, [taps[2]])
        #expect(try client.request(.port(taps[1].configuration(domain: 2))) == 0)
        try taps[1].send(frame: Self.broadcast())
        #expect(taps[2].receiveFrame() == Self.broadcast())
        #expect(taps[0].receive(within: 20) == nil)
        try taps[0].send(frame: Self.broadcast())
        #expect(EngineRig.eventually { rig.counters(1).drops[.noOtherPort] == 1 })
        #expect(try client.request(.removeDomain(1)) == EBUSY)
        #expect(try client.request(.removePort(1)) == 0)
        #expect(try client.request(.removeDomain(1)) == 0)
    }

    @Test("changed attributes hold from the next frame on", arguments: IOChoice.available)
    func changes(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let taps = try (UInt16(1)...2).map { try FakeTap($0) }
        try client.configure(taps)
        for tap in taps {
            var isolated = tap.configuration()
            isolated.isolated = true
            #expect(try client.request(.port(isolated)) == 0)
        }
        try taps[0].send(frame: Self.broadcast())
        #expect(EngineRig.eventually { rig.counters(1).drops[.noOtherPort] == 1 })
        var guarded = taps[0].configuration()
        guarded.sourceGuard = PortGuard(mac: MACAddress(value: TestFrames.bob), ipv4: [], ipv6: [])
        #expect(try client.request(.port(guarded)) == 0)
        try taps[0].send(frame: Self.broadcast())
        #expect(EngineRig.eventually { rig.counters(1).drops[.guardMAC] == 1 })
        try taps[0].send(frame: Self.broadcast(from: TestFrames.bob))
        #expect(taps[1].receiveFrame() == Self.broadcast(from: TestFrames.bob))
        var small = taps[1].configuration()
        small.mtu = 100
        #expect(try client.request(.port(small)) == 0)
        try taps[0].send(frame: Self.broadcast(from: TestFrames.bob, length: 119))
        #expect(EngineRig.eventually { rig.counters(2).drops[.exceedsMTU] == 1 })
        try taps[0].send(frame: Self.broadcast(from: TestFrames.bob, length: 118))
        #expect(taps[1].receiveFrame()?.count == 118)
    }

    @Test("stations and injected frames by message", arguments: IOChoice.available)
    func stations(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let taps = try (UInt16(1)...3).map { try FakeTap($0) }
        try client.configure(taps)
        let bob = StationConfiguration(domain: 1, mac: MACAddress(value: TestFrames.bob), port: 3)
        #expect(try client.request(.addStation(bob)) == 0)
        try taps[0].send(frame: TestFrames.plain())
        #expect(taps[2].receiveFrame() == TestFrames.plain())
        #expect(taps[1].receive(within: 20) == nil)
        let listed = rig.tables.stations(domain: DomainConfiguration(id: 1))
        #expect(Set(listed.map(\.mac)) == [TestFrames.alice, TestFrames.bob])
        #expect(listed.first { $0.mac == TestFrames.bob }?.isStatic == true)
        #expect(try client.request(.removeStation(bob)) == 0)
        #expect(try client.request(.removeStation(bob)) == ENOENT)
        var lost = bob
        lost.port = 9
        #expect(try client.request(.addStation(lost)) == ENOENT)
        lost.domain = 9
        #expect(try client.request(.removeStation(lost)) == ENOENT)
        #expect(try client.request(.inject(port: 2, frame: Self.broadcast(from: TestFrames.carol))) == 0)
        #expect(taps[0].receiveFrame() == Self.broadcast(from: TestFrames.carol))
        #expect(taps[2].receiveFrame() == Self.broadcast(from: TestFrames.carol))
        #expect(try client.request(.inject(port: 8, frame: Self.broadcast())) == ENOENT)
        #expect(try client.request(.inject(port: 1, frame: [1, 2, 3])) == EMSGSIZE)
    }

    @Test("numbers that can't be are refused and change nothing", arguments: IOChoice.available)
    func refused(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        #expect(try client.request(.commit) == EINVAL, "nothing was begun")
        #expect(try client.request(.domain(DomainConfiguration(id: 0))) == EINVAL)
        #expect(try client.request(.domain(DomainConfiguration(id: 4_096))) == EINVAL)
        #expect(try client.request(.removeDomain(1)) == ENOENT)
        try client.configure([])
        let tap = try FakeTap(0)
        #expect(try client.request(.port(tap.configuration()), passing: tap.near) == EINVAL)
        let far = try FakeTap(16_384)
        #expect(try client.request(.port(far.configuration()), passing: far.near) == EINVAL)
        #expect(try client.request(.port(try FakeTap(1).configuration())) == EBADF)
        #expect(try client.request(.removePort(1)) == ENOENT)
        #expect(try client.request(.removeDomain(1)) == 0)
    }
}
