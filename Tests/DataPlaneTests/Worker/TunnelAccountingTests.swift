import Addresses
import DataPlane
import Glibc
import Testing

@Suite("Accounting of a tunnel closes")
struct TunnelAccountingTests {
    private typealias Make = TestFrames
    private static let stations: [UInt64] = (0..<12).map { 0x0200_0000_0100 + UInt64($0) }
    private static let peers = [Underlay.first, Underlay.second, Underlay.third]

    /// A frame of a flow between known stations: plain, TCP or a super-frame, sound or not.
    private static func inner(_ random: inout SeededGenerator) -> (header: [UInt8], frame: [UInt8]) {
        switch random.below(5) {
        case 0:
            let bytes = RandomFrames.next(&random)
            return (Array(bytes.prefix(10)), Array(bytes.dropFirst(10)))
        case 1:
            let bytes = HostileFrames.next(&random)
            return (Array((bytes + Make.vnet()).prefix(10)), Array(bytes.dropFirst(10)))
        default:
            var flow = TunnelFlow.shapes[random.below(TunnelFlow.shapes.count)]
            flow.destination = random.below(8) == 0 ? Make.broadcast : stations[random.below(stations.count)]
            flow.source = stations[random.below(stations.count)]
            flow.isTCP = random.below(3) > 0
            flow.trafficClass = UInt8(random.below(4))
            flow.sequence = UInt32(random.below(4)) * 1_000
            if random.below(3) == 0 {
                let payload = randomBytes(random.below(9_000), &random)
                return (flow.header(segment: 40 + random.below(1_500)), flow.frame(payload, partial: true))
            }
            return (Make.vnet(), flow.frame([UInt8](repeating: 1, count: random.below(4) == 0 ? 1_400 : 1_000)))
        }
    }

    /// What arrives by the tunnel: a datagram, a train, a super-frame of the kernel's, or nonsense.
    private static func outer(_ random: inout SeededGenerator) -> [UInt8] {
        let peer = random.below(10) == 0 ? Underlay.ipv4(0x0B00_0001) : peers[random.below(3)]
        let flow = Underlay.flow(from: peer, congestion: UInt8(random.below(4)))
        let vni = UInt32(random.below(12) == 0 ? 7 : 42)
        var bytes: [UInt8]
        switch random.below(4) {
        case 0:
            let length = 60 + random.below(1_000)
            let frames = (0...random.below(20)).map { _ in
                Array((inner(&random).frame + [UInt8](repeating: 0, count: length)).prefix(length))
            }
            bytes = Underlay.train(frames, vni: vni, from: peer)
        case 1:
            let (header, frame) = inner(&random)
            var told = header
            let start = Int(header[6]) | Int(header[7]) << 8
            let moved = start + flow.headerLength + 8
            told[6] = UInt8(moved & 0xFF)
            told[7] = UInt8(moved >> 8 & 0xFF)
            bytes = (header[0] & 1 != 0 ? told : header) + flow.frame(vxlan(frame, vni: vni))
        default:
            bytes = Make.vnet() + flow.frame(vxlan(inner(&random).frame, vni: vni))
        }
        if random.below(8) == 0 { bytes[random.below(min(bytes.count, 70))] = UInt8(truncatingIfNeeded: random.next()) }
        return random.below(30) == 0 ? Array(bytes.prefix(random.below(bytes.count))) : bytes
    }

    @Test(
        "random frames in and out, random failures and commands: every sum closes",
        arguments: 1...8 as ClosedRange<UInt64>)
    func closes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let overlay = ScriptedWorker.overlay(
            peers: Self.peers, acceptsAnyPeer: seed % 2 == 0, answersNeighbours: seed % 3 == 0)
        let rig = try ScriptedWorker(overlay: overlay, ports: [], senders: 4, slots: 128)
        for port in UInt16(1)...6 {
            try rig.addPort(port, isolated: seed % 2 == 0 && port > 4, accessVLAN: seed % 3 == 0 && port > 3 ? 7 : 0)
        }
        _ = rig.device.take()
        var fates = SeededGenerator(seed: seed &+ 1_000)
        var taken: [UInt16: UInt64] = [:]
        rig.device.fate = { sent in
            switch fates.below(40) {
            case 0: return .refused
            case 1..<4: return .fails([EAGAIN, ENETUNREACH, EMSGSIZE, EIO, EINVAL, ENOBUFS][fates.below(6)])
            default:
                taken[sent.port, default: 0] += 1
                return .taken
            }
        }
        let note: Comment = "seed \(seed)"
        for step in 0..<600 {
            for _ in 0...random.below(8) {
                if random.below(2) == 0 {
                    let (header, frame) = Self.inner(&random)
                    rig.device.deliver(.frame(port: UInt16(1 + random.below(6)), bytes: header + frame))
                } else {
                    rig.device.deliver(.frame(port: ScriptedWorker.tunnel, bytes: Self.outer(&random)))
                }
            }
            if random.below(20) == 0 {
                var changed = overlay
                changed.peers = Self.peers.filter { _ in random.below(3) > 0 }
                changed.mtu = [1_450, 1_000, 9_000][random.below(3)]
                rig.mailbox.submit(.setDomain(DomainConfiguration(id: 1, overlay: changed)))
            }
            rig.step(after: Int64(random.below(3_000_000)))
            _ = rig.mailbox.takeResult()
            _ = rig.device.take()
            try #require(rig.device.misuses == [], "seed \(seed), step \(step)")
            try #require(rig.device.freeSlots == rig.device.slotCount, "seed \(seed), step \(step)")
        }
        rig.step()
        let counted = rig.overlayCounters()
        #expect(counted.receivedFrames > 1_000 && counted.forwarded > 100 && counted.flooded > 100, note)
        #expect(counted.sentFrames > 100 && counted.sentFrames < 1 << 40 && counted.sentBytes < 1 << 50, note)
        #expect(counted.receivedFrames == rig.counters(ScriptedWorker.tunnel).consumed, note)
        for port in UInt16(1)...6 { #expect(rig.counters(port).sentFrames == taken[port] ?? 0, note) }
        for port in UInt16(101)...104 { #expect(rig.counters(port) == PortCounters(), note) }
        rig.expectTunnelSound(note)
    }
}
