import DataPlane
import Testing

@Suite("Outer datagram")
struct OuterDatagramTests {
    private typealias Make = TestFrames

    /// The datagram's fields, if there is one.
    private struct Fields: Equatable {
        var udp: Int
        var payload: Int
        var length: Int
        var source: UInt128
        var ports: [UInt16]
        var congestion: UInt8
        var hasChecksum: Bool
        var isRight: Bool
    }

    private func fields(_ frame: [UInt8], networkOffset: Int = 14) -> Fields? {
        let memory = ExactBytes(frame)
        guard let outer = OuterDatagram(memory.start, length: memory.count, networkOffset: networkOffset) else {
            return nil
        }
        #expect(outer.networkOffset == networkOffset)
        return Fields(
            udp: outer.udpOffset, payload: outer.payloadOffset, length: outer.payloadLength,
            source: UInt128(outer.sourceHigh) << 64 | UInt128(outer.sourceLow),
            ports: [outer.sourcePort, outer.destinationPort], congestion: outer.congestion,
            hasChecksum: outer.hasChecksum, isRight: outer.hasRightHeader && outer.isChecksumRight())
    }

    @Test("IPv4, byte by byte, with padding behind the datagram and behind the packet")
    func example() {
        let packet: [UInt8] = [
            0x45, 0x02, 0, 36, 0, 0, 0x40, 0, 64, 17, 0x6E, 0xC3, 192, 0, 2, 1, 10, 0, 0, 3, 0xC0, 1, 0x12, 0xB5, 0,
            15, 0, 0, 8, 0, 0, 0, 0, 0, 42, 0xEE, 0xDD, 0xDD,
        ]
        #expect(
            fields(Make.ethernet(type: 0x0800, packet))
                == Fields(
                    udp: 34, payload: 42, length: 7, source: 0xFFFF_C000_0201, ports: [49153, 4789], congestion: 2,
                    hasChecksum: false, isRight: true))
    }

    @Test("Flows of both families, with tags and extension headers", arguments: [true, false], [0, 1, 2])
    func flows(isIPv4: Bool, tags: Int) {
        for options in [[], isIPv4 ? [1, 1, 1, 1] : [17, 0, 1, 4, 0, 0, 0, 0]] as [[UInt8]] {
            let flow = TunnelFlow(
                tags: (0..<tags).flatMap { Make.tag(UInt16($0 + 1)) }, isIPv4: isIPv4, isTCP: false,
                trafficClass: 0xFF, networkOptions: options, ports: (50_000, 8472))
            let frame = flow.frame([8, 0, 0, 0, 0, 0, 1])
            let expected = Fields(
                udp: flow.transportOffset, payload: flow.headerLength, length: 7,
                source: isIPv4 ? 0xFFFF_0A00_0002 : flow.ipv6Source, ports: [50_000, 8472], congestion: 3,
                hasChecksum: true, isRight: true)
            #expect(fields(frame, networkOffset: flow.networkOffset) == expected)
            #expect(fields(frame + [1, 2, 3], networkOffset: flow.networkOffset) == expected)
            for bit in flow.headerLength * 8..<frame.count * 8 {
                var wrong = frame
                wrong[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(fields(wrong, networkOffset: flow.networkOffset)?.isRight == false)
            }
            var partial = flow.frame([8, 0, 0, 0, 0, 0, 1], partial: true)
            #expect(fields(partial, networkOffset: flow.networkOffset)?.isRight == false)
            partial.replaceSubrange(flow.transportOffset + 6..<flow.headerLength, with: [0, 0])
            #expect(fields(partial, networkOffset: flow.networkOffset)?.isRight == true)
            for count in 0..<frame.count {
                #expect(fields(Array(frame.prefix(count)), networkOffset: flow.networkOffset) == nil, "\(count)")
            }
        }
    }

    @Test("A wrong IPv4 header checksum is told")
    func header() {
        var frame = TunnelFlow(isTCP: false).frame([1, 2, 3])
        frame[22] ^= 1
        let memory = ExactBytes(frame)
        let outer = OuterDatagram(memory.start, length: memory.count, networkOffset: 14)
        #expect(outer?.hasRightHeader == false)
        #expect(outer?.isChecksumRight() == true)
    }

    @Test("What is no whole UDP datagram")
    func refused() {
        let flow = TunnelFlow(isTCP: false)
        let frame = flow.frame([1, 2, 3, 4])
        #expect(fields(frame) != nil)
        // Offset, bytes: TCP; a first, a later fragment; lengths too long and too short; other versions.
        let changes: [(Int, [UInt8])] = [
            (23, [6]), (20, [0x20, 0]), (20, [0, 1]), (16, [0, 33]), (16, [0, 19]), (16, [0, 27]), (38, [0, 13]),
            (38, [0, 7]), (38, [0, 0]), (14, [0x44]), (14, [0x55]), (14, [0x65]), (14, [0x4F]),
        ]
        for (place, bytes) in changes {
            var changed = frame
            changed.replaceSubrange(place..<place + bytes.count, with: bytes)
            #expect(fields(changed) == nil, "\(bytes) at \(place)")
        }
        for offset in [-1, Int.min, frame.count, Int.max, 15] {
            #expect(fields(frame, networkOffset: offset) == nil)
        }
        let fragment = TunnelFlow(
            isIPv4: false, isTCP: false, networkOptions: [17, 0, 0, 0, 0, 0, 0, 1], extensionType: 44)
        #expect(fields(fragment.frame([1, 2, 3])) == nil)
        // An extension header that reaches into the padding.
        var cut = TunnelFlow(isIPv4: false, isTCP: false, networkOptions: [17, 0, 1, 4, 0, 0, 0, 0]).frame([])
        cut.replaceSubrange(18..<20, with: [0, 10])
        #expect(fields(cut) == nil)
    }

    @Test("The VXLAN header")
    func vxlan() {
        let memory = ExactBytes([UInt8](repeating: 0xEE, count: 8))
        VXLANView.write(vni: 0xFF12_3456, into: memory.start)
        #expect(memory.bytes == [8, 0, 0, 0, 0x12, 0x34, 0x56, 0])
        #expect(VXLANView(memory.start, available: 8)?.vni == 0x12_3456)
        #expect(VXLANView(memory.start, available: 8)?.hasVNI == true)
        #expect(VXLANView(memory.start, available: 7) == nil)
        #expect(VXLANView(memory.start, available: -1) == nil)
        let reserved = ExactBytes([0xF7, 0xFF, 0xFF, 0xFF, 0, 0, 5, 0xFF])
        #expect(VXLANView(reserved.start, available: 8)?.hasVNI == false)
        #expect(VXLANView(reserved.start, available: 8)?.vni == 5)
    }

    @Test("where the IP header begins, with and without an Ethernet header in front", arguments: [true, false])
    func networkOffset(isIPv4: Bool) {
        let frame = TunnelFlow(isIPv4: isIPv4, isTCP: false).frame([1, 2, 3])
        for count in [0, 14] {
            let memory = ExactBytes(Array(frame.dropFirst(14 - count)))
            #expect(OuterDatagram.networkOffset(of: memory.start, length: memory.count) == count)
        }
        for count in [0, 1, 14] {
            let memory = ExactBytes(Array(frame.prefix(count)))
            #expect(OuterDatagram.networkOffset(of: memory.start, length: memory.count) == 0)
        }
    }
}
