import Addresses
import DataPlane
import Testing

@Suite("Requests about gateways as bytes")
struct GatewayCodecTests {
    private static let v4 = IPAddress.v4(IPv4Address(value: 0xC000_0201))
    private static let v6 = IPAddress.v6(IPv6Address(high: 0x2001_0DB8 << 32, low: 1))
    private static let mac = MACAddress(value: 0x0102_0304_0506)

    private static func prefix(_ address: IPAddress, _ length: Int) throws -> IPPrefix {
        try #require(IPPrefix(address, length: length))
    }

    private static func requests() throws -> [EngineRequest] {
        let gateway = GatewayConfiguration(
            port: 7, mac: mac, ipv4: v4.ipv4, ipv6: v6.ipv6,
            subnets: [try prefix(v4, 24), try prefix(v6, 64)], isInternal: true, isRouted: true, mtu: 1_400,
            namePort: 4_095)
        let routes = [
            RouteConfiguration(
                destination: try prefix(v4, 24), uplink: 3, gateway: v4, source: v4, mtu: 1_280),
            RouteConfiguration(destination: try prefix(v6, 0), isRefused: true, uplink: 0),
        ]
        return [
            .domain(DomainConfiguration(id: 5, gateway: gateway)),
            .domain(DomainConfiguration(id: 5, gateway: GatewayConfiguration(port: 7, mac: mac))),
            .port(PortConfiguration(id: 3, domain: 0, kind: .uplink, token: 9)),
            .uplink(UplinkConfiguration(port: 3, mac: mac, mtu: 9_000, ipv4: v4.ipv4, ipv6: v6.ipv6)),
            .uplink(UplinkConfiguration(port: 3, mac: mac, mtu: 1_500)),
            .pool(PoolConfiguration(first: 61_440, count: 4_096, excluded: [61_441, 65_535])),
            .hostAddresses(
                ListPart(
                    isFirst: true, isLast: false,
                    items: [
                        HostAddressConfiguration(address: v4, port: 3), HostAddressConfiguration(address: v6),
                    ])),
            .hostAddresses(ListPart(isFirst: false, isLast: true, items: [])),
            .routes(ListPart(isFirst: true, isLast: false, items: routes)),
            .routes(ListPart(isFirst: false, isLast: true, items: [])),
            .nextHop(NextHopConfiguration(uplink: 3, address: v6, mac: mac)),
            .nextHop(NextHopConfiguration(uplink: 3, address: v4, mac: nil)),
            .publish(
                PublishConfiguration(
                    number: 4, transport: 17, host: v4, uplink: 3, first: 8_000, last: 8_099, domain: 5, port: 2,
                    mac: mac, inside: v4, insideFirst: 80)),
            .publish(
                PublishConfiguration(
                    number: .max, transport: 6, first: 65_535, last: 65_535, domain: 5, port: 2, mac: mac,
                    inside: v6, insideFirst: 65_535)),
            .unpublish(4), .keep(0), .letGo(.max),
        ]
    }

    private func decode(_ bytes: [UInt8]) throws -> (sequence: UInt32, request: EngineRequest) {
        try bytes.withUnsafeBytes { try EngineRequest.decode($0) }
    }

    @Test("what is written is read")
    func roundTrip() throws {
        for request in try Self.requests() {
            let bytes = request.encoded(sequence: 77)
            #expect(bytes.count <= MessageLimits.maximumBytes)
            let (sequence, read) = try decode(bytes)
            #expect(sequence == 77 && read == request)
        }
    }

    @Test("the fullest messages fit")
    func fullest() throws {
        let routes = try (0..<RouteConfiguration.maximumPerMessage).map { _ in
            RouteConfiguration(destination: try Self.prefix(Self.v6, 128), uplink: 1, gateway: Self.v6, source: Self.v6)
        }
        let addresses = (0..<HostAddressConfiguration.maximumPerMessage).map { _ in
            HostAddressConfiguration(address: Self.v6)
        }
        let pool = PoolConfiguration(
            first: 61_440, count: 4_096, excluded: (0..<PoolConfiguration.maximumExcluded).map { UInt16(61_440 + $0) })
        for request in [
            EngineRequest.routes(ListPart(isFirst: true, isLast: true, items: routes)),
            .hostAddresses(ListPart(isFirst: true, isLast: true, items: addresses)), .pool(pool),
        ] {
            let bytes = request.encoded(sequence: 0)
            #expect(bytes.count <= MessageLimits.maximumBytes)
            #expect(try decode(bytes).request == request)
        }
    }

    @Test("every cut and every changed byte is read as something or refused, never a trap")
    func damaged() throws {
        var generator = SystemRandomNumberGenerator()
        for request in try Self.requests() {
            let bytes = request.encoded(sequence: 1)
            for count in 0..<bytes.count {
                #expect(throws: (any Error).self) { try decode(Array(bytes.prefix(count))) }
            }
            for _ in 0..<500 {
                var changed = bytes
                changed[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0 ... .max, using: &generator)
                _ = try? decode(changed)
            }
        }
    }

    @Test("a publish that leads past the last port is refused, as is number 0")
    func impossible() throws {
        let wish = PublishConfiguration(
            number: 1, transport: 6, first: 1_000, last: 2_000, domain: 1, port: 2, mac: Self.mac, inside: Self.v4,
            insideFirst: 65_000)
        #expect(throws: MessageError.badField) { try decode(EngineRequest.publish(wish).encoded(sequence: 0)) }
        var zero = wish
        zero.number = 0
        zero.insideFirst = 1
        #expect(throws: MessageError.badField) { try decode(EngineRequest.publish(zero).encoded(sequence: 0)) }
    }

    @Test("replies")
    func replies() throws {
        for reply in [
            EngineReply.kept(7), .nextHopWanted(uplink: 3, address: Self.v4),
            .nextHopWanted(uplink: 3, address: Self.v6),
        ] {
            let read = try reply.encoded().withUnsafeBytes { try EngineReply.decode($0) }
            #expect(read == reply)
        }
    }
}
