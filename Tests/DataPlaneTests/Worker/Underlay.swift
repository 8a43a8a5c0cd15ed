import Addresses
import DataPlane
import Testing

/// The other hosts of an overlay and what they send, byte by byte and independent of the code under test.
enum Underlay {
    static let local = ipv4(0xC000_02FE)
    static let first = ipv4(0xC000_0201)
    static let second = ipv4(0xC000_0202)
    static let third = ipv4(0xC000_0203)
    /// Of IPv6.
    static let sixth = IPAddress.v6(IPv6Address(high: 0x2001_0DB8_0000_0000, low: 6))

    static func ipv4(_ number: UInt32) -> IPAddress {
        .v4(IPv4Address(value: number))
    }

    /// The outer headers of datagrams from a VTEP.
    static func flow(from peer: IPAddress = first, congestion: UInt8 = 0) -> TunnelFlow {
        var flow = TunnelFlow(isTCP: false, trafficClass: congestion, ports: (50_000, 4_789))
        switch peer {
        case .v4(let address): flow.ipv4Source = address.value
        case .v6(let address):
            flow.isIPv4 = false
            flow.ipv6Source = UInt128(address.high) << 64 | UInt128(address.low)
        }
        return flow
    }

    /// A whole outer frame with one inner frame, its checksum finished.
    static func datagram(
        _ inner: [UInt8], vni: UInt32 = 42, from peer: IPAddress = first, congestion: UInt8 = 0
    ) -> [UInt8] {
        flow(from: peer, congestion: congestion).frame(vxlan(inner, vni: vni))
    }

    /// Datagrams that UDP GRO has put together: virtio_net_hdr and outer frame. All but the last are of one length.
    static func train(
        _ inner: [[UInt8]], vni: UInt32 = 42, from peer: IPAddress = first, congestion: UInt8 = 0
    ) -> [UInt8] {
        let flow = flow(from: peer, congestion: congestion)
        let segment = 8 + (inner.first?.count ?? 0)
        let payload = inner.flatMap { vxlan($0, vni: vni) }
        return flow.header(segment: segment) + flow.frame(payload, partial: true)
    }

    /// struct sockaddr_in or sockaddr_in6.
    static func name(_ peer: IPAddress, port: UInt16 = 4_789) -> [UInt8] {
        let place = TestFrames.big(UInt64(port), 2)
        switch peer {
        case .v4: return [2, 0] + place + peer.octets + [UInt8](repeating: 0, count: 8)
        case .v6: return [10, 0] + place + [0, 0, 0, 0] + peer.octets + [0, 0, 0, 0]
        }
    }

    /// The control message UDP_SEGMENT.
    static func cutting(_ size: Int) -> [UInt8] {
        let value = [UInt8(size & 0xFF), UInt8(size >> 8)]
        return [18, 0, 0, 0, 0, 0, 0, 0] + [17, 0, 0, 0] + [103, 0, 0, 0] + value + [0, 0, 0, 0, 0, 0]
    }

    /// The control message IP_TOS or IPV6_TCLASS.
    static func marking(_ congestion: UInt8, isIPv4: Bool = true) -> [UInt8] {
        let kind: [UInt8] = isIPv4 ? [0, 0, 0, 0, 1, 0, 0, 0] : [41, 0, 0, 0, 67, 0, 0, 0]
        return [20, 0, 0, 0, 0, 0, 0, 0] + kind + [congestion, 0, 0, 0, 0, 0, 0, 0]
    }
}

extension ScriptedDevice.Sent {
    /// The datagrams of a train, as the kernel cuts it.
    var datagrams: [[UInt8]] {
        guard control.prefix(16) == Underlay.cutting(0).prefix(16) else { return [bytes] }
        let size = Int(control[16]) | Int(control[17]) << 8
        return stride(from: 0, to: bytes.count, by: max(size, 1)).map {
            Array(bytes[$0..<min(bytes.count, $0 + size)])
        }
    }

    /// The inner frames; nil where the VXLAN header is another.
    func inner(vni: UInt32 = 42) -> [[UInt8]?] {
        datagrams.map { $0.starts(with: vxlan([], vni: vni)) ? Array($0.dropFirst(8)) : nil }
    }
}

extension ScriptedWorker {
    /// The port that receives a tunnel's datagrams; those that send follow it.
    static let tunnel: UInt16 = 100

    /// Domain 1 is an overlay; nil: VNI 42, with two peers.
    convenience init(
        overlay: OverlayConfiguration?, ports: [UInt16] = [1, 2], senders: Int = 4,
        local: IPAddress = Underlay.local, udpPort: UInt16 = 4_789, slots: Int = 64
    ) throws {
        try self.init(ports: ports, slots: slots)
        try addTunnel(senders: senders, local: local, udpPort: udpPort)
        try setOverlay(overlay ?? Self.overlay())
        _ = device.take()
    }

    static func overlay(
        peers: [IPAddress] = [Underlay.first, Underlay.second], learning: Bool = true, acceptsAnyPeer: Bool = false,
        answersNeighbours: Bool = false
    ) -> OverlayConfiguration {
        OverlayConfiguration(
            vni: 42, tunnel: tunnel, learning: learning, acceptsAnyPeer: acceptsAnyPeer,
            answersNeighbours: answersNeighbours, peers: peers)
    }

    func addTunnel(
        _ id: UInt16 = tunnel, senders: Int = 4, local: IPAddress = Underlay.local, udpPort: UInt16 = 4_789,
        interface: UInt32 = 0
    ) throws {
        let receiver = PortConfiguration(id: id, domain: 0, kind: .tunnel, token: UInt64(id))
        try #require(perform(.setPort(receiver, descriptor: 0)) == 0)
        let numbers = (1...UInt16(senders)).map { id + $0 }
        for number in numbers {
            let sender = PortConfiguration(id: number, domain: 0, kind: .datagram, token: UInt64(number))
            try #require(perform(.setPort(sender, descriptor: 0)) == 0)
        }
        var tunnel = TunnelConfiguration(id: id, senders: numbers, udpPort: udpPort, local: local)
        if interface != 0 {
            tunnel.device = id + UInt16(senders) + 1
            tunnel.interface = interface
            let device = PortConfiguration(id: tunnel.device, domain: 0, kind: .tunnelDevice, token: 1)
            try #require(perform(.setPort(device, descriptor: 0)) == 0)
        }
        try #require(perform(.setTunnel(tunnel, sourcePorts: numbers.map { 50_000 + $0 })) == 0)
        step()
    }

    func setOverlay(_ overlay: OverlayConfiguration?, domain: UInt16 = 1) throws {
        try #require(perform(.setDomain(DomainConfiguration(id: domain, overlay: overlay))) == 0)
    }

    /// A station behind a VTEP, set by hand.
    func addRemote(_ mac: UInt64, vlan: UInt16 = 0, behind peer: IPAddress = Underlay.first) throws {
        let station = StationConfiguration(domain: 1, vlan: vlan, mac: MACAddress(value: mac), vtep: peer)
        try #require(perform(.addStation(station)) == 0)
        _ = device.take()
    }

    /// Delivers an outer frame by the tunnel, goes one round and returns what was sent.
    func arrive(
        _ outer: [UInt8], header: [UInt8] = TestFrames.vnet(), networkOffset: Int = 14
    ) -> [ScriptedDevice.Sent] {
        device.deliver(.frame(port: Self.tunnel, bytes: header + outer, networkOffset: networkOffset))
        step()
        return device.take().sent
    }

    /// What every test of a tunnel ends with: no rule was broken, every slot is back, and the sums close.
    func expectTunnelSound(_ note: Comment? = nil, location: SourceLocation = #_sourceLocation) {
        expectSound(note, location: location)
        for port in UInt16(1)...200 { expectIngressCloses(port, note, location: location) }
        for domain in UInt16(1)...9 {
            #expect(overlayCounters(domain).isIngressClosed, note, sourceLocation: location)
        }
    }
}
