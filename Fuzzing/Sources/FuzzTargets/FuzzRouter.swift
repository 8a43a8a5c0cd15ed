import Addresses

@testable import DataPlane

/// Frames one after the other through a router that is kept from input to input: way (1), length (2), frame. Of the way
/// bits 0 and 1 choose from where (outside, alice, bob, a routed network), bit 2 mends IPv4's and the transport's
/// checksums, bits 3 to 5 change something before (see `change`), bit 6 answers what went on last.
@_cdecl("heddle_fuzz_router")
public func fuzzRouter(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var input = FuzzInput(start, count: count)
    while !input.isEmpty {
        let way = input.byte()
        let length = Int(input.number(bytes: 2))
        var frame = input.take(length)
        world.change(Int(way >> 3) & 7)
        if way & 0x40 != 0 { world.answer(&frame) }
        if way & 4 != 0 { mendAll(&frame) }
        world.route(frame, from: Int(way) & 3)
    }
    return 0
}

/// Makes checksums right, as most inputs would end at them.
private func mendAll(_ frame: inout [UInt8]) {
    guard frame.count >= 34 else { return }
    let isIPv4 = frame[12] == 8 && frame[13] == 0
    if isIPv4 {
        let end = 14 + Int(frame[14] & 0xF) * 4
        guard end >= 34, end <= frame.count else { return }
        write(&frame, 0, at: 24)
        write(&frame, sum(frame[14..<end], 0), at: 24)
    }
    let length = frame.count
    let packet = withExactBytes(frame) { RoutedPacket($0, length: length, isSuperframe: false) }
    let start = packet.transportOffset
    let end = packet.networkOffset + packet.packetLength
    // Errors with a wrong checksum aren't known as such: by the protocol.
    let isICMP = isIPv4 && frame[23] == 1 || !isIPv4 && frame[20] == 58
    let place = start + (packet.kind == .tcp ? 16 : packet.kind == .udp ? 6 : 2)
    guard packet.kind == .tcp || packet.kind == .udp || isICMP, !packet.isFirstFragment, start >= 34,
        place + 2 <= end, end <= frame.count
    else { return }
    write(&frame, 0, at: place)
    var pseudo: UInt32 = 0
    if !(isIPv4 && isICMP) {
        let addresses = isIPv4 ? frame[26..<34] : frame[22..<54]
        for index in addresses.indices {
            pseudo += UInt32(frame[index]) << ((index - addresses.startIndex) & 1 == 0 ? 8 : 0)
        }
        pseudo += UInt32(isICMP ? 58 : packet.proto) + UInt32(end - start)
    }
    write(&frame, sum(frame[start..<end], pseudo), at: place)
}

/// The complement of the sum of 16-bit words.
private func sum(_ bytes: ArraySlice<UInt8>, _ initial: UInt32) -> UInt16 {
    var total = UInt64(initial)
    for index in bytes.indices { total += UInt64(bytes[index]) << ((index - bytes.startIndex) & 1 == 0 ? 8 : 0) }
    while total >> 16 != 0 { total = (total & 0xFFFF) + (total >> 16) }
    return ~UInt16(total)
}

private func write(_ frame: inout [UInt8], _ value: UInt16, at place: Int) {
    frame[place] = UInt8(value >> 8)
    frame[place + 1] = UInt8(value & 0xFF)
}

/// A router and what may come out of it. libFuzzer calls from one thread.
private struct FuzzWorld: ~Copyable {
    static let host = IPv4Address(value: 0xC633_6401)
    static let host6 = IPv6Address(high: 0x2001_0DB8_FFFF_0000, low: 1)
    static let alice6 = IPv6Address(high: 0xFD00_0001_0000_0000, low: 2)
    static let uplink: UInt16 = 50
    /// Way, port, domain.
    static let ways: [(port: UInt16, domain: UInt16)] = [(50, 0), (2, 1), (3, 1), (30, 3)]

    var router: Router
    var now: UInt32 = 1_000
    /// Addresses that a port has sent from.
    var sources: [UInt16: Set<[UInt64]>] = [:]
    var last: (source: TransportAddress, destination: TransportAddress, isIPv4: Bool)?

    init() {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: FlowTable.bytes, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: FlowTable.bytes)
        router = Router(memory: memory, now: 1_000)
        router.setGateway(1, Self.gateway(100, 0x0A00_0000, 0xFD00_0001_0000_0000, isRouted: false))
        router.setGateway(3, Self.gateway(103, 0x0A03_0000, 0x2001_0DB8_0003_0000, isRouted: true))
        router.setUplink(
            UplinkConfiguration(
                port: Self.uplink, mac: MACAddress(value: 0x0200_0000_0050), mtu: 1_500, ipv4: Self.host,
                ipv6: Self.host6))
        router.setPool(PoolConfiguration(first: 61_440, count: 4_096))
        for kind in 1...3 { change(kind) }
    }

    private static func gateway(
        _ port: UInt16, _ ipv4: UInt32, _ ipv6: UInt64, isRouted: Bool
    ) -> GatewayConfiguration {
        GatewayConfiguration(
            port: port, mac: MACAddress(value: 0x0200_0000_0000 | UInt64(port)), ipv4: IPv4Address(value: ipv4 | 1),
            ipv6: IPv6Address(high: ipv6, low: 1),
            subnets: [prefix(.v4(IPv4Address(value: ipv4)), 24), prefix(.v6(IPv6Address(high: ipv6, low: 0)), 64)],
            isRouted: isRouted)
    }

    private static func prefix(_ address: IPAddress, _ length: Int) -> IPPrefix {
        IPPrefix(address, length: length) ?? IPPrefix(host: address)
    }

    mutating func change(_ kind: Int) {
        now &+= 37
        let next = IPAddress.v4(IPv4Address(value: 0xC633_64FE))
        let next6 = IPAddress.v6(IPv6Address(high: 0x2001_0DB8_FFFF_0000, low: 0xFE))
        switch kind {
        case 1:
            router.setHostAddresses(
                [IPAddress.v4(Self.host), .v6(Self.host6), .v4(IPv4Address(value: 0x0A00_0001))].map {
                    HostAddressConfiguration(address: $0, port: Self.uplink)
                })
            router.setRoutes([
                RouteConfiguration(
                    destination: Self.prefix(.v4(IPv4Address(value: 0)), 0), uplink: Self.uplink, gateway: next),
                RouteConfiguration(
                    destination: Self.prefix(.v6(IPv6Address(high: 0, low: 0)), 0), uplink: Self.uplink,
                    gateway: next6),
                RouteConfiguration(destination: Self.prefix(.v4(IPv4Address(value: 0x0A00_0000)), 22), uplink: 0),
                RouteConfiguration(destination: Self.prefix(.v6(Self.alice6), 64), uplink: 0),
            ])
        case 2:
            for address in [next, next6] {
                router.setNextHop(
                    NextHopConfiguration(uplink: Self.uplink, address: address, mac: MACAddress(value: 0x99)))
            }
        case 3:
            for (number, inside) in [IPAddress.v4(IPv4Address(value: 0x0A00_0002)), .v6(Self.alice6)].enumerated() {
                for (base, proto) in [(UInt32(10), UInt8(6)), (20, 17)] {
                    _ = router.publish(
                        PublishConfiguration(
                            number: base + UInt32(number), transport: proto, first: 8_080, last: 8_089, domain: 1,
                            port: 2, mac: MACAddress(value: 0x22), inside: inside, insideFirst: 80))
                }
            }
        case 4: router.setNextHop(NextHopConfiguration(uplink: Self.uplink, address: next, mac: nil))
        case 5: router.unpublish(20)
        case 6: now &+= 20_000
        case 7: _ = router.flows.age(budget: FlowTable.capacity, now: now)
        default: break
        }
        _ = router.flows.age(budget: 0, now: now)
        router.questions.clear()
        while router.pending.takeStale(from: 0, now: now) >= 0 {}
    }

    /// Turns a frame's addresses and ports into an answer to what went on last.
    func answer(_ frame: inout [UInt8]) {
        guard let last, frame.count >= (last.isIPv4 ? 38 : 58), (frame[12] == 8) == last.isIPv4 else { return }
        let ends = [last.destination, last.source]
        for (index, end) in ends.enumerated() {
            let place = last.isIPv4 ? 26 + 4 * index : 22 + 16 * index
            let bytes = Self.octets(end, last.isIPv4)
            frame.replaceSubrange(place..<place + bytes.count, with: bytes)
            let ports = last.isIPv4 ? 14 + Int(frame[14] & 0xF) * 4 : 54
            if ports >= 34, ports + 4 <= frame.count { write(&frame, end.port, at: ports + 2 * index) }
        }
    }

    private static func octets(_ end: TransportAddress, _ isIPv4: Bool) -> [UInt8] {
        let words = isIPv4 ? [UInt64(end.ipv4) << 32] : [end.high, end.low]
        let all = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } }
        return Array(all.prefix(isIPv4 ? 4 : 16))
    }

    mutating func route(_ frame: [UInt8], from way: Int) {
        let (port, domain) = Self.ways[way]
        // A worker has examined it before.
        guard frame.count >= 14, frame.count <= 2_048 else { return }
        let header = [UInt8](repeating: 0, count: VirtioNetHeader.length)
        let before = withExactBytes(frame) { RoutedPacket($0, length: frame.count, isSuperframe: false) }
        if domain != 0, before.isIP { sources[port, default: []].insert([before.source.high, before.source.low]) }
        let isWhole = Self.isRight(frame, before)
        var outcome = frame
        var verdict = RoutingVerdict.toHost
        withExactBytes(header + frame) { memory in
            let routed = RoutedFrame(
                header: memory, length: frame.count, ingress: port, domain: domain, isSuperframe: false, now: now)
            verdict = domain == 0 ? router.incoming(routed) : router.outgoing(routed)
            outcome = bytes(memory + header.count, frame.count)
        }
        check(verdict, outcome, from: domain, isWhole: isWhole, untouched: outcome == frame)
        guard let key = verdict.followers else { return }
        var rounds = 0
        while rounds < 64, let held = router.fragments.takeHeld(key) {
            rounds += 1
            let kept = bytes(held.header + header.count, held.length)
            let routed = RoutedFrame(
                header: held.header, length: held.length, ingress: held.port, domain: domain, isSuperframe: false,
                now: now)
            let next = domain == 0 ? router.incoming(routed) : router.outgoing(routed)
            let after = bytes(held.header + header.count, held.length)
            check(next, after, from: domain, isWhole: false, untouched: after == kept)
        }
    }

    private mutating func check(
        _ verdict: RoutingVerdict, _ frame: [UInt8], from domain: UInt16, isWhole: Bool, untouched: Bool
    ) {
        let packet = withExactBytes(frame) { RoutedPacket($0, length: frame.count, isSuperframe: false) }
        switch verdict.kind {
        case .toUplink:
            let gateway = router.gateway(1).pointee
            require(packet.isIP, "something else than a packet leaves")
            require(
                !gateway.subnets.0.contains(packet.source) && !gateway.subnets.1.contains(packet.source),
                "an address of a translated network leaves")
            require(verdict.port == Self.uplink, "by no uplink")
        case .toEndpoint:
            require(packet.isIP, "something else than a packet enters")
            if verdict.port == 0 {
                let gateway = router.gateway(3).pointee
                require(
                    gateway.subnets.0.contains(packet.destination) || gateway.subnets.1.contains(packet.destination),
                    "not for the network")
            } else {
                let end = [packet.destination.high, packet.destination.low]
                let isPublished =
                    verdict.port == 2
                    && (end == [0, 0xFFFF_0A00_0002] || end == [Self.alice6.high, Self.alice6.low])
                require(isPublished || sources[verdict.port]?.contains(end) ?? false, "not for this endpoint")
            }
        case .held, .toHost, .toNames, .refuse:
            require(untouched, "what didn't go on was changed")
            return
        case .drop: return
        }
        if isWhole { require(Self.isRight(frame, packet), "a checksum is wrong") }
        last = (packet.source, packet.destination, packet.isIPv4)
    }

    /// Whether all checksums of a whole packet are right.
    private static func isRight(_ frame: [UInt8], _ packet: RoutedPacket) -> Bool {
        guard packet.isIP, !packet.isFirstFragment, !packet.isLaterFragment else { return false }
        let start = packet.transportOffset
        var end = packet.networkOffset + packet.packetLength
        switch packet.kind {
        case .tcp, .echo, .icmpError: break
        case .udp:
            end = start + Int(frame[start + 4]) << 8 + Int(frame[start + 5])
            if frame[start + 6] == 0, frame[start + 7] == 0 || end < start + 8 { return false }
        case .malformed, .notIP, .tagged, .laterFragment, .other: return false
        }
        guard end <= frame.count, end > start else { return false }
        var pseudo: UInt32 = 0
        if !(packet.isIPv4 && packet.proto == 1) {
            let addresses = packet.isIPv4 ? frame[26..<34] : frame[22..<54]
            for index in addresses.indices {
                pseudo += UInt32(frame[index]) << ((index - addresses.startIndex) & 1 == 0 ? 8 : 0)
            }
            pseudo += UInt32(packet.proto) + UInt32(end - start)
        }
        let isHeaderRight = !packet.isIPv4 || sum(frame[14..<start], 0) == 0
        return isHeaderRight && sum(frame[start..<end], pseudo) == 0
    }
}

nonisolated(unsafe) private var world = FuzzWorld()
