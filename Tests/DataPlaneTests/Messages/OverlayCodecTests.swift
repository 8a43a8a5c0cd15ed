import Addresses
import DataPlane
import Testing

@Suite("Requests about overlays as bytes")
struct OverlayCodecTests {
    private static let header: [UInt8] = [0x48, 0x45, 0x44, 0x4C, 6]
    private static let ipv4 = IPAddress.v4(IPv4Address(value: 0x0A00_0001))
    private static let ipv6 = IPAddress.v6(IPv6Address(high: 0x2001_0DB8_0000_0001, low: 2))
    private static let ipv4Bytes: [UInt8] = [4, 10, 0, 0, 1]
    private static let ipv6Bytes: [UInt8] = [6, 0x20, 1, 0x0D, 0xB8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]

    private static let overlay = EngineRequest.domain(
        DomainConfiguration(
            id: 1, ageingMilliseconds: 2,
            overlay: OverlayConfiguration(
                vni: 0x0003_0201, tunnel: 4, mtu: 5, learning: false, acceptsAnyPeer: true, answersNeighbours: false,
                peers: [ipv4, ipv6], routerMAC: MACAddress(value: 6), routerIPv4: IPv4Address(value: 7),
                routerIPv6: IPv6Address(high: 8, low: 9))))
    private static let tunnel = EngineRequest.tunnel(
        TunnelConfiguration(
            id: 1, senders: [2, 0x0403], device: 5, interface: 6, udpPort: 4_789, local: ipv6))
    private static let neighbour = NeighbourConfiguration(
        domain: 1, address: ipv4, mac: MACAddress(value: 0x0102_0304_0506))
    private static let remote = StationConfiguration(domain: 1, vlan: 2, mac: MACAddress(value: 3), vtep: ipv6)

    private func decode(_ bytes: [UInt8]) throws(MessageError) -> EngineRequest {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        return try EngineRequest.decode(UnsafeRawBufferPointer(memory)).request
    }

    @Test("the bytes themselves: another version of daemon or engine must find them so")
    func layout() {
        let start: [UInt8] = [0, 0, 0, 0, 0, 0]
        let domain: [UInt8] = [1, 0, 2, 0, 0, 0, 1]
        let fields: [UInt8] = [1, 2, 3, 0, 4, 0, 5, 0, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0]
        let router: [UInt8] = [1, 7, 0, 0, 0] + [1, 8, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]
        #expect(
            Self.overlay.encoded(sequence: 0)
                == Self.header + [3] + start + domain + fields + router + [2] + Self.ipv4Bytes + Self.ipv6Bytes + [
                    0, 0,
                ])
        let plain = DomainConfiguration(
            id: 1, ageingMilliseconds: 2, overlay: OverlayConfiguration(vni: 0, tunnel: 1, mtu: 0x0403_0201))
        #expect(
            EngineRequest.domain(plain).encoded(sequence: 0)
                == Self.header + [3] + start + domain + [0, 0, 0, 0, 1, 0, 1, 2, 3, 4, 1, 0, 0]
                + [0, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0])
        #expect(
            Self.tunnel.encoded(sequence: 0)
                == Self.header + [13] + start + [1, 0, 5, 0, 6, 0, 0, 0, 0xB5, 0x12] + Self.ipv6Bytes
                + [2, 2, 0, 3, 4])
        let row: [UInt8] = [1, 0] + Self.ipv4Bytes + [6, 5, 4, 3, 2, 1, 0, 0]
        #expect(EngineRequest.addNeighbour(Self.neighbour).encoded(sequence: 0) == Self.header + [14] + start + row)
        #expect(EngineRequest.removeNeighbour(Self.neighbour).encoded(sequence: 0) == Self.header + [15] + start + row)
        let station: [UInt8] = [1, 0, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] + Self.ipv6Bytes
        #expect(EngineRequest.addStation(Self.remote).encoded(sequence: 0) == Self.header + [8] + start + station)
        #expect(EngineRequest.removeStation(Self.remote).encoded(sequence: 0) == Self.header + [9] + start + station)
        let tunnelPort = PortConfiguration(id: 1, domain: 0, kind: .tunnel, token: 5)
        #expect(EngineRequest.port(tunnelPort).encoded(sequence: 0)[12...].prefix(5) == [1, 0, 0, 0, 3])
        let sender = PortConfiguration(id: 1, domain: 0, kind: .datagram, token: 5)
        #expect(EngineRequest.port(sender).encoded(sequence: 0)[12...].prefix(5) == [1, 0, 0, 0, 4])
    }

    @Test("what is full is read back: 64 peers, 32 senders, the largest VNI")
    func limits() throws {
        let peers = (0..<UInt64(OverlayConfiguration.maximumPeers)).map {
            IPAddress.v6(IPv6Address(high: .max, low: .max - $0))
        }
        let full = EngineRequest.domain(
            DomainConfiguration(
                id: 4_095, ageingMilliseconds: .max,
                overlay: OverlayConfiguration(
                    vni: OverlayConfiguration.largestVNI, tunnel: .max, mtu: .max, peers: peers)))
        #expect(try decode(full.encoded(sequence: 1)) == full)
        #expect(OverlayConfiguration(vni: 1, tunnel: 1, peers: peers + [Self.ipv4]).peers == peers)
        for count in [1, 2, 4, 8, 16, 32] {
            let tunnel = EngineRequest.tunnel(
                TunnelConfiguration(id: 1, senders: (0..<count).map { UInt16($0) + 2 }, local: Self.ipv4))
            #expect(try decode(tunnel.encoded(sequence: 1)) == tunnel)
        }
    }

    @Test("fields that can't be are refused")
    func badFields() {
        func expectRefused(_ request: EngineRequest, _ offset: Int, _ value: UInt8, _ why: Comment) {
            var bytes = request.encoded(sequence: 1)
            bytes[offset] = value
            #expect(throws: MessageError.badField, why) { try decode(bytes) }
        }
        // Offsets from the message's first byte on: 12 of header, 7 of domain.
        expectRefused(Self.overlay, 18, 2, "neither an overlay nor none")
        expectRefused(Self.overlay, 22, 1, "a VNI of 25 bits")
        for flag in 29...31 { expectRefused(Self.overlay, flag, 2, "neither yes nor no") }
        expectRefused(Self.overlay, 38, 1, "a router's MAC of 49 bits")
        expectRefused(Self.overlay, 40, 2, "neither a router's address nor none")
        expectRefused(Self.overlay, 45, 2, "neither a router's address nor none")
        expectRefused(Self.overlay, 62, 65, "65 peers")
        expectRefused(Self.overlay, 63, 5, "a family that isn't one")
        for count in [UInt8(0), 3, 31, 33, 64, 255] { expectRefused(Self.tunnel, 39, count, "\(count) senders") }
        expectRefused(Self.tunnel, 22, 0, "a family that isn't one")
        expectRefused(.addNeighbour(Self.neighbour), 14, 16, "a family that isn't one")
        expectRefused(.addNeighbour(Self.neighbour), 25, 1, "a MAC of 49 bits")
        expectRefused(.addStation(Self.remote), 26, 2, "neither behind a VTEP nor not")
        expectRefused(.addStation(Self.remote), 27, 7, "a family that isn't one")
    }
}
