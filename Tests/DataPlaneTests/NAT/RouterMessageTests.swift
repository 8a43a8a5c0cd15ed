import DataPlane
import Testing

@Suite("Router message")
struct RouterMessageTests {
    private typealias Make = TestFrames
    private static let router = RouterMessage.Router(
        mac: 0x0200_0A00_00FE, ipv4: 0x0A00_0001, ipv6High: 0x2001_0DB8 << 32, ipv6Low: 1)

    private func message(_ frame: [UInt8], _ kind: RouterMessage.Kind) -> [UInt8] {
        let memory = ExactBytes(frame)
        let buffer = ExactBytes([UInt8](repeating: 0xEE, count: RouterMessage.maximumLength))
        let count = RouterMessage.write(
            for: memory.start, length: memory.count, kind: kind, router: Self.router, into: buffer.start)
        #expect(buffer.bytes.dropFirst(count).allSatisfy { $0 == 0xEE })
        return Array(buffer.bytes.prefix(count))
    }

    @Test(
        "Every kind of both families, read back",
        arguments: [
            (.timeExceeded, 11, 0, 3, 0), (.unreachable(.network), 3, 0, 1, 0), (.unreachable(.host), 3, 1, 1, 3),
            (.unreachable(.port), 3, 3, 1, 4), (.unreachable(.prohibited), 3, 13, 1, 1), (.tooBig(1_400), 3, 4, 2, 0),
        ] as [(RouterMessage.Kind, UInt8, UInt8, UInt8, UInt8)])
    func kinds(kind: RouterMessage.Kind, type4: UInt8, code4: UInt8, type6: UInt8, code6: UInt8) {
        for isIPv4 in [true, false] {
            for body in [RoutedFrame.Body.tcp, .udp, .echoRequest] {
                var flow = RoutedFrame(isIPv4: isIPv4, body: body)
                flow.fragment = 0x4000
                let found = message(flow.frame, kind)
                let packet = routed(found)
                #expect(packet.kind == .icmpError && packet.isIPv4 == isIPv4)
                #expect(packet.errorType == (isIPv4 ? type4 : type6) && packet.errorCode == (isIPv4 ? code4 : code6))
                #expect(packet.destination.hasSameAddress(as: flow.sourceEnd))
                #expect(packet.embedded.source.isSame(as: flow.sourceEnd))
                #expect(packet.embedded.destination.isSame(as: flow.destinationEnd))
                #expect(Array(found.prefix(12)) == Make.big(Make.alice, 6) + Make.big(0x0200_0A00_00FE, 6))
                let start = packet.transportOffset
                var isTooBig = false
                if case .tooBig = kind { isTooBig = true }
                #expect(Array(found[start + 4..<start + 8]) == (isTooBig ? [0, 0, 5, 0x78] : [0, 0, 0, 0]))
                #expect(Array(found.dropFirst(start + 8)) == Array(flow.frame.dropFirst(14)))
                // An error never leads to another one.
                #expect(message(found, kind).isEmpty)
            }
        }
    }

    @Test("DF matters only to what is too big; later fragments and groups are never answered")
    func permission() {
        let flow = RoutedFrame()
        #expect(!message(flow.frame, .timeExceeded).isEmpty)
        #expect(message(flow.frame, .tooBig(1_400)).isEmpty)
        for fragment in [0x0001, 0x2001, 0x1FFF] as [UInt16] {
            var later = flow
            later.fragment = fragment
            #expect(message(later.frame, .timeExceeded).isEmpty)
        }
        var group = flow
        group.destination = 0xE000_0001
        #expect(message(group.frame, .unreachable(.port)).isEmpty)
        group = flow
        group.ethernetDestination = Make.broadcast
        #expect(message(group.frame, .unreachable(.port)).isEmpty)
        for source in [0, 0x7F00_0001, 0xE000_0001, 0xFFFF_FFFF] as [UInt128] {
            var martian = flow
            martian.source = source
            #expect(message(martian.frame, .unreachable(.host)).isEmpty)
        }
    }
}
