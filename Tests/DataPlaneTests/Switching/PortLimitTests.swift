import Addresses
import Testing

@testable import DataPlane

private typealias Make = TestFrames

/// The largest port number wherever a port's number is packed.
@Suite("The largest port number")
struct PortLimitTests {
    private static let last: UInt16 = 16_383

    @Test("a station is learned behind it, found, moved and forgotten")
    func station() throws {
        let rig = try SwitchRig(ports: [1, 4_095, 4_096, Self.last])
        #expect(rig.put(Make.plain(to: Make.broadcast, from: Make.bob), into: Self.last).ports == [1, 4_095, 4_096])
        #expect(rig.place(Make.bob) == Self.last)
        #expect(rig.put(Make.plain(to: Make.bob, from: Make.alice), into: 4_096).ports == [Self.last])
        #expect(rig.place(Make.alice) == 4_096)
        #expect(rig.put(Make.plain(to: Make.alice, from: Make.bob), into: Self.last).ports == [4_096])
        #expect(rig.forwarding.stations.learnedCount(port: Self.last) == 1)
        // The same number in the lower 12 bits is another port.
        #expect(rig.forwarding.stations.learnedCount(port: 4_095) == 0)
        #expect(rig.removePort(Self.last))
        #expect(rig.place(Make.bob) == 0 && rig.place(Make.alice) == 4_096)
    }

    @Test("frames are flooded to it, with its VLAN and isolation")
    func flood() throws {
        let rig = try SwitchRig(ports: [1, Self.last])
        #expect(rig.put(Make.plain(to: Make.broadcast), into: 1).ports == [Self.last])
        #expect(rig.setPort(Self.last, isolated: true) && rig.setPort(1, isolated: true))
        #expect(rig.put(Make.plain(to: Make.broadcast), into: 1).ports.isEmpty)
        #expect(rig.setPort(Self.last, accessVLAN: 4_094))
        let tagged = Make.plain(to: Make.broadcast, tags: Make.tag(4_094))
        let sent = try #require(rig.put(tagged, into: 1).sent[Self.last])
        #expect(sent.count == tagged.count - 4 && sent.prefix(12) == tagged.prefix(12) && sent[12...] == tagged[16...])
    }

    @Test("its source guard is its own, and its station is nobody else's")
    func guardHolder() throws {
        let rig = try SwitchRig(ports: [1, 4_095])
        rig.setPort(Self.last, sourceGuard: SourceGuard(mac: Make.bob))
        #expect(rig.put(Make.plain(to: Make.broadcast, from: Make.alice), into: Self.last).reason == .guardMAC)
        #expect(rig.put(Make.plain(to: Make.broadcast, from: Make.bob), into: Self.last).ports == [1, 4_095])
        #expect(rig.put(Make.plain(to: Make.broadcast, from: Make.alice), into: 4_095).reason == .none)
        var stations = GuardedStations()
        for port in [UInt16(1), 4_095, 4_096, Self.last] {
            stations.set(port: port, mac: Make.bob &+ UInt64(port), vlan: 0, domain: 4_095)
        }
        for port in [UInt16(1), 4_095, 4_096, Self.last] {
            let found = stations.port(mac: Make.bob &+ UInt64(port), vlan: 7, domain: 4_095)
            #expect(found == port)
        }
        stations.remove(port: Self.last)
        let found = stations.port(mac: Make.bob &+ UInt64(Self.last), vlan: 0, domain: 4_095)
        #expect(found == 0)
    }

    @Test("a tunnel and its sender may have it, and VTEPs are numbered beyond it")
    func tunnel() throws {
        let rig = try SwitchRig(ports: [1])
        #expect(rig.setTunnel(Self.last, senders: [Self.last - 1]))
        let overlay = OverlayConfiguration(vni: 0xFF_FFFF, tunnel: Self.last, peers: [Underlay.first])
        #expect(rig.setOverlay(1, overlay))
        #expect(rig.domain(vni: 0xFF_FFFF, tunnel: Self.last) == 1)
        #expect(rig.domain(vni: 0xFF_FFFF, tunnel: Self.last & 0xFFF) == 0)
        #expect(rig.addRemote(Make.bob, behind: Underlay.first))
        #expect(rig.place(Make.bob) > Self.last && rig.address(rig.place(Make.bob)) == Underlay.first)
        #expect(rig.setPort(Self.last, domain: 1))
        #expect(rig.put(Make.plain(to: Make.alice, from: Make.carol), into: Self.last).ports == [1])
        #expect(rig.place(Make.carol) == Self.last)
    }

    @Test("a flow keeps it beside its counts and window scales, which keep apart")
    func flow() {
        let rig = FlowRig()
        let number = rig.open(6, FlowRig.inside(2, 40_000), FlowRig.remote(9, 443), endpoint: Self.last)
        let flow = rig.table.flow(number)
        flow.pointee.uplink = Self.last
        var (inner, outer) = (Flow.Side(), Flow.Side())
        (inner.scale, outer.scale) = (14, 7)
        flow.pointee.set(inner, fromInside: true)
        flow.pointee.set(outer, fromInside: false)
        // 2^52 bytes and one frame more: the count begins anew and touches nothing beside it.
        for _ in 0...(1 << 20) {
            flow.pointee.count(fromInside: true, frames: .max, bytes: 0xFFFF_FFFF)
            flow.pointee.count(fromInside: false, frames: 1, bytes: 1)
        }
        #expect(flow.pointee.insidePort == Self.last && flow.pointee.uplink == Self.last)
        #expect(flow.pointee.side(fromInside: true).scale == 14 && flow.pointee.side(fromInside: false).scale == 7)
        let sum = (UInt64(1) << 20 + 1) * 0xFFFF_FFFF
        #expect(flow.pointee.outBytes == sum & (1 << 52 - 1) && flow.pointee.outFrames == sum & (1 << 40 - 1))
        #expect(flow.pointee.inBytes == 1 << 20 + 1 && flow.pointee.inFrames == 1 << 20 + 1)
        flow.pointee.set(Flow.Side(), fromInside: true)
        #expect(flow.pointee.side(fromInside: true).scale == 15 && flow.pointee.outBytes == sum & (1 << 52 - 1))
        #expect(flow.pointee.isSound && rig.table.count(insidePort: Self.last) == 1)
        #expect(rig.table.count(insidePort: Self.last & 0xFFF) == 0)
        let next = FlowRig(copying: rig.memory, now: rig.now)
        #expect(next.count == 1 && next.flow(number).insidePort == Self.last)
    }
}
