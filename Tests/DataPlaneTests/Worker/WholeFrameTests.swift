import Addresses
import DataPlane
import Glibc
import Testing

@Suite("Super-frames that leave a tunnel whole")
struct WholeFrameTests {
    private typealias Make = TestFrames
    private static let device = ScriptedWorker.tunnel + 2

    /// A worker with one sender and a device, by interface 0x04030201, and Bob behind a peer.
    private static func rig(
        _ peer: IPAddress = Underlay.first, local: IPAddress = Underlay.local
    ) throws -> ScriptedWorker {
        let rig = try ScriptedWorker()
        try rig.addTunnel(senders: 1, local: local, interface: 0x0403_0201)
        try rig.setOverlay(ScriptedWorker.overlay(peers: [peer]))
        try rig.addPort(1)
        try rig.addRemote(Make.bob, behind: peer)
        return rig
    }

    private static let flow = TunnelFlow(trafficClass: 2, options: TunnelFlow.timestamps)
    private static let payload = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    @Test("over IPv4, byte by byte")
    func overIPv4() throws {
        let rig = try Self.rig()
        let frame = Self.flow.frame(Self.payload, partial: true)
        let sent = rig.put(frame, into: 1, header: Self.flow.header(segment: 1_000))
        try #require(sent.count == 1 && sent[0].port == Self.device && sent[0].isSuperframe)
        let total = 20 + 8 + 8 + frame.count
        // NEEDS_CSUM and UDP_TUNNEL_CSUM; TCPv4 in UDP over IPv4; hdr_len 116, gso_size, csum_start 84, csum_offset.
        var expected: [UInt8] = [9, 0x21, 116, 0, 0xE8, 3, 84, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        // The outer UDP header at 34, the inner IP header at 64.
        expected += [34, 0, 64, 0]
        expected += [2, 0, 0, 0, 0, 0] + [1, 2, 3, 4, 0, 0] + [8, 0]
        // ECT(0), DF, 64 hops.
        var network = [0x45, 2] + Make.big(UInt64(total), 2) + [0, 0, 0x40, 0, 64, 17, 0, 0]
        let addresses: [UInt8] = [192, 0, 2, 254, 192, 0, 2, 1]
        network += addresses
        network.replaceSubrange(10..<12, with: Make.big(UInt64(~TunnelFlow.sum(network)), 2))
        let length = Make.big(UInt64(total - 20), 2)
        let pseudo = TunnelFlow.sum(addresses + [0, 17] + length)
        expected += network + Make.big(50_101, 2) + [0x12, 0xB5] + length + Make.big(UInt64(pseudo), 2)
        expected += [8, 0, 0, 0, 0, 0, 42, 0]
        #expect(sent[0].bytes == expected + frame)
        var counters = PortCounters()
        counters.sentFrames = 1
        counters.sentSuperframes = 1
        counters.sentBytes = UInt64(frame.count)
        #expect(rig.overlayCounters() == counters)
        rig.expectTunnelSound()
    }

    @Test("over IPv6")
    func overIPv6() throws {
        let local = IPAddress.v6(IPv6Address(high: 0x2001_0DB8_0000_0000, low: 1))
        let rig = try Self.rig(Underlay.sixth, local: local)
        let frame = Self.flow.frame(Self.payload, partial: true)
        let sent = rig.put(frame, into: 1, header: Self.flow.header(segment: 1_000))
        try #require(sent.count == 1 && sent[0].port == Self.device)
        #expect(sent[0].bytes[1] == 0x41 && Array(sent[0].bytes[20..<24]) == [54, 0, 84, 0])
        let length = Make.big(UInt64(16 + frame.count), 2)
        let addresses =
            Make.big(0x2001_0DB8_0000_0000, 8) + Make.big(1, 8) + Make.big(0x2001_0DB8_0000_0000, 8) + Make.big(6, 8)
        var expected = [0x60, 0x20, 0, 0] + length + [17, 64] + addresses
        expected += Make.big(50_101, 2) + [0x12, 0xB5] + length
        expected += Make.big(UInt64(TunnelFlow.sum(addresses + length + [0, 17])), 2)
        #expect(Array(sent[0].bytes[38...]) == expected + [8, 0, 0, 0, 0, 0, 42, 0] + frame)
        rig.expectTunnelSound()
    }

    @Test("cut: UDP, tags, the longest frames, one segment, those to others than peers")
    func cut() throws {
        var datagrams = Self.flow
        datagrams.isTCP = false
        datagrams.options = []
        var tagged = Self.flow
        tagged.tags = Make.tag(7)
        let longest = (0..<65_463).map { UInt8(truncatingIfNeeded: $0) }
        let small = [UInt8](repeating: 9, count: 1_000)
        let all = [(datagrams, Self.payload), (tagged, Self.payload), (Self.flow, longest), (Self.flow, small)]
        for (flow, payload) in all {
            let rig = try Self.rig()
            let sent = rig.put(flow.frame(payload, partial: true), into: 1, header: flow.header(segment: 1_000))
            #expect(!sent.isEmpty && sent.allSatisfy { $0.port == ScriptedWorker.tunnel + 1 })
            #expect(rig.overlayCounters().drops == [:])
            rig.expectTunnelSound()
        }
        // One byte less, and it is whole.
        let rig = try Self.rig()
        let whole = Self.flow.frame(Array(longest.dropLast(30)), partial: true)
        #expect(rig.put(whole, into: 1, header: Self.flow.header(segment: 1_000)).map(\.port) == [Self.device])
        try rig.addRemote(Make.carol, behind: Underlay.second)
        var other = Self.flow
        other.destination = Make.carol
        let sent = rig.put(other.frame(Self.payload, partial: true), into: 1, header: other.header(segment: 1_000))
        #expect(!sent.isEmpty && sent.allSatisfy { $0.port == ScriptedWorker.tunnel + 1 })
        rig.expectTunnelSound()
    }

    @Test("what a flow has said before leaves before")
    func order() throws {
        let rig = try Self.rig()
        let small = Self.flow.frame([1, 2, 3])
        let whole = Self.flow.frame(Self.payload, partial: true)
        rig.device.deliver(
            .frame(port: 1, bytes: Make.vnet() + small),
            .frame(port: 1, bytes: Self.flow.header(segment: 1_000) + whole),
            .frame(port: 1, bytes: Make.vnet() + small))
        rig.step()
        let sender = ScriptedWorker.tunnel + 1
        #expect(rig.device.take().sent.map(\.port) == [sender, Self.device, sender])
        rig.expectTunnelSound()
    }

    @Test(
        "a device that refuses one, or is down or gone, gets no more; a full one does",
        arguments: [EINVAL, EIO, EBADFD, ENOBUFS])
    func refused(error: Int32) throws {
        let rig = try Self.rig()
        rig.device.fate = { $0.port == Self.device ? .fails(error) : .taken }
        let frame = Self.flow.frame(Self.payload, partial: true)
        _ = rig.put(frame, into: 1, header: Self.flow.header(segment: 1_000))
        rig.step()
        #expect(rig.overlayCounters().drops == [error == ENOBUFS ? .egressFull : .egressRejected: 1])
        #expect(rig.overlayCounters().sentFrames == 0 && rig.overlayCounters().sentBytes == 0)
        rig.device.fate = { _ in .taken }
        let sent = rig.put(frame, into: 1, header: Self.flow.header(segment: 1_000))
        #expect(sent.map(\.port) == [error == ENOBUFS ? Self.device : ScriptedWorker.tunnel + 1])
        rig.expectTunnelSound()
    }
}
