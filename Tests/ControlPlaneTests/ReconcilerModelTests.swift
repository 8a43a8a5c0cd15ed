import Testing

@testable import ControlPlane

/// Random records in random worlds: once the steps are done, in a model of the world, nothing is left to do.
@Suite struct ReconcilerModelTests {
    @Test(arguments: 0..<300 as Range<UInt64>)
    func repairsConverge(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var world = World(random: &random)
        for step in world.plan() { world.perform(step) }
        let rest = world.plan().filter { !world.isSettled($0) }
        #expect(rest.isEmpty, "seed \(seed)")
        world.checkInvariants(seed: seed)
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func repairsThatAreCutShortConvergeToo(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var world = World(random: &random)
        // Each start of the daemon gets some way and dies.
        for _ in 0..<3 {
            let steps = world.plan()
            for step in steps.prefix(Int.random(in: 0...steps.count, using: &random)) { world.perform(step) }
        }
        for step in world.plan() { world.perform(step) }
        #expect(world.plan().allSatisfy { world.isSettled($0) }, "seed \(seed)")
        world.checkInvariants(seed: seed)
    }
}

/// Records and the world that they should be true in.
private struct World {
    var networks: [NetworkRecord] = []
    var endpoints: [EndpointRecord] = []
    var tunnels: [TunnelRecord] = []
    var seen = Sightings()
    private var nextIndex: Int32 = 500

    private let mark = Samples.mark

    init(random: inout SeededGenerator) {
        let phases: [Phase] = [.creating, .active, .active, .active, .removing]
        seen.isPrivateNew = Bool.random(using: &random)
        for number in 1...3 as ClosedRange<UInt16> {
            let host: UInt16? = Bool.random(using: &random) ? 100 + number : nil
            var network = Samples.network(
                number, phase: phases.randomElement(using: &random) ?? .active, hostPort: host)
            network.hostIndex = 50 + Int32(number)
            networks.append(network)
            if host != nil, Bool.random(using: &random) {
                seen.ownLinks.append(
                    LinkSight(
                        index: network.hostIndex, name: network.hostInterface, alias: mark.alias(of: network.id)))
            }
            if let host, Bool.random(using: &random) { seen.held[host] = HeldPort(isTap: true, token: 900) }
        }
        for port in 1...8 as ClosedRange<UInt16> { addEndpoint(port, &random) }
        for number in 1...3 as ClosedRange<UInt16> { addTunnel(number, &random) }
        if Bool.random(using: &random) { seen.held[77] = HeldPort(isTap: true, token: 1) }
        if Bool.random(using: &random) { seen.privateLinks.append(LinkSight(index: 99, name: "t99", alias: "")) }
        seen.ownLinks.append(LinkSight(index: 1, name: "foreign", alias: "heddle:ffffffff:x"))
    }

    /// A network may be an overlay; its tunnel, or one that nobody uses, may be recorded, and held in parts.
    private mutating func addTunnel(_ number: UInt16, _ random: inout SeededGenerator) {
        let overlay = Samples.overlay(number)
        if Bool.random(using: &random) {
            networks[Int(number) - 1].driver = OverlaySettings.driver
            networks[Int(number) - 1].overlay = overlay
        }
        guard Bool.random(using: &random) else { return }
        let record = Samples.tunnel(number)
        tunnels.append(record)
        let isWhole = Bool.random(using: &random)
        for (port, token) in zip(record.ports, record.tokens) where isWhole || Bool.random(using: &random) {
            seen.held[port] = HeldPort(isTap: false, token: isWhole || Bool.random(using: &random) ? token : 3)
        }
    }

    private mutating func addEndpoint(_ port: UInt16, _ random: inout SeededGenerator) {
        let via = [EndpointRecord.Via.tap, .tap, .veth, .adopted].randomElement(using: &random) ?? .tap
        let phases: [Phase] = [.creating, .active, .active, .active, .returning, .removing]
        let phase = phases.randomElement(using: &random) ?? .active
        var record = Samples.endpoint(
            port, via: via, sandbox: port == 5 ? "pid:5" : nil,
            phase: via == .adopted && phase == .returning ? .active : phase,
            isGone: Bool.random(using: &random), isPinning: via == .tap && Bool.random(using: &random))
        record.network = networks.randomElement(using: &random)?.id ?? record.network
        // A network goes only once its endpoints are gone.
        if let home = networks.firstIndex(where: { $0.id == record.network }) { networks[home].phase = .active }
        endpoints.append(record)
        let alias = mark.alias(of: record.id)
        if Bool.random(using: &random) {
            seen.held[port] = HeldPort(isTap: via == .tap, token: Bool.random(using: &random) ? record.token : 5)
        }
        switch via {
        case .adopted:
            if Bool.random(using: &random) {
                seen.ownLinks.append(LinkSight(index: record.index, name: record.ifname, alias: ""))
            }
        case .veth:
            if !seen.isPrivateNew, Bool.random(using: &random) {
                seen.privateLinks.append(LinkSight(index: record.nearIndex, name: record.nearInterface, alias: alias))
            }
            seen.sandboxes[record.id] = sandbox(record, alias: alias, &random)
        case .tap, .loopback, .host: seen.sandboxes[record.id] = sandbox(record, alias: alias, &random)
        }
    }

    private func sandbox(_ record: EndpointRecord, alias: String, _ random: inout SeededGenerator) -> SandboxSight {
        let link = LinkSight(index: record.index, name: record.ifname, alias: alias)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return .absent
        case 1: return .own
        case 2: return .present(cookie: record.cookie, interface: link)
        case 3: return .present(cookie: record.cookie, interface: nil)
        default: return .present(cookie: record.cookie + 1, interface: nil)
        }
    }

    func plan() -> [RepairStep] {
        Reconciler.plan(networks: networks, endpoints: endpoints, tunnels: tunnels, mark: mark, seen: seen)
    }

    /// A step that says that all is well.
    func isSettled(_ step: RepairStep) -> Bool {
        switch step {
        case .keep: true
        case .markGone(let id): endpoints.contains { $0.id == id && $0.isGone && seen.held[$0.port] == nil }
        default: false
        }
    }

    mutating func perform(_ step: RepairStep) {
        switch step {
        case .dropPort(let port): seen.held[port] = nil
        case .deletePrivateLink(let link): seen.privateLinks.removeAll { $0 == link }
        case .deleteOwnLink(let link): seen.ownLinks.removeAll { $0 == link }
        case .rollBackNetwork(let id), .finishNetworkRemoval(let id): removeNetwork(id)
        case .rollBackEndpoint(let id), .finishDetach(let id):
            dismantle(id)
            endpoints.removeAll { $0.id == id }
        case .keep: break
        case .openTunnel(let place): openTunnel(place)
        case .releaseTunnel(let place): releaseTunnel(place)
        case .openParent(let id): openParent(id)
        case .reattachHostPort(let id), .makeHostPort(let id): makeHostPort(id)
        case .reattachTap(let id), .reopenSocket(let id): change(id) { $0.token += 1 }
        case .markGone(let id):
            dismantle(id)
            change(id, isHeld: false) { record in
                record.isGone = true
                record.phase = .active
                record.isPinning = false
            }
        case .rewire(let id): rewire(id)
        }
    }

    private mutating func openParent(_ id: String) {
        guard let place = networks.firstIndex(where: { $0.id == id }), let port = networks[place].parentPort else {
            return
        }
        networks[place].parentToken += 1
        seen.held[port] = HeldPort(isTap: false, token: networks[place].parentToken)
    }

    private mutating func removeNetwork(_ id: String) {
        guard let network = networks.first(where: { $0.id == id }) else { return }
        if let port = network.hostPort { seen.held[port] = nil }
        seen.ownLinks.removeAll { $0.alias == mark.alias(of: id) }
        networks.removeAll { $0.id == id }
        // The last network takes the tunnel along.
        if let place = network.overlay?.place, !networks.contains(where: { $0.overlay?.place == place }) {
            releaseTunnel(place)
        }
    }

    private mutating func openTunnel(_ place: TunnelPlace) {
        let known = tunnels.first { $0.place == place } ?? Samples.tunnel(place.udpPort - 4_788)
        let record = known.withNewTokens()
        tunnels.removeAll { $0.place == place }
        tunnels.append(record)
        for (port, token) in zip(record.ports, record.tokens) {
            seen.held[port] = HeldPort(isTap: false, token: token)
        }
    }

    private mutating func releaseTunnel(_ place: TunnelPlace) {
        for port in tunnels.first(where: { $0.place == place })?.ports ?? [] { seen.held[port] = nil }
        tunnels.removeAll { $0.place == place }
    }

    private mutating func makeHostPort(_ id: String) {
        guard let position = networks.firstIndex(where: { $0.id == id }), let port = networks[position].hostPort else {
            return
        }
        seen.ownLinks.removeAll { $0.alias == mark.alias(of: id) }
        networks[position].hostToken += 1
        networks[position].hostIndex = nextIndex
        seen.ownLinks.append(
            LinkSight(index: nextIndex, name: networks[position].hostInterface, alias: mark.alias(of: id)))
        seen.held[port] = HeldPort(isTap: true, token: networks[position].hostToken)
        nextIndex += 1
    }

    private mutating func dismantle(_ id: String) {
        guard let record = endpoints.first(where: { $0.id == id }) else { return }
        seen.held[record.port] = nil
        seen.privateLinks.removeAll { $0.alias == mark.alias(of: id) }
        if record.via == .tap, case .present(record.cookie, _) = seen.sandboxes[id] {
            seen.sandboxes[id] = .present(cookie: record.cookie, interface: nil)
        }
    }

    private mutating func rewire(_ id: String) {
        dismantle(id)
        guard case .present(let cookie, _) = seen.sandboxes[id] else { return }
        nextIndex += 1
        let index = nextIndex
        change(id) { record in
            record.phase = .active
            record.isGone = false
            record.cookie = cookie
            record.index = index
            record.nearIndex = record.via == .veth ? index : 0
            record.isPinning = false
            record.token += 1
        }
        guard let record = endpoints.first(where: { $0.id == id }) else { return }
        let alias = mark.alias(of: id)
        seen.sandboxes[id] = .present(
            cookie: cookie, interface: LinkSight(index: index, name: record.ifname, alias: alias))
        if record.via == .veth {
            seen.privateLinks.append(LinkSight(index: index, name: record.nearInterface, alias: alias))
        }
    }

    private mutating func change(_ id: String, isHeld: Bool = true, _ body: (inout EndpointRecord) -> Void) {
        guard let position = endpoints.firstIndex(where: { $0.id == id }) else { return }
        body(&endpoints[position])
        let record = endpoints[position]
        if isHeld { seen.held[record.port] = HeldPort(isTap: record.via == .tap, token: record.token) }
    }

    /// What must be so after every repair, said without the reconciler.
    func checkInvariants(seed: UInt64) {
        let claimed = Set(
            endpoints.filter { !$0.isGone }.map(\.port) + networks.compactMap(\.hostPort) + tunnels.flatMap(\.ports))
        #expect(Set(seen.held.keys) == claimed, "a port too many or too few, seed \(seed)")
        #expect(networks.allSatisfy { $0.phase == .active }, "seed \(seed)")
        #expect(Set(tunnels.map(\.place)) == Set(networks.compactMap { $0.overlay?.place }), "seed \(seed)")
        #expect(endpoints.allSatisfy { $0.phase == .active }, "seed \(seed)")
        let near = Set(endpoints.filter { $0.via == .veth && !$0.isGone }.map(\.nearIndex))
        #expect(Set(seen.privateLinks.map(\.index)) == near, "seed \(seed)")
        #expect(seen.ownLinks.contains { $0.name == "foreign" }, "seed \(seed)")
    }
}
