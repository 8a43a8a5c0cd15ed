import DataPlane
import Testing

@Suite("Flow hash")
struct FlowHashTests {
    private typealias Make = TestFrames

    private func hash(_ frame: [UInt8]) -> UInt32 {
        let memory = ExactBytes(frame)
        return FlowHash.of(memory.start, length: memory.count)
    }

    @Test("All frames of a flow are the same: tags, payload, sequence, TTL, identification", arguments: [true, false])
    func same(isIPv4: Bool) {
        for isTCP in [true, false] {
            let flow = TunnelFlow(isIPv4: isIPv4, isTCP: isTCP)
            var other = flow
            other.tags = Make.tag(9, tpid: 0x88A8) + Make.tag(5)
            other.destination = Make.carol
            other.sequence = 0xFFFF
            other.flags = 0x18
            other.ttl = 3
            other.identification = 9
            other.trafficClass = 3
            other.networkOptions = isIPv4 ? [1, 1, 1, 1] : [isTCP ? 6 : 17, 0, 1, 4, 0, 0, 0, 0]
            #expect(hash(flow.frame([1])) == hash(other.frame([2, 3])))
        }
    }

    @Test("Flows that differ in one thing differ", arguments: [true, false])
    func different(isIPv4: Bool) {
        let flow = TunnelFlow(isIPv4: isIPv4)
        let first = hash(flow.frame([1]))
        var changed = [flow, flow, flow, flow, flow]
        changed[0].ports.source ^= 1
        changed[1].ports.destination ^= 1
        changed[2].isTCP = false
        changed[3].ipv4Source ^= 1
        changed[3].ipv6Source ^= 1 << 64
        changed[4].ipv4Destination ^= 1
        changed[4].ipv6Destination ^= 1
        for other in changed {
            #expect(hash(other.frame([1])) != first)
        }
        #expect(Set(changed.map { hash($0.frame([1])) }).count == changed.count)
    }

    @Test("All fragments of a datagram are the same, and other protocols go by their addresses")
    func addresses() {
        var first = TunnelFlow(isTCP: false, fragment: 0x2000)
        var later = first
        later.fragment = 0x0020
        later.ports = (1, 2)
        #expect(hash(first.frame([1])) == hash(later.frame([2])))
        first.ipv4Source += 1
        #expect(hash(first.frame([1])) != hash(later.frame([2])))
        let echo = Make.ethernet(type: 0x0800, Make.ipv4(protocol: 1, [8, 0, 1, 2, 3, 4, 5, 6]))
        let answer = Make.ethernet(type: 0x0800, Make.ipv4(protocol: 1, [0, 0, 9, 9]))
        #expect(hash(echo) == hash(answer))
    }

    @Test("Other frames go by their MAC addresses, and what is no frame is 0")
    func others() {
        #expect(hash(Make.plain(length: 60)) == hash(Make.plain(tags: Make.tag(2), length: 100)))
        #expect(hash(Make.plain()) != hash(Make.plain(from: Make.carol)))
        #expect(hash(Make.plain()) != hash(Make.plain(to: Make.carol)))
        #expect(hash(Array(TunnelFlow().frame([]).prefix(33))) == hash(Make.plain()))
        for count in 0..<14 {
            #expect(hash(Array(Make.plain().prefix(count))) == 0)
        }
    }

    @Test("Flows that are alike are spread evenly by the lowest and by the highest bits", arguments: [true, false])
    func spread(isIPv4: Bool) {
        // 64 × 64 ports and 16 addresses, into 256 boxes: 256 each, give or take 6 standard deviations.
        var low = [Int](repeating: 0, count: 256)
        var high = low
        var flow = TunnelFlow(isIPv4: isIPv4)
        let start = flow
        for address in 0..<16 {
            flow.ipv4Source = start.ipv4Source + UInt32(address)
            flow.ipv6Source = start.ipv6Source + UInt128(address)
            let frame = flow.frame([1])
            for ports in 0..<4096 {
                var frame = frame
                frame.replaceSubrange(
                    flow.transportOffset..<flow.transportOffset + 4,
                    with: Make.big(UInt64(32_768 + ports / 64), 2) + Make.big(UInt64(80 + ports % 64), 2))
                let hash = hash(frame)
                low[Int(hash & 0xFF)] += 1
                high[Int(hash >> 24)] += 1
            }
        }
        for boxes in [low, high] {
            #expect(boxes.allSatisfy { (160...352).contains($0) }, "\(boxes.min() ?? 0)…\(boxes.max() ?? 0)")
        }
    }
}
