import DataPlane
import Testing

@Suite("Hostile packets to a router")
struct RoutedPacketHostileTests {
    private typealias Make = TestFrames

    /// Frames of every shape.
    private static let shapes: [RoutedFrame] = {
        var shapes: [RoutedFrame] = []
        for isIPv4 in [true, false] {
            for body in RoutedFrame.Body.allCases where body != .error {
                let flow = RoutedFrame(isIPv4: isIPv4, body: body)
                shapes.append(flow)
                shapes.append(flow.error(3, 1, from: 0xCB00_7101))
            }
            let options: [UInt8] = isIPv4 ? [7, 7, 4, 0, 0, 0, 0, 1] : [6, 0, 1, 4, 0, 0, 0, 0]
            shapes.append(RoutedFrame(isIPv4: isIPv4, networkOptions: options, transportOptions: TunnelFlow.timestamps))
        }
        return shapes
    }()

    @Test("No part of a packet is taken for one")
    func truncated() {
        for shape in Self.shapes {
            let frame = shape.frame
            #expect(routed(frame).kind != .malformed)
            for count in 0..<frame.count { #expect(routed(Array(frame.prefix(count))).kind == .malformed, "\(count)") }
        }
        let later = RoutedPacketFragmentTests.fragment(
            isIPv4: false, offset: 64, more: true, [UInt8](repeating: 0, count: 8))
        for count in 0..<later.count { #expect(routed(Array(later.prefix(count))).kind == .malformed) }
    }

    private func changed(_ made: RoutedFrame, mend: Bool = true, _ change: (inout [UInt8]) -> Void) -> RoutedPacket.Kind
    {
        var frame = made.frame
        change(&frame)
        return routed(mend && made.isIPv4 ? RoutedFrame.mended(frame) : frame).kind
    }

    @Test("IPv4 headers that lie")
    func ipv4() {
        let made = RoutedFrame()
        #expect(changed(made) { _ in } == .tcp)
        #expect(changed(made) { $0[14] = 0x44 } == .malformed)
        #expect(changed(made) { $0[14] = 0x4F } == .malformed)
        #expect(changed(made) { $0[14] = 0x65 } == .malformed)
        #expect(changed(made) { $0[16...17] = [0, 19] } == .malformed)
        #expect(changed(made) { $0[16...17] = [0, 46] } == .malformed)
        #expect(changed(made, mend: false) { $0[22] = 63 } == .malformed)
        #expect(changed(made, mend: false) { $0[24] ^= 0x80 } == .malformed)
        for options in [[131, 7, 4, 0, 0, 0, 0, 0], [137, 3, 4, 0], [1, 131, 3, 4]] as [[UInt8]] {
            #expect(routed(RoutedFrame(networkOptions: options).frame).kind == .malformed, "source route")
        }
        for options in [[7, 0, 0, 0], [7, 1, 0, 0], [7, 5, 0, 0], [1, 1, 1, 7]] as [[UInt8]] {
            #expect(routed(RoutedFrame(networkOptions: options).frame).kind == .malformed, "\(options)")
        }
        for options in [[7, 4, 4, 0], [0, 131, 3, 4], [1, 1, 1, 1], [148, 4, 0, 0]] as [[UInt8]] {
            #expect(routed(RoutedFrame(networkOptions: options).frame).kind == .tcp, "\(options)")
        }
    }

    @Test("IPv6 headers that lie, and source routes")
    func ipv6() {
        let made = RoutedFrame(isIPv4: false)
        #expect(changed(made) { $0[14] = 0x40 } == .malformed)
        #expect(changed(made) { $0[19] += 1 } == .malformed)
        func routing(_ type: UInt8, _ left: UInt8) -> RoutedPacket.Kind {
            var made = RoutedFrame(isIPv4: false, networkOptions: [6, 0, type, left, 0, 0, 0, 0])
            made.extensionType = 43
            return routed(made.frame).kind
        }
        #expect(routing(0, 1) == .malformed)
        #expect(routing(0, 0) == .malformed)
        #expect(routing(4, 0) == .tcp)
        #expect(routing(2, 1) == .other)
    }

    @Test("TCP: flags that no connection has, ports 0, offsets")
    func tcp() {
        let valid: Set<UInt8> = [0x02, 0x22, 0x12, 0x04, 0x14, 0x10, 0x30, 0x11, 0x31]
        for flags in UInt8.min ... .max {
            let kind = routed(RoutedFrame(flags: flags).frame).kind
            #expect(kind == (valid.contains(flags & 0x37) ? .tcp : .malformed), "\(flags)")
        }
        for isIPv4 in [true, false] {
            let made = RoutedFrame(isIPv4: isIPv4)
            let start = made.transportOffset
            #expect(changed(made) { $0[start + 12] = 0x40 } == .malformed)
            #expect(changed(made) { $0[start + 12] = 0x70 } == .malformed)
            #expect(changed(made) { $0[start...start + 1] = [0, 0] } == .malformed)
            #expect(changed(made) { $0[start + 2...start + 3] = [0, 0] } == .malformed)
        }
    }

    @Test("UDP: lengths that lie, ports 0", arguments: [true, false])
    func udp(isIPv4: Bool) {
        let made = RoutedFrame(isIPv4: isIPv4, body: .udp)
        let start = made.transportOffset
        #expect(changed(made) { $0[start + 5] = 7 } == .malformed)
        #expect(changed(made) { $0[start + 5] = 14 } == .malformed)
        #expect(changed(made) { $0[start + 5] = 12 } == .udp)
        #expect(changed(made) { $0[start...start + 1] = [0, 0] } == .malformed)
        #expect(changed(made) { $0[start + 2...start + 3] = [0, 0] } == .malformed)
    }

    @Test("A super-frame may be longer than it can tell", arguments: [true, false])
    func superframe(isIPv4: Bool) {
        var frame = RoutedFrame(isIPv4: isIPv4, payload: [UInt8](repeating: 1, count: 3_000)).frame
        frame.replaceSubrange(isIPv4 ? 16..<18 : 18..<20, with: [0, 0])
        if isIPv4 { frame = RoutedFrame.mended(frame) }
        #expect(routed(frame).kind == .malformed)
        let packet = routed(frame, isSuperframe: true)
        #expect(packet.kind == .tcp && packet.tcp.payloadLength == 3_000 && packet.packetLength == frame.count - 14)
    }

    @Test("Garbage is never read past its end, whatever is done to it", arguments: 1...4 as ClosedRange<UInt64>)
    func garbage(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let ends = [RoutedFrame().sourceEnd, RoutedFrame(isIPv4: false).sourceEnd]
        var kinds: Set<UInt8> = []
        for step in 0..<20_000 {
            var frame: [UInt8]
            if random.below(2) == 0 {
                frame = Self.shapes[random.below(Self.shapes.count)].frame
                for _ in 0...random.below(3) {
                    frame[random.below(frame.count)] = UInt8(truncatingIfNeeded: random.next())
                }
                if random.below(2) == 0 { frame = Array(frame.prefix(random.below(frame.count + 1))) }
                if frame.count > 34, frame[12] == 8, random.below(2) == 0 { frame = RoutedFrame.mended(frame) }
            } else {
                frame = randomBytes(random.below(120), &random)
                if frame.count > 54 {
                    frame.replaceSubrange(12..<15, with: random.below(2) == 0 ? [8, 0, 0x45] : [0x86, 0xDD, 0x60])
                    frame.replaceSubrange(16..<19, with: [0, UInt8(frame.count - 14), 0])
                    if frame[12] == 8 { frame = RoutedFrame.mended(frame) }
                }
            }
            let header = random.below(2) == 0 ? Make.vnet() : randomBytes(10, &random)
            let isSuperframe = random.below(4) == 0
            let end = ends[random.below(2)]
            let result = rewritten(header, frame, isSuperframe: isSuperframe) { packet, place in
                kinds.insert(packet.kind.rawValue)
                packet.rewriteSource(place, to: end)
                packet.rewriteDestination(place, to: end)
                packet.rewriteLaterFragmentSource(place, to: end)
                packet.rewriteLaterFragmentDestination(place, to: end)
                packet.rewriteIdentification(place, to: 0x1234_5678)
                packet.decrementHopLimit(place)
                packet.rewriteError(
                    place, outerSource: end, outerDestination: nil, embeddedSource: nil, embeddedDestination: end)
                packet.rewriteEthernet(place, source: 1, destination: 2)
                #expect(packet.packetLength + 14 <= max(frame.count, 14), "seed \(seed), step \(step)")
            }
            // What isn't understood isn't touched.
            if routed(frame, isSuperframe: isSuperframe).kind == .malformed {
                #expect(result.frame == frame && result.header == header, "seed \(seed), step \(step)")
            }
        }
        #expect(kinds.count >= 7)
    }
}
