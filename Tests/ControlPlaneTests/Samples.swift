import Addresses

@testable import ControlPlane

/// Records for tests.
enum Samples {
    static let mark = OwnerMark(daemon: "0123456789abcdef")

    static func network(
        _ number: UInt16 = 1, subnets: [String] = ["10.0.0.0/24"], phase: Phase = .active, hostPort: UInt16? = 100
    ) -> NetworkRecord {
        let prefixes = subnets.compactMap { IPPrefix($0) }
        return NetworkRecord(
            id: "000000000000000\(number)", name: "net\(number)", domain: number, driver: "bridge", subnets: prefixes,
            gateways: prefixes.map { IPAddress(family: $0.family, number: $0.network.number + 1) }, ranges: [],
            mtu: 1_500, isInternal: false, isIsolated: false, options: [:], phase: phase, hostPort: hostPort,
            hostToken: 900, hostIndex: 50)
    }

    /// An overlay's settings; those of other numbers have another UDP port.
    static func overlay(_ number: UInt16 = 1, peers: [String] = ["198.18.0.2"]) -> OverlaySettings {
        OverlaySettings(
            vni: 42, place: place(number), peers: peers.compactMap { IPAddress($0) }, learning: true,
            acceptsAnyPeer: false)
    }

    static func place(_ number: UInt16) -> TunnelPlace {
        TunnelPlace(local: .v4(IPv4Address(198, 18, 0, 1)), udpPort: 4_788 + number)
    }

    /// A tunnel whose ports begin at 1000, 1100, …
    static func tunnel(_ number: UInt16 = 1) -> TunnelRecord {
        let ports = (0..<UInt16(TunnelRecord.portCount)).map { 900 + number * 100 + $0 }
        return TunnelRecord(place: place(number), ports: ports, tokens: ports.map { UInt64($0) + 1 })
    }

    static func endpoint(
        _ port: UInt16 = 1, via: EndpointRecord.Via = .tap, sandbox: String? = nil, phase: Phase = .active,
        isGone: Bool = false, cookie: UInt64 = 77, isPinning: Bool = false
    ) -> EndpointRecord {
        EndpointRecord(
            id: "e\(port)", network: "0000000000000001", port: port,
            sandbox: via == .adopted ? "" : sandbox ?? "box\(port)", ifname: "eth0", via: via,
            mac: MACAddress(value: 0x0200_0000_0000 | UInt64(port)),
            addresses: [IPPrefix("10.0.0.\(port + 1)/24"), IPPrefix("fd00::\(port + 1)/64")].compactMap(\.self),
            name: "web", aliases: ["a", "b"], vlan: nil, isGuarded: true, phase: phase, isGone: isGone, cookie: cookie,
            index: Int32(port) + 10, nearIndex: via == .veth ? Int32(port) + 20 : 0, token: UInt64(port) + 1_000,
            isPinning: isPinning)
    }
}

/// Random numbers that a printed seed gives again (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
