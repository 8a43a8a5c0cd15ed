import DataPlane
import Testing

/// All frames of a super-frame; nil if the cutter refuses it.
func cut(header: [UInt8], frame: [UInt8]) -> [[UInt8]]? {
    let vnet = ExactBytes(header)
    let memory = ExactBytes(frame)
    guard let cutter = SegmentCutter(header: vnet.start, frame: memory.start, length: memory.count) else { return nil }
    let head = ExactBytes([UInt8](repeating: 0, count: cutter.headerLength))
    let frames = (0..<cutter.count).map { index in
        cutter.writeHead(index, into: head.start)
        let start = cutter.payloadOffset(index)
        return head.bytes + frame[start..<start + cutter.payloadCount(index)]
    }
    #expect(memory.bytes == frame, "a super-frame was changed")
    return frames
}

@Suite("Segment cutter")
struct SegmentCutterTests {
    private typealias Make = TestFrames

    @Test("Three TCP segments, byte by byte: CWR, FIN and PSH, the sequence number and the identification wrap")
    func example() {
        let ethernet = Make.ethernet(type: 0x0800)
        let addresses: [UInt8] = [10, 0, 0, 2, 10, 0, 0, 3, 0x9C, 0x40, 0, 80]
        let packet: [UInt8] =
            [0x45, 0, 0, 0x32, 0xFF, 0xFF, 0x40, 0, 64, 6, 0x26, 0xC2] + addresses
            + [0xFF, 0xFF, 0xFF, 0xFE, 0, 0, 0, 2, 0x50, 0x99, 1, 0, 0x14, 0x29, 0, 0]
            + [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
        let first: [UInt8] =
            [0x45, 0, 0, 0x2C, 0xFF, 0xFF, 0x40, 0, 64, 6, 0x26, 0xC8] + addresses
            + [0xFF, 0xFF, 0xFF, 0xFE, 0, 0, 0, 2, 0x50, 0x90, 1, 0, 0xF9, 0xB4, 0, 0, 1, 2, 3, 4]
        let second: [UInt8] =
            [0x45, 0, 0, 0x2C, 0, 0, 0x40, 0, 64, 6, 0x26, 0xC8] + addresses
            + [0, 0, 0, 2, 0, 0, 0, 2, 0x50, 0x10, 1, 0, 0xF2, 0x29, 0, 0, 5, 6, 7, 8]
        let third: [UInt8] =
            [0x45, 0, 0, 0x2A, 0, 1, 0x40, 0, 64, 6, 0x26, 0xC9] + addresses
            + [0, 0, 0, 6, 0, 0, 0, 2, 0x50, 0x19, 1, 0, 0xF5, 0x22, 0, 0, 9, 10]
        let vnet = Make.vnet(flags: 1, type: 0x81, headerLength: 54, segment: 4, start: 34, offset: 16)
        #expect(cut(header: vnet, frame: ethernet + packet) == [ethernet + first, ethernet + second, ethernet + third])
    }

    @Test("Every shape of flow, every flag: the same frames as made one by one", arguments: TunnelFlow.shapes)
    func shapes(flow: TunnelFlow) {
        var generator = SeededGenerator(seed: 4)
        for round in 0..<300 {
            var flow = flow
            flow.isTCP = round % 4 != 0
            flow.flags = UInt8(truncatingIfNeeded: generator.next())
            flow.sequence = UInt32(truncatingIfNeeded: generator.next())
            flow.identification = UInt16(truncatingIfNeeded: generator.next())
            let segment = 1 + generator.below(1460)
            let payload = randomBytes(1 + generator.below(segment * 6), &generator)
            let frames = cut(
                header: flow.header(segment: segment, ecn: flow.isTCP && round % 2 == 0),
                frame: flow.frame(payload, partial: true))
            #expect(frames == flow.frames(payload, segment: segment), "seed 4, round \(round)")
        }
    }

    @Test("The largest super-frame")
    func largest() {
        var generator = SeededGenerator(seed: 64)
        let flow = TunnelFlow(tags: Make.tag(1), options: TunnelFlow.timestamps)
        let payload = randomBytes(65_535 - 52, &generator)
        let frames = cut(header: flow.header(segment: 1448), frame: flow.frame(payload, partial: true))
        #expect(frames?.count == 46)
        #expect(frames == flow.frames(payload, segment: 1448))
        let long = TunnelFlow(isIPv4: false)
        let superframe = long.frame([UInt8](repeating: 0, count: 65_535 - 60), partial: true)
        #expect(cut(header: long.header(segment: 1448), frame: superframe) != nil)
        #expect(cut(header: long.header(segment: 1448), frame: superframe + [0]) == nil)
    }

    @Test("IP options and extension headers are repeated; a final destination in a routing header stays summed")
    func options() {
        var generator = SeededGenerator(seed: 6)
        let payload = randomBytes(500, &generator)
        let router = TunnelFlow(networkOptions: [0x94, 4, 0, 0, 1, 1, 1, 0])
        #expect(
            cut(header: router.header(segment: 100), frame: router.frame(payload, partial: true))
                == router.frames(payload, segment: 100))
        let padding = TunnelFlow(isIPv4: false, isTCP: false, networkOptions: [17, 0, 1, 4, 0, 0, 0, 0])
        #expect(
            cut(header: padding.header(segment: 99), frame: padding.frame(payload, partial: true))
                == padding.frames(payload, segment: 99))
        // The sum in the checksum field is another address's: it is kept, as Linux keeps it.
        let field = padding.transportOffset + 6
        var frame = padding.frame(payload, partial: true)
        let changed = UInt16(frame[field]) << 8 | UInt16(frame[field + 1]) &+ 0x0102
        frame.replaceSubrange(field..<field + 2, with: Make.big(UInt64(changed), 2))
        let wrong = cut(header: padding.header(segment: 99), frame: frame)?.map { Array($0[field..<field + 2]) }
        let right = padding.frames(payload, segment: 99).map { Array($0[field..<field + 2]) }
        #expect(wrong?.count == right.count)
        #expect(zip(wrong ?? [], right).allSatisfy { $0 != $1 })
        // More headers than a head has room for.
        let long = TunnelFlow(isIPv4: false, networkOptions: [6, 29] + [UInt8](repeating: 0, count: 238))
        #expect(cut(header: long.header(segment: 99), frame: long.frame(payload, partial: true)) == nil)
    }

    @Test("A UDP checksum of 0 is written 0xFFFF")
    func zero() {
        let flow = TunnelFlow(isTCP: false)
        var payload: [UInt8] = [0, 0, 0, 0]
        let plain = flow.frame([0, 0])
        // The word that makes the sum of the first datagram 0xFFFF.
        payload.replaceSubrange(0..<2, with: plain[40..<42])
        let frames = cut(header: flow.header(segment: 2), frame: flow.frame(payload, partial: true))
        #expect(frames?.first.map { Array($0[40..<42]) } == [0xFF, 0xFF])
        #expect(frames == flow.frames(payload, segment: 2))
    }

    @Test("What is no super-frame")
    func refused() {
        let flow = TunnelFlow()
        let payload = [UInt8](repeating: 5, count: 300)
        let frame = flow.frame(payload, partial: true)
        let header = flow.header(segment: 100)
        #expect(cut(header: header, frame: frame)?.count == 3)
        // No flag; no type; TCP over IPv6; UDP; fragments; a tunnel; no segment size; another transport.
        let changes: [(Int, UInt8)] = [(0, 0), (1, 0), (1, 4), (1, 5), (1, 3), (1, 0x61), (4, 0), (6, 35), (6, 14)]
        for (place, value) in changes {
            var changed = header
            changed[place] = value
            #expect(cut(header: changed, frame: frame) == nil, "byte \(place) = \(value)")
        }
        #expect(cut(header: header, frame: flow.frame([], partial: true)) == nil)
        var fragment = flow
        fragment.fragment = 0x2000
        #expect(cut(header: header, frame: fragment.frame(payload, partial: true)) == nil)
    }

    @Test("Indices outside are answered with nothing")
    func outside() {
        let flow = TunnelFlow()
        let vnet = ExactBytes(flow.header(segment: 100))
        let memory = ExactBytes(flow.frame([UInt8](repeating: 5, count: 250), partial: true))
        guard let cutter = SegmentCutter(header: vnet.start, frame: memory.start, length: memory.count) else {
            Issue.record("refused")
            return
        }
        let head = ExactBytes([UInt8](repeating: 0, count: cutter.headerLength))
        for index in [-1, 3, 1 << 40, .max, .min] {
            #expect(cutter.payloadCount(index) == 0)
            cutter.writeHead(index, into: head.start)
        }
        #expect((0..<3).map { cutter.payloadCount($0) } == [100, 100, 50])
    }
}
