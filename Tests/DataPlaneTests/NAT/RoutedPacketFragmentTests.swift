import DataPlane
import Testing

@Suite("Routed fragments")
struct RoutedPacketFragmentTests {
    private typealias Make = TestFrames

    /// A fragment of a UDP datagram; of IPv6 behind as many bytes of another extension header.
    static func fragment(
        isIPv4: Bool, proto: UInt8 = 17, offset: Int, more: Bool, _ payload: [UInt8], identification: UInt32 = 0x1234
    ) -> [UInt8] {
        if isIPv4 {
            let word = UInt16(offset / 8) | (more ? 0x2000 : 0)
            var frame = Make.ethernet(type: 0x0800, Make.ipv4(protocol: proto, fragment: word, payload))
            frame.replaceSubrange(18..<20, with: Make.big(UInt64(identification), 2))
            return RoutedFrame.mended(frame)
        }
        let header = [proto, 0] + Make.big(UInt64(offset | (more ? 1 : 0)), 2) + Make.big(UInt64(identification), 4)
        return Make.ethernet(
            type: 0x86DD,
            Make.ipv6(from: 0x2001_0DB8 << 96 | 2, to: 0x2001_0DB8 << 96 | 3, next: 44, header + payload))
    }

    @Test("First, later and last", arguments: [true, false])
    func kinds(isIPv4: Bool) {
        let datagram = Make.udp(payload: [UInt8](repeating: 1, count: 1_000))
        let first = routed(Self.fragment(isIPv4: isIPv4, offset: 0, more: true, Array(datagram.prefix(16))))
        #expect(first.kind == .udp && first.isFirstFragment && !first.isLaterFragment && first.hasMoreFragments)
        #expect(first.identification == 0x1234 && first.fragmentLength == 16 && first.source.port == 1000)
        for more in [true, false] {
            let bytes = [UInt8](repeating: 9, count: more ? 24 : 21)
            let later = routed(Self.fragment(isIPv4: isIPv4, offset: 16, more: more, bytes))
            #expect(later.kind == .laterFragment && later.isLaterFragment && !later.isFirstFragment)
            #expect(later.fragmentOffset == 16 && later.hasMoreFragments == more && later.proto == 17)
            #expect(later.fragmentLength == bytes.count && later.identification == 0x1234)
            #expect(later.source.port == 0 && later.destination.port == 0)
        }
    }

    @Test("A datagram that is whole behind a fragment header (RFC 6946)")
    func atomic() {
        let packet = routed(Self.fragment(isIPv4: false, offset: 0, more: false, Make.udp(payload: [1])))
        #expect(packet.kind == .udp && !packet.isFirstFragment && !packet.isLaterFragment && packet.fragmentLength == 0)
        #expect(packet.identification == 0x1234)
    }

    @Test("Past the longest datagram, empty, of broken units, inside a TCP header", arguments: [true, false])
    func malformed(isIPv4: Bool) {
        func kind(_ proto: UInt8 = 17, offset: Int, more: Bool, _ count: Int) -> RoutedPacket.Kind {
            let payload = [UInt8](repeating: 1, count: count)
            return routed(Self.fragment(isIPv4: isIPv4, proto: proto, offset: offset, more: more, payload)).kind
        }
        let limit = isIPv4 ? 65_535 - 20 : 65_535
        #expect(kind(offset: 65_528, more: false, 8) == .malformed)
        #expect(kind(offset: 65_512, more: false, limit - 65_512) == .laterFragment)
        #expect(kind(offset: 65_512, more: false, limit - 65_512 + 1) == .malformed)
        #expect(kind(offset: 64, more: false, 0) == .malformed)
        #expect(kind(offset: 64, more: true, 9) == .malformed)
        for offset in [8, 16] { #expect(kind(6, offset: offset, more: true, 24) == .malformed) }
        #expect(kind(6, offset: 24, more: true, 24) == .laterFragment)
        // RFC 1858: the first holds the whole header.
        let segment = Make.tcp(headerWords: 6, payload: 100)
        for count in [8, 16] {
            let frame = Self.fragment(isIPv4: isIPv4, proto: 6, offset: 0, more: true, Array(segment.prefix(count)))
            #expect(routed(frame).kind == .malformed)
        }
        let whole = Self.fragment(isIPv4: isIPv4, proto: 6, offset: 0, more: true, Array(segment.prefix(24)))
        #expect(routed(whole).kind == .tcp)
        #expect(routed(whole, isSuperframe: true).kind == .malformed)
        // An error in parts.
        let message = [isIPv4 ? 3 : 1] + [UInt8](repeating: 0, count: 63)
        let proto: UInt8 = isIPv4 ? 1 : 58
        #expect(routed(Self.fragment(isIPv4: isIPv4, proto: proto, offset: 0, more: true, message)).kind == .malformed)
    }

    @Test("Two fragment headers are refused")
    func twice() {
        let inner = [17, 0, 0, 1, 0, 0, 0, 2] + Make.udp(payload: [UInt8](repeating: 0, count: 8))
        #expect(routed(Self.fragment(isIPv4: false, proto: 44, offset: 0, more: true, inner)).kind == .malformed)
    }
}
