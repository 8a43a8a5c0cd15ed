import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink

/// A host whose interface leads to a LAN: a sandbox of its own, joined to the host by a pair. The network `office` is on
/// that LAN.
struct MacvlanLab {
    let lab: HeddleUnderTest
    /// A machine on the LAN.
    let lan: TestSandbox
    /// The host's interface on the LAN.
    let parent: String

    /// The LAN machine's addresses; it is the gateway too.
    static let remote = "192.0.2.1"
    static let remote6 = "2001:db8::1"
    /// The host's address on the LAN.
    static let host = "192.0.2.2"
    static let subnets = ["192.0.2.0/24", "2001:db8::/64"]

    /// Makes all of it, without endpoints; `vlan`: in one VLAN of the parent.
    init(_ lab: HeddleUnderTest, mode: String? = nil, vlan: Int? = nil, subnets: [String] = subnets) throws {
        self.lab = lab
        lan = try lab.makeSandbox("lan", ipv6: true)
        parent = try join(lab, lan, host: "\(Self.host)/24", other: "\(Self.remote)/24")
        try Self.addIPv6(lan, HeddleUnderTest.ownInterface, "\(Self.remote6)/64")
        var options = ["parent": parent + (vlan.map { ".\($0)" } ?? "")]
        options["mode"] = mode
        _ = try lab.client.createNetwork(
            NetworkRequest(name: "office", driver: "macvlan", subnets: subnets, options: options))
    }

    /// An endpoint of `office`.
    func endpoint(_ short: String, via: String = "tap") throws -> LabEndpoint {
        let sandbox = try lab.makeSandbox(short, ipv6: true)
        let endpoint = try lab.client.attach(AttachRequest(network: "office", sandbox: sandbox.name, via: via))
        return LabEndpoint(sandbox: sandbox, endpoint: endpoint)
    }

    /// Whole frames on the LAN's side.
    func frames() throws -> FramePort { try FramePort(lan, HeddleUnderTest.ownInterface) }

    /// Whether one machine gets an answer from an address.
    func pings(_ sandbox: TestSandbox, _ address: String, within seconds: Int = 2) throws -> Bool {
        try lab.succeeds(["ping", "-c1", "-W\(seconds)", address], in: sandbox)
    }

    /// What the LAN machine knows as the MAC address of an address.
    func neighbour(_ address: String) throws -> MACAddress? {
        try lan.ask { route in try route.neighbours().first { "\($0.address)" == address }?.mac }
    }

    /// Runs `ip` with these words, which must succeed.
    func ip(_ words: String, in sandbox: TestSandbox? = nil) throws {
        let sandbox = sandbox ?? lab.host
        guard try lab.succeeds(["ip"] + words.split(separator: " ").map(String.init), in: sandbox) else {
            throw LabError("ip \(words) fails in \(sandbox.name)")
        }
    }

    /// How often that reason was counted, at all ports.
    func drops(_ reason: String) throws -> UInt64 {
        try lab.client.statistics().ports.reduce(0) { $0 + $1.drops[reason, default: 0] }
    }

    static func addIPv6(_ sandbox: TestSandbox, _ name: String, _ prefix: String) throws {
        try sandbox.ask { route in
            guard let link = try route.link(named: name) else { throw LabError("there is no \(name)") }
            try route.addAddress(link: link.index, try IPPrefix(parsing: prefix), noDuplicateDetection: true)
        }
    }
}

/// A sandbox with its endpoint.
struct LabEndpoint {
    let sandbox: TestSandbox
    let endpoint: Endpoint

    var mac: MACAddress { MACAddress(endpoint.mac) ?? .zero }
    /// Its IPv4 address.
    var address: String { String(endpoint.addresses.first?.split(separator: "/").first ?? "") }
    /// Its IPv6 address.
    var address6: String { String(endpoint.addresses.last?.split(separator: "/").first ?? "") }

    /// Whole frames inside the sandbox.
    func frames() throws -> FramePort { try FramePort(sandbox, endpoint.ifname) }
}
