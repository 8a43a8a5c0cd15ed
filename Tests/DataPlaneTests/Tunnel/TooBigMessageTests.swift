import DataPlane
import Testing

@Suite("Too big message")
struct TooBigMessageTests {
    private typealias Make = TestFrames
    private static let router = TooBigMessage.Router(
        mac: 0x0200_0A00_00FE, ipv4: 0x0A00_0001, ipv6High: 0x2001_0DB8 << 32, ipv6Low: 1)

    private func message(
        _ frame: [UInt8], mtu: Int = 1450, router: TooBigMessage.Router = TooBigMessage.Router()
    ) -> [UInt8] {
        let memory = ExactBytes(frame)
        let buffer = ExactBytes([UInt8](repeating: 0xEE, count: TooBigMessage.maximumLength))
        let count = TooBigMessage.write(
            for: memory.start, length: memory.count, mtu: mtu, router: router, into: buffer.start)
        #expect(memory.bytes == frame)
        #expect(buffer.bytes.dropFirst(count).allSatisfy { $0 == 0xEE })
        return Array(buffer.bytes.prefix(count))
    }

    @Test("IPv4, byte by byte, from a router and from the destination")
    func ipv4() {
        let flow = TunnelFlow(tags: Make.tag(5, priority: 2))
        let frame = flow.frame((0..<1500).map { UInt8(truncatingIfNeeded: $0) })
        for router in [Self.router, TooBigMessage.Router(), TooBigMessage.Router(mac: 5, ipv6Low: 9)] {
            let isRouter = router.ipv4 != 0
            var header: [UInt8] = [0x45, 0xC0, 2, 64, 0, 0, 0x40, 0, 64, 1, 0, 0]
            header += isRouter ? [10, 0, 0, 1] : [10, 0, 0, 3]
            header += [10, 0, 0, 2]
            header.replaceSubrange(10..<12, with: Make.big(UInt64(~TunnelFlow.sum(header)), 2))
            var icmp: [UInt8] = [3, 4, 0, 0, 0, 0, 5, 0xAA] + frame[18..<18 + 548]
            icmp.replaceSubrange(2..<4, with: Make.big(UInt64(~TunnelFlow.sum(icmp)), 2))
            let expected = Make.ethernet(
                to: Make.alice, from: isRouter ? router.mac : Make.bob, tags: Make.tag(5, priority: 2), type: 0x0800,
                header + icmp)
            #expect(message(frame, router: router) == expected)
        }
    }

    @Test("IPv6, byte by byte, from a router and from the destination")
    func ipv6() {
        let flow = TunnelFlow(isIPv4: false)
        let frame = flow.frame((0..<1500).map { UInt8(truncatingIfNeeded: $0) })
        for router in [Self.router, TooBigMessage.Router(), TooBigMessage.Router(mac: 5, ipv4: 9)] {
            let isRouter = router.ipv6Low != 0
            let source = isRouter ? UInt128(router.ipv6High) << 64 | 1 : flow.ipv6Destination
            var icmp: [UInt8] = [2, 0, 0, 0, 0, 0, 5, 0xAA] + frame[14..<14 + 1232]
            let pseudo = Make.big(source) + Make.big(flow.ipv6Source) + Make.big(1240, 4) + Make.big(58, 4)
            icmp.replaceSubrange(2..<4, with: Make.big(UInt64(~TunnelFlow.sum(pseudo + icmp)), 2))
            var packet: [UInt8] = [0x60, 0, 0, 0] + Make.big(1240, 2)
            packet += [58, 64] + Make.big(source) + Make.big(flow.ipv6Source) + icmp
            #expect(
                message(frame, router: router)
                    == Make.ethernet(
                        to: Make.alice, from: isRouter ? router.mac : Make.bob, type: 0x86DD, packet))
        }
    }

    @Test("A short packet is quoted whole, without the padding behind it", arguments: [true, false])
    func short(isIPv4: Bool) {
        let flow = TunnelFlow(isIPv4: isIPv4)
        let frame = flow.frame([1, 2, 3])
        let found = message(frame + [9, 9, 9, 9])
        #expect(found == message(frame))
        #expect(Array(found.dropFirst(14 + (isIPv4 ? 28 : 48))) == Array(frame.dropFirst(14)))
    }

    @Test("The longest message fits the buffer")
    func longest() {
        let tags = Make.tag(1) + Make.tag(2)
        let frame = TunnelFlow(tags: tags, isIPv4: false).frame([UInt8](repeating: 1, count: 60_000))
        #expect(message(frame).count == TooBigMessage.maximumLength)
    }

    @Test("Nobody is told whose packet could be fragmented, is an error, or can't be answered")
    func refused() {
        func isRefused(_ change: (inout TunnelFlow) -> Void, isIPv4: Bool = true) -> Bool {
            var flow = TunnelFlow(isIPv4: isIPv4, isTCP: false)
            change(&flow)
            return message(flow.frame([UInt8](repeating: 0, count: 100)), router: Self.router).isEmpty
        }
        #expect(!isRefused { _ in })
        #expect(!isRefused({ _ in }, isIPv4: false))
        for fragment in [0, 0x2000, 0x4001, 0x1FFF] as [UInt16] {
            #expect(isRefused { $0.fragment = fragment })
        }
        for source in [0, 5, 0x7F00_0001, 0xE000_0001, 0xF000_0001, 0xFFFF_FFFF] as [UInt32] {
            #expect(isRefused { $0.ipv4Source = source })
        }
        for destination in [0xE000_0001, 0xFFFF_FFFF] as [UInt32] {
            #expect(isRefused { $0.ipv4Destination = destination })
        }
        for source in [0, 1, 0xFF02 << 112 | 1] as [UInt128] {
            #expect(isRefused({ $0.ipv6Source = source }, isIPv4: false))
        }
        #expect(isRefused({ $0.ipv6Destination = 0xFF02 << 112 | 1 }, isIPv4: false))
        #expect(isRefused { $0.source = 0 })
        #expect(isRefused { $0.source |= 1 << 40 })
        #expect(isRefused { $0.destination = Make.broadcast })
        // A first fragment is answered, a later one isn't.
        for (offset, expected) in [(1, false), (8, true)] as [(UInt8, Bool)] {
            #expect(
                isRefused(
                    {
                        $0.networkOptions = [17, 0, 0, offset, 0, 0, 0, 1]
                        $0.extensionType = 44
                    }, isIPv4: false) == expected)
        }
        #expect(message(Make.plain()).isEmpty)
        #expect(message(Make.ethernet(type: 0x0806, Make.arp(operation: 1, senderIP: 1, targetIP: 2))).isEmpty)
    }

    @Test("ICMP: questions are answered, errors aren't")
    func icmp() {
        for type in UInt8.min ... .max {
            var packet = Make.ipv4(protocol: 1, fragment: 0x4000, [type, 0, 0, 0, 0, 0, 0, 0])
            let isError = [3, 4, 5, 11, 12].contains(type)
            #expect(message(Make.ethernet(type: 0x0800, packet)).isEmpty == isError, "\(type)")
            packet = Make.ipv6(from: 5 << 100, to: 6 << 100, next: 58, [type, 0, 0, 0, 0, 0, 0, 0])
            #expect(message(Make.ethernet(type: 0x86DD, packet)).isEmpty == (type < 128 || type == 137), "\(type)")
        }
        #expect(message(Make.ethernet(type: 0x0800, Make.ipv4(protocol: 1, fragment: 0x4000, []))).isEmpty)
        #expect(message(Make.ethernet(type: 0x86DD, Make.ipv6(from: 5 << 100, to: 6 << 100, next: 58, []))).isEmpty)
    }

    @Test("MTUs that nobody may be told, and ones that don't fit the field")
    func mtu() {
        let ipv4 = TunnelFlow().frame([1])
        let ipv6 = TunnelFlow(isIPv4: false).frame([1])
        for mtu in [Int.min, -1, 0, 67] {
            #expect(message(ipv4, mtu: mtu).isEmpty)
        }
        #expect(message(ipv6, mtu: 1279).isEmpty)
        #expect(Array(message(ipv4, mtu: 68)[38..<42]) == [0, 0, 0, 68])
        #expect(Array(message(ipv4, mtu: .max)[38..<42]) == [0, 0, 0xFF, 0xFF])
        #expect(Array(message(ipv6, mtu: 1280)[58..<62]) == [0, 0, 5, 0])
        #expect(Array(message(ipv6, mtu: .max)[58..<62]) == [0xFF, 0xFF, 0xFF, 0xFF])
    }
}
