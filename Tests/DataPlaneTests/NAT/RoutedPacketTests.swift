import DataPlane
import Testing

@Suite("Routed packets")
struct RoutedPacketTests {
    private typealias Make = TestFrames

    private func isSame(_ left: TransportAddress, _ right: TransportAddress) -> Bool { left.isSame(as: right) }

    @Test("TCP and UDP of both families", arguments: [true, false], [RoutedFrame.Body.tcp, .udp])
    func transports(isIPv4: Bool, body: RoutedFrame.Body) {
        for options in [[], isIPv4 ? [UInt8](repeating: 1, count: 8) : [proto(body), 0, 1, 4, 0, 0, 0, 0]] {
            var made = RoutedFrame(isIPv4: isIPv4, body: body, hopLimit: 9, networkOptions: options)
            let frame = made.frame
            for padding in [0, 7] {
                let packet = routed(frame + [UInt8](repeating: 0xEE, count: padding))
                #expect(packet.kind == (body == .tcp ? .tcp : .udp))
                #expect(packet.isIPv4 == isIPv4)
                #expect(packet.proto == made.proto)
                #expect(packet.networkOffset == 14)
                #expect(packet.transportOffset == made.transportOffset)
                #expect(isSame(packet.source, made.sourceEnd))
                #expect(isSame(packet.destination, made.destinationEnd))
                #expect(packet.hopLimit == 9)
                #expect(packet.packetLength == frame.count - 14)
                #expect(packet.mayBeFragmented == isIPv4)
                #expect(packet.hasOptions == !options.isEmpty)
                #expect(!packet.isFirstFragment && !packet.isLaterFragment && packet.fragmentLength == 0)
                if body == .tcp {
                    #expect(packet.tcp.flags == 0x18 && packet.tcp.payloadLength == 5 && packet.tcp.window == 0x2000)
                    #expect(packet.tcp.sequence == 0x0102_0304 && packet.tcp.acknowledgement == 0x0506_0708)
                    #expect(packet.tcp.windowScale == TCPSegmentFacts.noScale)
                }
            }
            made.fragment = 0x4000
            if isIPv4 { #expect(!routed(made.frame).mayBeFragmented) }
        }
    }

    private func proto(_ body: RoutedFrame.Body) -> UInt8 { body == .tcp ? 6 : 17 }

    @Test("Echo: the identifier is the asking side's port", arguments: [true, false])
    func echo(isIPv4: Bool) {
        for body in [RoutedFrame.Body.echoRequest, .echoReply] {
            let made = RoutedFrame(isIPv4: isIPv4, body: body)
            let packet = routed(made.frame)
            #expect(packet.kind == .echo)
            #expect(packet.isEchoRequest == (body == .echoRequest))
            #expect(isSame(packet.source, made.sourceEnd))
            #expect(isSame(packet.destination, made.destinationEnd))
            var frame = made.frame
            frame[made.transportOffset + 1] = 1
            #expect(routed(frame).kind == .other)
        }
    }

    @Test("Errors and what they quote", arguments: [true, false], RoutedFrame.Body.allCases)
    func errors(isIPv4: Bool, body: RoutedFrame.Body) {
        let flow = RoutedFrame(isIPv4: isIPv4, body: body, payload: [UInt8](repeating: 7, count: 40))
        for type in (isIPv4 ? [3, 11, 12] : [1, 2, 3, 4]) as [UInt8] {
            for count in [1_000, (isIPv4 ? 20 : 40) + 8] {
                let error = flow.error(type, 5, from: 0xCB00_7101, count: count)
                let packet = routed(error.frame)
                if body == .error {
                    #expect(packet.kind == .malformed)
                    continue
                }
                #expect(packet.kind == .icmpError)
                #expect(packet.errorType == type && packet.errorCode == 5)
                #expect(packet.source.port == 0 && packet.destination.port == 0)
                let embedded = packet.embedded
                #expect(embedded.proto == flow.proto)
                #expect(embedded.kind == (body == .tcp ? .tcp : body == .udp ? .udp : .echo))
                #expect(embedded.isEchoRequest == (body == .echoRequest))
                #expect(isSame(embedded.source, flow.sourceEnd))
                #expect(isSame(embedded.destination, flow.destinationEnd))
                #expect(embedded.networkOffset == error.transportOffset + 8)
                #expect(embedded.transportOffset == embedded.networkOffset + (isIPv4 ? 20 : 40))
                #expect(embedded.available == min(count, flow.packet.count) - (isIPv4 ? 20 : 40))
                var wrong = error.frame
                wrong[wrong.count - 1] ^= 1
                #expect(routed(wrong).kind == .malformed, "a wrong checksum")
            }
            #expect(routed(flow.error(type, 0, from: 9 << 24, count: isIPv4 ? 27 : 47).frame).kind == .malformed)
        }
    }

    @Test("Errors that quote a later fragment, a wrong header or nothing are malformed")
    func wrongQuotes() {
        var flow = RoutedFrame(body: .udp)
        flow.fragment = 0x0001
        #expect(routed(flow.error(3, 3, from: 9 << 24).frame).kind == .malformed)
        flow.fragment = 0x2000
        #expect(routed(flow.error(11, 1, from: 9 << 24).frame).kind == .icmpError)
        #expect(routed(flow.error(3, 3, from: 9 << 24, count: 0).frame).kind == .malformed)
        // The quoted header's checksum is wrong, the error's own isn't.
        var error = flow.error(3, 3, from: 9 << 24).frame
        error[42 + 8] &-= 1
        error[36..<38] = [0, 0]
        error.replaceSubrange(36..<38, with: Make.big(UInt64(~TunnelFlow.sum(Array(error[34...]))), 2))
        #expect(routed(error).kind == .malformed)
        var later = RoutedFrame(isIPv4: false, body: .udp, networkOptions: [17, 0, 0, 8, 0, 0, 0, 1])
        later.extensionType = 44
        #expect(routed(later.error(3, 1, from: 9 << 24).frame).kind == .malformed)
    }

    @Test("Not IP, tagged, and protocols that aren't translated")
    func others() {
        #expect(routed(Make.plain()).kind == .notIP)
        #expect(routed(Make.ethernet(type: 0x0806, Make.arp(operation: 1, senderIP: 1, targetIP: 2))).kind == .notIP)
        for tpid in [0x8100, 0x88A8, 0x9100] as [UInt16] {
            let frame = Make.ethernet(tags: Make.tag(1, tpid: tpid), type: 0x0800, RoutedFrame().packet)
            #expect(routed(frame).kind == .tagged)
        }
        for number in [0, 2, 47, 50, 58, 132, 255] as [UInt8] {
            let frame = Make.ethernet(type: 0x0800, Make.ipv4(protocol: number, [1, 2, 3]))
            #expect(routed(RoutedFrame.mended(frame)).kind == .other, "\(number)")
        }
        for number in [1, 4, 47, 50, 59, 132, 255] as [UInt8] {
            #expect(routed(Make.ethernet(type: 0x86DD, Make.ipv6(from: 5, next: number, [1, 2]))).kind == .other)
        }
        for type in [4, 5, 9, 10, 13, 17] as [UInt8] {
            let message = [type] + [UInt8](repeating: 0, count: 40)
            #expect(
                routed(RoutedFrame.mended(Make.ethernet(type: 0x0800, Make.ipv4(protocol: 1, message)))).kind == .other)
        }
        for type in [0, 100, 130, 133, 134, 135, 136, 137, 143] as [UInt8] {
            let message = [type] + [UInt8](repeating: 0, count: 40)
            #expect(routed(Make.ethernet(type: 0x86DD, Make.ipv6(from: 5, next: 58, message))).kind == .other)
        }
    }

    @Test(
        "A SYN's window scale",
        arguments: [
            ([3, 3, 7, 0], 7), ([1, 3, 3, 14], 14), ([3, 3, 200, 0], 14), ([2, 4, 5, 0xB4, 1, 3, 3, 2], 2),
            ([0, 3, 3, 2], 15),
            ([3, 2, 1, 1], 15), ([1, 1, 1, 3], 15), ([9, 0, 3, 3], 15), ([9, 9, 3, 3], 15),
        ] as [([UInt8], UInt8)])
    func windowScale(options: [UInt8], expected: UInt8) {
        let made = RoutedFrame(flags: 2, transportOptions: options, payload: [])
        #expect(routed(made.frame).tcp.windowScale == expected)
        let later = RoutedFrame(flags: 0x10, transportOptions: options)
        #expect(routed(later.frame).tcp.windowScale == TCPSegmentFacts.noScale)
    }

    @Test("Martian sources and destinations that aren't routed")
    func addresses() {
        func ipv4(_ source: UInt32, _ destination: UInt32) -> RoutedPacket {
            routed(RoutedFrame(source: UInt128(source), destination: UInt128(destination)).frame)
        }
        for source in [0, 1, 0x7F00_0001, 0x7FFF_FFFF, 0xE000_0001, 0xF000_0001, 0xFFFF_FFFF] as [UInt32] {
            #expect(ipv4(source, 9 << 24).isMartianSource)
            #expect(ipv4(9 << 24, source).isUnroutable)
        }
        for address in [0x0100_0000, 0x0A00_0001, 0x7E00_0000, 0x8000_0000, 0xA9FD_0001, 0xDFFF_FFFF] as [UInt32] {
            let packet = ipv4(address, 9 << 24)
            #expect(!packet.isMartianSource && !packet.isLinkLocalSource && !ipv4(9 << 24, address).isUnroutable)
        }
        #expect(ipv4(9 << 24, 9 << 24).isMartianSource, "land")
        #expect(ipv4(0xA9FE_0001, 9 << 24).isLinkLocalSource && ipv4(9 << 24, 0xA9FE_A9FE).isUnroutable)

        func ipv6(_ source: UInt128, _ destination: UInt128) -> RoutedPacket {
            routed(RoutedFrame(isIPv4: false, source: source, destination: destination).frame)
        }
        let good: UInt128 = 0x2001_0DB8 << 96 | 1
        for address in [0, 1, 0xFF02 << 112 | 1, 0xFFFF_0A00_0001] as [UInt128] {
            #expect(ipv6(address, good).isMartianSource)
            #expect(ipv6(good, address).isUnroutable)
        }
        for address in [2, 0xFD00 << 112 | 1, 0x2001_0DB8 << 96 | 2, 0xFEC0 << 112] as [UInt128] {
            let packet = ipv6(address, good)
            #expect(!packet.isMartianSource && !packet.isLinkLocalSource && !ipv6(good, address).isUnroutable)
        }
        #expect(ipv6(good, good).isMartianSource)
        for link in [0xFE80 << 112 | 1, 0xFEBF << 112 | 1] as [UInt128] {
            #expect(ipv6(link, good).isLinkLocalSource && !ipv6(link, good).isMartianSource)
            #expect(ipv6(good, link).isUnroutable)
        }
    }
}
