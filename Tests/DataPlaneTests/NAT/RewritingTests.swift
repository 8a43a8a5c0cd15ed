import DataPlane
import Testing

@Suite("Rewriting")
struct RewritingTests {
    private typealias Make = TestFrames

    static let otherSource: UInt128 = 0x2001_0DB8_FFFF_0000_1234_5678_C633_6401
    static let otherDestination: UInt128 = 0x2001_0DB8_0000_FFFF_0000_0001_C633_64FE

    /// Every body, family and kind of checksum.
    private static let shapes: [RoutedFrame] = {
        var shapes: [RoutedFrame] = []
        for isIPv4 in [true, false] {
            for body in RoutedFrame.Body.allCases where body != .error {
                for sum in RoutedFrame.Sum.allCases {
                    if sum == .none, body != .udp { continue }
                    // ICMP has no pseudo-header, and nobody leaves it to others.
                    if sum == .partial, isIPv4, body == .echoReply || body == .echoRequest { continue }
                    let options: [UInt8] = isIPv4 ? [7, 4, 4, 0] : []
                    shapes.append(RoutedFrame(isIPv4: isIPv4, body: body, sum: sum))
                    shapes.append(
                        RoutedFrame(isIPv4: isIPv4, body: body, sum: sum, networkOptions: options, payload: []))
                }
            }
        }
        return shapes
    }()

    @Test("Source and destination, byte by byte")
    func ends() {
        for shape in Self.shapes {
            var expected = shape
            expected.source = Self.otherSource
            if shape.body != .echoReply { expected.sourcePort = 61_440 }
            var result = rewritten(shape.header, shape.frame) { $0.rewriteSource($1, to: expected.sourceEnd) }
            #expect(result.frame == expected.frame && result.header == expected.header, "\(shape)")

            expected = shape
            expected.destination = Self.otherDestination
            if shape.body == .echoReply { expected.sourcePort = 7 } else { expected.destinationPort = 8_080 }
            result = rewritten(shape.header, shape.frame) { $0.rewriteDestination($1, to: expected.destinationEnd) }
            #expect(result.frame == expected.frame && result.header == expected.header, "\(shape)")

            expected.source = Self.otherSource
            expected.sourcePort = 65_535
            expected.hopLimit = 63
            expected.ethernetSource = Make.carol
            expected.ethernetDestination = 0x0A0B_0C0D_0E0F
            result = rewritten(shape.header, shape.frame) { packet, header in
                packet.rewriteSource(header, to: expected.sourceEnd)
                packet.rewriteDestination(header, to: expected.destinationEnd)
                packet.decrementHopLimit(header)
                packet.rewriteEthernet(header, source: Make.carol, destination: 0x0A0B_0C0D_0E0F)
            }
            // Each side's port was told once.
            if shape.body == .tcp || shape.body == .udp {
                #expect(result.frame == expected.frame && result.header == expected.header, "\(shape)")
            }
        }
    }

    @Test("What was found right stays so")
    func dataValid() {
        var expected = RoutedFrame()
        let frame = expected.frame
        expected.source = Self.otherSource
        let result = rewritten(Make.vnet(flags: 2), frame) { $0.rewriteSource($1, to: expected.sourceEnd) }
        #expect(result.frame == expected.frame && result.header == Make.vnet(flags: 2))
    }

    @Test("Super-frames, whose header stays as it is", arguments: [true, false], [RoutedFrame.Body.tcp, .udp])
    func superframes(isIPv4: Bool, body: RoutedFrame.Body) {
        var shape = RoutedFrame(isIPv4: isIPv4, body: body, sum: .partial)
        shape.payload = (0..<20_000).map { UInt8(truncatingIfNeeded: $0) }
        let type: UInt8 = body == .udp ? 5 : isIPv4 ? 1 : 4
        let start = UInt16(shape.transportOffset)
        let header = Make.vnet(
            flags: 1, type: type, headerLength: start + 20, segment: 1_400, start: start, offset: shape.checksumOffset)
        var expected = shape
        expected.source = Self.otherSource
        expected.destination = Self.otherDestination
        expected.sourcePort = 1
        expected.destinationPort = 2
        let result = rewritten(header, shape.frame, isSuperframe: true) { packet, place in
            packet.rewriteSource(place, to: expected.sourceEnd)
            packet.rewriteDestination(place, to: expected.destinationEnd)
        }
        #expect(result.frame == expected.frame && result.header == header)
    }

    @Test("Every value of one word against a sum from scratch", arguments: [true, false], RoutedFrame.Sum.allCases)
    func everyWord(isIPv4: Bool, sum: RoutedFrame.Sum) {
        for body in [RoutedFrame.Body.tcp, .udp, .echoRequest] {
            if sum == .none, body != .udp { continue }
            if sum == .partial, isIPv4, body == .echoRequest { continue }
            let shape = RoutedFrame(isIPv4: isIPv4, body: body, sum: sum, payload: [9, 8])
            let before = shape.frame
            let memory = ExactBytes(shape.header + before)
            let packet = RoutedPacket(memory.start + 10, length: before.count, isSuperframe: false)
            var expected = shape
            var differences = 0
            var isZeroMet = false
            for value in UInt16.min ... .max {
                // In turn the address's last word and the port, each from what the one before left.
                if value & 1 == 0 {
                    expected.source = shape.source & ~0xFFFF | UInt128(value)
                } else {
                    expected.sourcePort = value
                }
                packet.rewriteSource(memory.start, to: expected.sourceEnd)
                let after = expected.frame
                let place = shape.transportOffset + Int(shape.checksumOffset)
                if body == .udp, after[place] == 0xFF, after[place + 1] == 0xFF { isZeroMet = true }
                if memory.bytes != shape.header + after { differences += 1 }
            }
            #expect(differences == 0, "\(body)")
            if body == .udp, sum == .full { #expect(isZeroMet) }
        }
    }

    @Test("Every value of one word from the same packet", arguments: [true, false])
    func everyPort(isFull: Bool) {
        let shape = RoutedFrame(body: .udp, sum: isFull ? .full : .partial, payload: [])
        let before = shape.header + shape.frame
        let packet = routed(shape.frame)
        let memory = ExactBytes(before)
        var expected = shape
        var differences = 0
        for value in UInt16.min ... .max {
            before.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(start: memory.start, count: bytes.count).copyMemory(from: bytes)
            }
            expected.sourcePort = value
            packet.rewriteSource(memory.start, to: expected.sourceEnd)
            if memory.bytes != shape.header + expected.frame { differences += 1 }
        }
        #expect(differences == 0)
    }

    @Test("Random packets against sums from scratch", arguments: 1...4 as ClosedRange<UInt64>)
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func address() -> UInt128 {
            // Words of ones and zeros bring the carries.
            let words = (0..<8).map { _ in [0, 0xFFFF, random.next() & 0xFFFF, 1][random.below(4)] }
            return words.reduce(0) { $0 << 16 | UInt128($1) } | 2 << 112
        }
        for step in 0..<3_000 {
            var shape = Self.shapes[random.below(Self.shapes.count)]
            shape.payload = random.below(2) == 0 ? randomBytes(random.below(60), &random) : [0xFF, 0xFF, 0, 0]
            shape.source = address()
            shape.destination = address()
            var expected = shape
            expected.source = address()
            expected.destination = address()
            expected.sourcePort = UInt16(truncatingIfNeeded: random.next())
            if shape.body == .tcp || shape.body == .udp { expected.destinationPort = UInt16(1 + random.below(65_535)) }
            let result = rewritten(shape.header, shape.frame) { packet, header in
                packet.rewriteSource(header, to: expected.sourceEnd)
                packet.rewriteDestination(header, to: expected.destinationEnd)
            }
            #expect(result.frame == expected.frame && result.header == expected.header, "seed \(seed), step \(step)")
        }
    }

    @Test("Hop limits")
    func hopLimit() {
        for isIPv4 in [true, false] {
            for limit in UInt8.min ... .max {
                let shape = RoutedFrame(isIPv4: isIPv4, hopLimit: limit)
                let expected = RoutedFrame(isIPv4: isIPv4, hopLimit: limit == 0 ? 0 : limit - 1)
                #expect(rewritten(shape.header, shape.frame) { $0.decrementHopLimit($1) }.frame == expected.frame)
            }
        }
    }

    @Test("Fragments: addresses and identification only", arguments: [true, false])
    func fragments(isIPv4: Bool) {
        let frame = RoutedPacketFragmentTests.fragment(
            isIPv4: isIPv4, offset: 64, more: true, [UInt8](repeating: 0xAB, count: 24))
        var expected = frame
        let shape = RoutedFrame(isIPv4: isIPv4, source: Self.otherSource, destination: Self.otherDestination)
        let ends = isIPv4 ? 26..<34 : 22..<54
        expected.replaceSubrange(ends, with: shape.frame[ends])
        if isIPv4 {
            expected.replaceSubrange(18..<20, with: [0x56, 0x78])
            expected = RoutedFrame.mended(expected)
        } else {
            expected.replaceSubrange(58..<62, with: [0x12, 0x34, 0x56, 0x78])
        }
        let result = rewritten(Make.vnet(), frame) { packet, header in
            packet.rewriteLaterFragmentSource(header, to: shape.sourceEnd)
            packet.rewriteLaterFragmentDestination(header, to: shape.destinationEnd)
            packet.rewriteIdentification(header, to: 0x1234_5678)
        }
        #expect(result.frame == expected)
    }

    @Test("An address of the other family changes nothing")
    func family() {
        for isIPv4 in [true, false] {
            let shape = RoutedFrame(isIPv4: isIPv4)
            let other = RoutedFrame(isIPv4: !isIPv4).sourceEnd
            let result = rewritten(shape.header, shape.frame) { packet, header in
                packet.rewriteSource(header, to: other)
                packet.rewriteDestination(header, to: other)
            }
            #expect(result.frame == shape.frame)
        }
    }

    @Test("A checksum that would be finished over the ports is given up; one inside a tunnel isn't")
    func hostileChecksum() {
        for body in [RoutedFrame.Body.tcp, .udp, .echoRequest] {
            let shape = RoutedFrame(body: body, payload: [UInt8](repeating: 3, count: 40))
            var expected = shape
            expected.source = Self.otherSource
            expected.sourcePort = 61_440
            let start = UInt16(shape.transportOffset)
            for (from, offset) in [(start, 0), (start, 2), (start + 2, 0), (start + 6, 0), (0, start)]
                as [(UInt16, UInt16)]
            {
                let header = Make.vnet(flags: 1, start: from, offset: offset)
                let result = rewritten(header, shape.frame) { $0.rewriteSource($1, to: expected.sourceEnd) }
                let isOwn = from == start && offset == shape.checksumOffset
                if !isOwn {
                    #expect(result.frame == expected.frame && result.header == Make.vnet(), "\(from) \(offset)")
                }
            }
            let header = Make.vnet(flags: 1, start: start + 20, offset: 6)
            let result = rewritten(header, shape.frame) { $0.rewriteSource($1, to: expected.sourceEnd) }
            #expect(result.frame == expected.frame && result.header == header)
        }
    }
}
