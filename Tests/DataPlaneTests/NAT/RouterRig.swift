import Addresses
import Testing

@testable import DataPlane

/// A router with two uplinks, a translated, an internal and a routed network, and two endpoints in the first.
final class RouterRig {
    /// What became of a frame.
    struct Outcome {
        var verdict: RoutingVerdict
        var header: [UInt8]
        /// From the destination MAC on, as it was left.
        var frame: [UInt8]

        var kind: RoutingVerdict.Kind { verdict.kind }
        var reason: DropReason { verdict.reason }
        var packet: RoutedPacket { routed(frame, isSuperframe: header[1] != 0) }
    }

    static let gatewayMAC: UInt64 = 0x0200_0A00_0001
    static let routedGatewayMAC: UInt64 = 0x0200_0A03_0001
    static let uplinkMAC: UInt64 = 0x0200_C633_6401
    static let secondUplinkMAC: UInt64 = 0x0200_C000_0201
    static let nextHopMAC: UInt64 = 0x0200_C633_64FE
    static let clientMAC: UInt64 = 0x0200_C633_6409
    static let uplink: UInt16 = 50
    static let secondUplink: UInt16 = 51
    /// Of the translated, the internal and the routed network.
    static let hostPorts: [UInt16] = [100, 102, 103]
    static let host: UInt128 = 0xC633_6401
    static let host6: UInt128 = 0x2001_0DB8_FFFF_0000_0000_0000_0000_0001
    static let secondHost: UInt128 = 0xC000_0201
    static let alice: UInt128 = 0x0A00_0002
    static let alice6: UInt128 = 0xFD00_0001_0000_0000_0000_0000_0000_0002
    static let bob: UInt128 = 0x0A00_0003
    /// Behind the next hop.
    static let remote: UInt128 = 0xCB00_7105
    static let remote6: UInt128 = 0x2001_0DB8_0001_0000_0000_0000_0000_0005
    /// Behind nobody: on the uplink's link.
    static let neighbour: UInt128 = 0xC633_6409
    static let routedStation: UInt128 = 0x0A03_0002
    static let routedStation6: UInt128 = 0x2001_0DB8_0003_0000_0000_0000_0000_0002
    static let pool = PoolConfiguration(first: 61_440, count: 4_096)
    static let poolPorts: ClosedRange<UInt16> = 61_440...65_535

    private let memory: UnsafeMutableRawPointer
    var router: Router
    var now: UInt32 = 1_000_000

    /// `copying`: memory of a rig before this one.
    init(copying: RouterRig? = nil) {
        memory = .allocate(byteCount: FlowTable.bytes, alignment: 64)
        if let copying {
            memory.copyMemory(from: copying.memory, byteCount: FlowTable.bytes)
        } else {
            memory.initializeMemory(as: UInt8.self, repeating: 0, count: FlowTable.bytes)
        }
        router = Router(memory: memory, now: now)
        configure()
    }

    deinit {
        memory.deallocate()
    }

    static func v4(_ value: UInt128) -> IPAddress { .v4(IPv4Address(value: UInt32(truncatingIfNeeded: value))) }
    static func v6(_ value: UInt128) -> IPAddress {
        .v6(IPv6Address(high: UInt64(truncatingIfNeeded: value >> 64), low: UInt64(truncatingIfNeeded: value)))
    }

    static func prefix(_ address: IPAddress, _ length: Int) -> IPPrefix {
        guard let prefix = IPPrefix(address, length: length) else { fatalError("no prefix") }
        return prefix
    }

    static let addresses: [HostAddressConfiguration] = [
        HostAddressConfiguration(address: v4(host), port: uplink),
        HostAddressConfiguration(address: v6(host6), port: uplink),
        HostAddressConfiguration(address: v4(secondHost), port: secondUplink),
        HostAddressConfiguration(address: v4(0x0A00_0001)), HostAddressConfiguration(address: v4(0x0A02_0001)),
        HostAddressConfiguration(address: v4(0x0A03_0001)), HostAddressConfiguration(address: v4(0x7F00_0001)),
        HostAddressConfiguration(address: v6(0xFD00_0001_0000_0000_0000_0000_0000_0001)),
        HostAddressConfiguration(address: v6(1)),
    ]

    static let routes: [RouteConfiguration] = [
        RouteConfiguration(destination: prefix(v4(0), 0), uplink: uplink, gateway: v4(0xC633_64FE)),
        RouteConfiguration(
            destination: prefix(v6(0), 0), uplink: uplink,
            gateway: v6(0x2001_0DB8_FFFF_0000_0000_0000_0000_00FE)),
        RouteConfiguration(destination: prefix(v4(0xC633_6400), 24), uplink: uplink),
        RouteConfiguration(destination: prefix(v4(0xC000_0200), 24), uplink: secondUplink),
        RouteConfiguration(destination: prefix(v4(0x0A00_0000), 24), uplink: 0),
        RouteConfiguration(destination: prefix(v4(0x0A02_0000), 24), uplink: 0),
        RouteConfiguration(destination: prefix(v4(0x0A03_0000), 24), uplink: 0),
        RouteConfiguration(destination: prefix(v6(0xFD00_0001 << 96), 64), uplink: 0),
        RouteConfiguration(destination: prefix(v6(0x2001_0DB8_0003 << 80), 64), uplink: 0),
        RouteConfiguration(destination: prefix(v4(0xAC10_0000), 12), isRefused: true, uplink: 0),
        RouteConfiguration(
            destination: prefix(v4(0xAC14_0000), 16), uplink: uplink, gateway: v4(0xC633_64FE), mtu: 1_280),
    ]

    private func configure() {
        router.setGateway(
            1,
            GatewayConfiguration(
                port: Self.hostPorts[0], mac: MACAddress(value: Self.gatewayMAC), ipv4: IPv4Address(value: 0x0A00_0001),
                ipv6: IPv6Address(high: 0xFD00_0001_0000_0000, low: 1),
                subnets: [Self.prefix(Self.v4(0x0A00_0000), 24), Self.prefix(Self.v6(0xFD00_0001 << 96), 64)]))
        router.setGateway(
            2,
            GatewayConfiguration(
                port: Self.hostPorts[1], mac: MACAddress(value: 0x0200_0A02_0001),
                ipv4: IPv4Address(value: 0x0A02_0001), subnets: [Self.prefix(Self.v4(0x0A02_0000), 24)],
                isInternal: true))
        router.setGateway(
            3,
            GatewayConfiguration(
                port: Self.hostPorts[2], mac: MACAddress(value: Self.routedGatewayMAC),
                ipv4: IPv4Address(value: 0x0A03_0001),
                subnets: [Self.prefix(Self.v4(0x0A03_0000), 24), Self.prefix(Self.v6(0x2001_0DB8_0003 << 80), 64)],
                isRouted: true))
        setUplinks()
        router.setPool(Self.pool)
        router.setHostAddresses(Self.addresses)
        router.setRoutes(Self.routes)
        know(Self.v4(0xC633_64FE), Self.nextHopMAC)
        know(Self.v6(0x2001_0DB8_FFFF_0000_0000_0000_0000_00FE), Self.nextHopMAC)
    }

    func setUplinks(mtu: UInt32 = 1_500) {
        router.setUplink(
            UplinkConfiguration(
                port: Self.uplink, mac: MACAddress(value: Self.uplinkMAC), mtu: mtu,
                ipv4: IPv4Address(value: 0xC633_6401), ipv6: IPv6Address(high: 0x2001_0DB8_FFFF_0000, low: 1)))
        router.setUplink(
            UplinkConfiguration(
                port: Self.secondUplink, mac: MACAddress(value: Self.secondUplinkMAC), mtu: mtu,
                ipv4: IPv4Address(value: 0xC000_0201)))
    }

    /// A next hop, or its end.
    func know(_ address: IPAddress, _ mac: UInt64?, uplink: UInt16 = RouterRig.uplink) {
        router.setNextHop(
            NextHopConfiguration(uplink: uplink, address: address, mac: mac.map { MACAddress(value: $0) }))
    }

    /// TCP and UDP 8080…8089 of all host addresses, both families, to alice's 80…89.
    func publish() {
        for (number, proto) in zip([UInt32(10), 20], [UInt8(6), 17]) {
            for (family, inside) in [Self.v4(Self.alice), Self.v6(Self.alice6)].enumerated() {
                let isDone = router.publish(
                    PublishConfiguration(
                        number: number + UInt32(family), transport: proto, first: 8_080, last: 8_089, domain: 1,
                        port: 2,
                        mac: MACAddress(value: TestFrames.alice), inside: inside, insideFirst: 80))
                #expect(isDone)
            }
        }
    }

    /// A frame from outside or inside.
    private func route(
        _ header: [UInt8], _ frame: [UInt8], ingress: UInt16, domain: UInt16, isSuperframe: Bool
    ) -> Outcome {
        router.flows.age(budget: 0, now: now)
        let memory = ExactBytes(header + frame)
        let foresight = foresee(header, frame, ingress: ingress, domain: domain, isSuperframe: isSuperframe)
        let frame = DataPlane.RoutedFrame(
            header: memory.start, length: frame.count, ingress: ingress, domain: domain, isSuperframe: isSuperframe,
            now: now)
        let verdict = domain == 0 ? router.incoming(frame) : router.outgoing(frame)
        let bytes = memory.bytes
        foresight.expect(verdict, bytes)
        return Outcome(verdict: verdict, header: Array(bytes.prefix(10)), frame: Array(bytes.dropFirst(10)))
    }

    func send(
        raw frame: [UInt8], header: [UInt8] = TestFrames.vnet(), from port: UInt16 = 2, domain: UInt16 = 1
    ) -> Outcome {
        route(header, frame, ingress: port, domain: domain, isSuperframe: header[1] != 0)
    }

    func send(_ frame: RoutedFrame, from port: UInt16 = 2, domain: UInt16 = 1) -> Outcome {
        send(raw: frame.frame, header: frame.header, from: port, domain: domain)
    }

    func come(raw frame: [UInt8], header: [UInt8] = TestFrames.vnet(), by uplink: UInt16 = RouterRig.uplink) -> Outcome
    {
        route(header, frame, ingress: uplink, domain: 0, isSuperframe: header[1] != 0)
    }

    func come(_ frame: RoutedFrame, by uplink: UInt16 = RouterRig.uplink) -> Outcome {
        come(raw: frame.frame, header: frame.header, by: uplink)
    }

    /// A frame from alice to a remote.
    static func out(
        _ body: RoutedFrame.Body = .tcp, isIPv4: Bool = true, flags: UInt8 = TCP.syn, to destination: UInt128? = nil
    ) -> RoutedFrame {
        var frame = RoutedFrame(isIPv4: isIPv4, body: body, flags: flags)
        frame.source = isIPv4 ? alice : alice6
        frame.destination = destination ?? (isIPv4 ? remote : remote6)
        frame.ethernetSource = TestFrames.alice
        frame.ethernetDestination = gatewayMAC
        return frame
    }

    /// A frame that comes from outside.
    static func into(
        _ body: RoutedFrame.Body = .tcp, isIPv4: Bool = true, flags: UInt8 = TCP.syn, port: UInt16 = 8_080,
        from source: UInt128? = nil
    ) -> RoutedFrame {
        var frame = RoutedFrame(isIPv4: isIPv4, body: body, destinationPort: port, flags: flags)
        frame.source = source ?? (isIPv4 ? remote : remote6)
        frame.destination = isIPv4 ? host : host6
        frame.ethernetSource = nextHopMAC
        frame.ethernetDestination = uplinkMAC
        return frame
    }

    /// What a frame has to be when it has left.
    static func left(_ frame: RoutedFrame, from port: UInt16) -> RoutedFrame {
        var expected = frame
        expected.source = frame.isIPv4 ? host : host6
        expected.sourcePort = port
        return sent(expected)
    }

    /// What a frame that changed nothing else has to be when it has left.
    static func sent(_ frame: RoutedFrame) -> RoutedFrame {
        var expected = frame
        expected.hopLimit -= 1
        expected.ethernetSource = uplinkMAC
        expected.ethernetDestination = nextHopMAC
        return expected
    }

    /// The frame that answers one that has left.
    static func answer(to frame: RoutedFrame, _ body: RoutedFrame.Body? = nil, flags: UInt8 = TCP.synAck) -> RoutedFrame
    {
        var answer = frame
        answer.body = body ?? frame.body
        (answer.source, answer.destination) = (frame.destination, frame.source)
        if frame.body == .tcp || frame.body == .udp {
            (answer.sourcePort, answer.destinationPort) = (frame.destinationPort, frame.sourcePort)
        }
        answer.flags = flags
        answer.hopLimit = 60
        (answer.ethernetSource, answer.ethernetDestination) = (frame.ethernetDestination, frame.ethernetSource)
        return answer
    }

    /// What a frame from outside has to be when it comes to alice.
    static func arrived(_ frame: RoutedFrame, at port: UInt16, hops: UInt8 = 1) -> RoutedFrame {
        var expected = frame
        expected.destination = frame.isIPv4 ? alice : alice6
        if frame.body == .tcp || frame.body == .udp {
            expected.destinationPort = port
        } else {
            expected.sourcePort = port
        }
        expected.hopLimit -= hops
        expected.ethernetSource = gatewayMAC
        expected.ethernetDestination = TestFrames.alice
        return expected
    }
}

extension RoutingVerdict {
    /// Whether it is one out by an uplink.
    func isOut(by uplink: UInt16 = RouterRig.uplink) -> Bool { kind == .toUplink && port == uplink }

    /// Whether it is one to an endpoint.
    func isTo(_ endpoint: UInt16, domain wanted: UInt16 = 1) -> Bool {
        kind == .toEndpoint && port == endpoint && domain == wanted
    }

    /// Whether the packet goes nowhere, and nobody is told.
    func isDrop(_ why: DropReason) -> Bool { kind == .drop && reason == why }

    /// Whether the packet goes nowhere, and its sender is told.
    func isRefusal(_ why: DropReason) -> Bool { kind == .refuse && reason == why }
}
