import DataPlane
import Testing

@Suite("Rewriting errors")
struct RewritingErrorTests {
    private typealias Make = TestFrames

    /// Errors about packets of every body.
    private static let flows: [RoutedFrame] = [true, false].flatMap { isIPv4 in
        RoutedFrame.Body.allCases.filter { $0 != .error }.flatMap { body in
            RoutedFrame.Sum.allCases.filter { $0 == .full || $0 == .none && body == .udp }.map { sum in
                RoutedFrame(isIPv4: isIPv4, body: body, sum: sum, payload: [UInt8](repeating: 0x5A, count: 30))
            }
        }
    }

    /// An error is told to the flow's source: what it quotes gets another source, and itself the same destination.
    private func check(_ flow: RoutedFrame, count: Int, source: UInt128, port: UInt16, router: UInt128?) -> Bool {
        let error = flow.error(flow.isIPv4 ? 3 : 1, 4, from: 0xCB00_7101, word: 1_400, count: count)
        var inside = flow
        inside.source = source
        if flow.body != .echoReply { inside.sourcePort = port }
        let expected = inside.error(error.type, 4, from: router ?? 0xCB00_7101, word: 1_400, count: count).frame
        let result = rewritten(error.header, error.frame) { packet, header in
            packet.rewriteError(
                header,
                outerSource: router.map { RoutedFrame(isIPv4: flow.isIPv4, body: .error, source: $0).sourceEnd },
                outerDestination: inside.sourceEnd, embeddedSource: inside.sourceEnd, embeddedDestination: nil)
        }
        return result.frame == expected
    }

    @Test("Outer and quoted addresses, ports and checksums, byte by byte")
    func all() {
        for flow in Self.flows {
            for count in [1_000, 60, flow.isIPv4 ? 28 : 48] {
                #expect(
                    check(flow, count: count, source: RewritingTests.otherSource, port: 61_440, router: nil), "\(flow)")
                #expect(
                    check(
                        flow, count: count, source: RewritingTests.otherSource, port: 2, router: 0xC0A8_0001 | 7 << 120),
                    "\(flow)")
            }
        }
    }

    @Test("The other direction: what is quoted was sent to an endpoint")
    func other() {
        for flow in Self.flows {
            let error = flow.error(flow.isIPv4 ? 11 : 3, 0, from: flow.destination)
            var outside = flow
            outside.destination = RewritingTests.otherDestination
            if flow.body == .echoReply { outside.sourcePort = 9 } else { outside.destinationPort = 8_080 }
            let expected = outside.error(error.type, 0, from: outside.destination)
            let result = rewritten(error.header, error.frame) { packet, header in
                packet.rewriteError(
                    header, outerSource: outside.destinationEnd, outerDestination: nil, embeddedSource: nil,
                    embeddedDestination: outside.destinationEnd)
            }
            #expect(result.frame == expected.frame, "\(flow)")
        }
    }

    @Test("Random ones, and the error's own checksum is always right", arguments: 1...3 as ClosedRange<UInt64>)
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for step in 0..<2_000 {
            var flow = Self.flows[random.below(Self.flows.count)]
            flow.payload = randomBytes(random.below(80), &random)
            flow.source = UInt128(random.next()) << 64 | UInt128(random.next())
            let source = UInt128(random.next()) << 64 | UInt128(random.next())
            var count = (flow.isIPv4 ? 28 : 48) + random.below(80)
            // Of half a checksum nothing is known.
            if count == (flow.isIPv4 ? 37 : 57) { count += 1 }
            let port = UInt16(truncatingIfNeeded: random.next())
            #expect(
                check(flow, count: count, source: source, port: port, router: source ^ 1), "seed \(seed), step \(step)")
        }
    }

    @Test("Only errors are changed, and none of the other family's addresses are put in")
    func others() {
        let end = RoutedFrame(isIPv4: false).sourceEnd
        for frame in [RoutedFrame().frame, RoutedFrame().error(3, 0, from: 9 << 24).frame] {
            let result = rewritten(Make.vnet(), frame) { packet, header in
                packet.rewriteError(
                    header, outerSource: end, outerDestination: end, embeddedSource: end, embeddedDestination: end)
            }
            #expect(result.frame == frame)
        }
    }

    @Test("Nothing is left to be finished in an error")
    func offloads() {
        let error = RoutedFrame().error(3, 0, from: 9 << 24)
        let result = rewritten(Make.vnet(flags: 1, start: 34, offset: 4), error.frame) { packet, header in
            packet.rewriteError(
                header, outerSource: nil, outerDestination: nil, embeddedSource: nil, embeddedDestination: nil)
        }
        #expect(result.header == Make.vnet() && result.frame == error.frame)
    }
}
