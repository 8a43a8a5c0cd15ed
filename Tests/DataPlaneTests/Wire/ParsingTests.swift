import DataPlane
import Testing

@Suite("Parsing")
struct ParsingTests {
    private typealias Make = TestFrames

    @Test("Ethernet: fields, and nothing below 14 bytes")
    func ethernet() {
        let memory = ExactBytes(Make.ethernet(to: 0x0102_0304_0506, from: 0x0708_090A_0B0C, type: 0x0800))
        for length in 0..<14 {
            #expect(EthernetView(memory.start, length: length) == nil)
        }
        let view = EthernetView(memory.start, length: 14)
        #expect(view?.destination == 0x0102_0304_0506)
        #expect(view?.source == 0x0708_090A_0B0C)
        #expect(view?.etherType == 0x0800)
    }

    @Test("Exactly sixteen group addresses are reserved")
    func reserved() {
        for last in UInt64(0)...0x2F {
            #expect(Ethernet.isReservedGroup(0x0180_C200_0000 | last) == (last < 16))
        }
        #expect(!Ethernet.isReservedGroup(0x0180_C201_0000))
    }

    @Test(
        "Tags: two are looked through, a cut one isn't",
        arguments: [
            ([UInt8](), 100, 0x0800, 14),
            (Make.tag(1), 100, 0x0800, 18),
            (Make.tag(1, tpid: 0x88A8), 100, 0x0800, 18),
            (Make.tag(1, tpid: 0x88A8) + Make.tag(2), 100, 0x0800, 22),
            (Make.tag(1) + Make.tag(2) + Make.tag(3), 100, 0x8100, 22),
            (Make.tag(1, tpid: 0x9100), 100, 0x9100, 14),
            (Make.tag(1), 18, 0x0800, 18),
            (Make.tag(1), 17, 0x8100, 14),
            (Make.tag(1), 14, 0x8100, 14),
            (Make.tag(1) + Make.tag(2), 21, 0x8100, 18),
        ])
    func tags(tags: [UInt8], length: Int, etherType: Int, payload: Int) throws {
        let frame = Make.ethernet(tags: tags, type: 0x0800, [UInt8](repeating: 0, count: 100))
        let memory = ExactBytes(Array(frame.prefix(length)))
        let walk = TagWalk(try #require(EthernetView(memory.start, length: length)))
        #expect(walk.etherType == UInt16(etherType))
        #expect(walk.payload == payload)
    }

    @Test("IPv4: version, header length and cuts")
    func ipv4() throws {
        let packet = ExactBytes(Make.ipv4(protocol: 17, options: [1, 1, 1, 1], fragment: 0x4000, [9, 9]))
        for length in 0..<24 {
            #expect(IPv4View(packet.start, available: length) == nil)
        }
        let view = try #require(IPv4View(packet.start, available: 26))
        #expect(view.headerLength == 24)
        #expect(view.source == 0x0A00_0002)
        #expect(view.destination == 0x0A00_0003)
        #expect(view.protocol == 17)
        #expect(view.payloadAvailable == 2)
        #expect(view.hasPlausibleLength)
        #expect(!view.isFragment)
        for first in UInt8.min ... .max where first != 0x46 && first != 0x45 {
            let lie = ExactBytes([first] + packet.bytes.dropFirst())
            #expect(IPv4View(lie.start, available: 26) == nil)
        }
    }

    @Test(
        "IPv4: what is a fragment",
        arguments: [(0x0000, false), (0x4000, false), (0x8000, false), (0x2000, true), (0x0001, true), (0x1FFF, true)])
    func fragments(field: Int, isFragment: Bool) {
        let packet = ExactBytes(Make.ipv4(protocol: 6, fragment: UInt16(field), []))
        #expect(IPv4View(packet.start, available: 20)?.isFragment == isFragment)
    }

    /// Extension headers in front of UDP: what the walk must find.
    struct Chain: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var next: UInt8
        var bytes: [UInt8]
        var found: UInt8
        var offset: Int
        var isComplete = true
        var isFragment = false
        var isLater = false
    }

    private static let chains: [Chain] = [
        Chain(testDescription: "none", next: 17, bytes: [], found: 17, offset: 40),
        Chain(testDescription: "hop by hop", next: 0, bytes: [17, 0, 5, 2, 0, 0, 1, 0], found: 17, offset: 48),
        Chain(
            testDescription: "destination options of 16 bytes, routing", next: 60,
            bytes: [43, 1] + [UInt8](repeating: 0, count: 14) + [17, 0, 0, 0, 0, 0, 0, 0], found: 17, offset: 64),
        Chain(
            testDescription: "authentication of 24 bytes", next: 51, bytes: [17, 4] + [UInt8](repeating: 0, count: 22),
            found: 17, offset: 64),
        Chain(
            testDescription: "first fragment", next: 44, bytes: [17, 0, 0, 1, 0, 0, 0, 1], found: 17, offset: 48,
            isFragment: true),
        Chain(
            testDescription: "later fragment", next: 44, bytes: [0, 0, 0, 8, 0, 0, 0, 1], found: 0, offset: 48,
            isFragment: true, isLater: true),
        Chain(testDescription: "ESP ends it", next: 50, bytes: [1, 2, 3, 4, 5, 6, 7, 8], found: 50, offset: 40),
        Chain(testDescription: "no next header", next: 59, bytes: [], found: 59, offset: 40),
        Chain(testDescription: "cut", next: 0, bytes: [17, 0, 5], found: 0, offset: 40, isComplete: false),
        Chain(
            testDescription: "longer than the packet", next: 0, bytes: [17, 255, 0, 0, 0, 0, 0, 0], found: 0,
            offset: 40,
            isComplete: false),
        Chain(
            testDescription: "eight are walked", next: 60,
            bytes: (0..<8).flatMap { [$0 < 7 ? 60 : 17, 0, 0, 0, 0, 0, 0, 0] as [UInt8] }, found: 17, offset: 104),
        Chain(
            testDescription: "nine are an attack", next: 60,
            bytes: (0..<9).flatMap { [$0 < 8 ? 60 : 17, 0, 0, 0, 0, 0, 0, 0] as [UInt8] }, found: 60, offset: 104,
            isComplete: false),
    ]

    @Test("IPv6 extension headers", arguments: chains)
    func extensions(chain: Chain) throws {
        let memory = ExactBytes(Make.ipv6(from: 1, next: chain.next, chain.bytes))
        let view = try #require(IPv6View(memory.start, available: memory.count))
        let walk = IPv6ExtensionWalk(view)
        #expect(walk.isComplete == chain.isComplete)
        #expect(walk.protocol == chain.found)
        #expect(walk.offset == chain.offset)
        #expect(walk.isFragment == chain.isFragment)
        #expect(walk.isLaterFragment == chain.isLater)
    }

    @Test("ARP: only IPv4 over Ethernet, only whole")
    func arp() {
        let bytes = Make.arp(operation: 2, sender: Make.carol, senderIP: 0x0A00_0004, targetIP: 0x0A00_0001)
        let memory = ExactBytes(bytes)
        #expect(ARPView(memory.start, available: 27) == nil)
        let view = ARPView(memory.start, available: 28)
        #expect(view?.operation == 2)
        #expect(view?.senderHardware == Make.carol)
        #expect(view?.senderProtocol == 0x0A00_0004)
        #expect(view?.targetProtocol == 0x0A00_0001)
        for index in 0..<6 {
            var other = bytes
            other[index] ^= 0x40
            let lie = ExactBytes(other)
            #expect(ARPView(lie.start, available: 28) == nil)
        }
    }

    @Test("Random bytes never place a transport header past the end", arguments: 0..<8)
    func random(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<5000 {
            let types: [UInt16] = [0x0800, 0x86DD, 0x8100, 0x88A8]
            let noise = (0..<generator.below(160)).map { _ in
                UInt8(truncatingIfNeeded: generator.next() & generator.next())
            }
            let frame = Make.ethernet(type: types[generator.below(4)], noise)
            let memory = ExactBytes(frame)
            guard let view = EthernetView(memory.start, length: frame.count) else { continue }
            let transport = Transport(view)
            #expect(transport.offset <= frame.count)
            #expect(transport.networkOffset <= transport.offset)
            if let length = Transport.tcpLength(view, at: transport.offset) {
                #expect(transport.offset + length <= frame.count)
            }
        }
    }
}
