import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// Hosts on one wire, each with a daemon of its own: every host's u0 is on one bridge. Their addresses are 198.18.0.1,
/// .2, … or fd00:18::1, ::2, …; those of one more, that is no host of Heddle's, follow.
final class OverlayFleet {
    /// One for each host.
    let labs: [HeddleUnderTest]
    let family: IPAddress.Family
    private let wire: LabNamespace
    let mtu: UInt32
    static let uplink = "u0"
    /// The overlay that tests make.
    static let network = "blue"

    private init(_ labs: [HeddleUnderTest], _ family: IPAddress.Family, mtu: UInt32) throws {
        self.labs = labs
        self.family = family
        self.mtu = mtu
        wire = try LabNamespace()
        var options = BridgeOptions()
        options.spanningTree = false
        options.forwardDelay = 0
        options.multicastSnooping = false
        _ = try wire.session().createBridge(
            NewLink(name: try InterfaceName(parsing: "br0"), isUp: true), options: options)
        for (index, lab) in labs.enumerated() {
            // Addresses are there at once.
            for scope in ["all", "default"] { try lab.host.set("net/ipv6/conf/\(scope)/accept_dad", "0") }
            try plug(try lab.host.open(), number: index)
            lab.ownInterfaces.insert(Self.uplink)
        }
    }

    /// Runs a test in a fleet whose daemons run.
    static func run(
        hosts count: Int = 2, _ family: IPAddress.Family = .v4, mtu: UInt32 = 1_500, io: InputOutput = .uring,
        at location: SourceLocation = #_sourceLocation, _ body: (OverlayFleet) throws -> Void
    ) throws {
        func gather(_ labs: [HeddleUnderTest]) throws {
            guard labs.count < count else {
                let fleet = try OverlayFleet(labs, family, mtu: mtu)
                try body(fleet)
                return try fleet.awaitClosing()
            }
            try HeddleUnderTest.run(io: io, at: location) { lab in try gather(labs + [lab]) }
        }
        try gather([])
    }

    /// Waits until TCP is through with what the test has closed: while the other end's host is being removed, it would
    /// keep its sandbox for seconds.
    private func awaitClosing() throws {
        let states = ["established", "close-wait", "fin-wait-1", "closing", "last-ack"].flatMap { ["state", $0] }
        for lab in labs {
            for sandbox in lab.sandboxes.values where sandbox.exists {
                _ = try Patience.until {
                    let program = try RunningProgram(
                        try Programs.system("ss"), ["-tnH"] + states, in: try sandbox.open())
                    return try program.readAll().isEmpty
                }
            }
        }
    }

    /// A host's address in the underlay, counted from 0.
    func address(_ index: Int) -> String {
        family == .v4 ? "198.18.0.\(index + 1)" : "fd00:18::\(index + 1)"
    }

    /// Joins a host to the wire, with its address.
    func plug(_ host: NetworkNamespace, number index: Int) throws {
        let session = try wire.session()
        let near = try session.createVeth(
            near: NewLink(name: try InterfaceName(parsing: "w\(index)"), mtu: mtu, isUp: true),
            far: NewLink(name: try InterfaceName(parsing: Self.uplink), mtu: mtu, isUp: true), farNamespace: host)
        guard let bridge = try session.link(named: "br0") else { throw LabError("there is no bridge") }
        try session.setMaster(link: near, bridge.index)
        try wire.waitUntilRunning("w\(index)")
        try setAddress(of: index, in: host, isThere: true)
    }

    /// Gives a host its address in the underlay, or takes it away.
    func setAddress(of index: Int, in host: NetworkNamespace? = nil, isThere: Bool) throws {
        let route = try RouteSocket(in: host ?? labs[index].host.open())
        guard let link = try route.link(named: Self.uplink) else { throw LabError("there is no uplink") }
        let prefix = try IPPrefix(parsing: address(index) + (family == .v4 ? "/24" : "/64"))
        if isThere {
            try route.addAddress(link: link.index, prefix)
        } else {
            try route.removeAddress(link: link.index, prefix)
        }
    }

    /// Changes the MTU of a host's uplink.
    func setUplinkMTU(of index: Int, _ mtu: UInt32) throws {
        try labs[index].host.ask { route in
            guard let link = try route.link(named: Self.uplink) else { throw LabError("there is no uplink") }
            try route.setMTU(link: link.index, mtu)
        }
    }

    /// Makes the overlay on one host by its command line. Its peers are all others, unless they are named; its endpoints'
    /// addresses are 10.42.1.x on the first host, 10.42.2.x on the second, and so on.
    @discardableResult
    func makeOverlay(
        on index: Int, name: String = network, vni: Int = 42, peers: [Int]? = nil, subnet: String? = "10.42",
        _ more: String...
    ) throws -> Network {
        var words = ["network", "create", name, "--driver", "overlay", "--vni", "\(vni)", "--local", address(index)]
        for peer in peers ?? Array(labs.indices.filter { $0 != index }) { words += ["--peer", address(peer)] }
        if let subnet { words += ["--subnet", "\(subnet).0.0/16", "--ip-range", "\(subnet).\(index + 1).0/24"] }
        let outcome = try labs[index].heddle(words + more)
        guard outcome.status == 0 else { throw LabError("heddle \(words): \(outcome.errors)") }
        return try labs[index].client.network(named: name)
    }

    /// A sandbox with an endpoint on each host's overlay.
    func makeBoxes(network: String = network, via: String = "tap") throws -> [(box: TestSandbox, address: String)] {
        try labs.map { lab in try makeBox(lab, network: network, via: via) }
    }

    /// One more sandbox on a host's overlay. The address is empty where the network has none.
    func makeBox(
        _ lab: HeddleUnderTest, _ short: String = "box", network: String = network, via: String = "tap"
    ) throws -> (box: TestSandbox, address: String) {
        let box = try lab.makeSandbox(short)
        let endpoint = try lab.attach(box, to: network, via: via)
        return (box, endpoint.addresses.first?.split(separator: "/").first.map(String.init) ?? "")
    }

    /// Whether a sandbox gets an answer, within a few tries.
    func reaches(_ address: String, from box: TestSandbox, of lab: HeddleUnderTest, tries: Int = 20) throws -> Bool {
        for _ in 0..<tries where try lab.succeeds(["ping", "-c1", "-W1", address], in: box) { return true }
        return false
    }

    /// The device of a host's tunnel.
    func device(of lab: HeddleUnderTest) throws -> Link? {
        try lab.host.ask { route in try route.links().first { $0.name.hasPrefix("hdltx") } }
    }

    /// Whether this kernel has such devices: since Linux 6.17.
    static var haveDevices: Bool {
        var names = utsname()
        uname(&names)
        let release = withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        return numbers.count == 2 && (numbers[0], numbers[1]) >= (6, 17)
    }

    /// Super-frames that have left a host whole, by its tunnel's device.
    func sentWhole(by lab: HeddleUnderTest) throws -> UInt64 {
        guard let counters = try device(of: lab)?.statistics else { throw LabError("there is no device") }
        return counters.rxPackets
    }

    /// Whether a host's super-frames leave whole within some seconds, while somebody transfers.
    func leavesWhole(_ lab: HeddleUnderTest) throws -> Bool {
        let before = try sentWhole(by: lab)
        return try Patience.until { try sentWhole(by: lab) > before + 20 }
    }

    /// The row of the tunnel side of an overlay in a host's statistics.
    func tunnelSide(of lab: HeddleUnderTest, network: String = network) throws -> Statistics.Port {
        let rows = try lab.client.statistics().ports
        guard let row = rows.first(where: { $0.port == "vxlan" && $0.network == network }) else {
            throw LabError("stats has no row for the tunnel side of \(network): \(rows.map(\.port))")
        }
        return row
    }

    /// The row of a host's tunnel in its statistics.
    func tunnel(of index: Int, port: Int = 4_789) throws -> Statistics.Port {
        let name = family == .v4 ? "vxlan@\(address(index)):\(port)" : "vxlan@[\(address(index))]:\(port)"
        let rows = try labs[index].client.statistics().ports
        guard let row = rows.first(where: { $0.port == name }) else {
            throw LabError("stats has no row \(name): \(rows.map(\.port))")
        }
        return row
    }
}
