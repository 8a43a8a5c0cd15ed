import DataPlane
import Netlink

/// Compares what is recorded with what was found. Pure: the same records and sightings give the same steps, and once
/// they are done, no steps but `keep`.
enum Reconciler {
    /// What to do, in this order: what nobody knows goes first, so that its names and numbers are free; then what can
    /// forward again quickly; then what has to be made.
    static func plan(
        networks: [NetworkRecord], endpoints: [EndpointRecord], tunnels: [TunnelRecord] = [], mark: OwnerMark,
        seen: Sightings
    ) -> [RepairStep] {
        var steps = networks.flatMap { networkSteps($0, mark: mark, seen: seen) }
        steps += tunnelSteps(tunnels, networks: networks, seen: seen)
        steps += endpoints.map { endpointStep($0, mark: mark, seen: seen) }
        steps += strays(networks: networks, endpoints: endpoints, tunnels: tunnels, mark: mark, seen: seen)
        return steps.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element)
    }

    private static func networkSteps(
        _ network: NetworkRecord, mark: OwnerMark, seen: Sightings
    ) -> [RepairStep] {
        switch network.phase {
        case .creating: return [.rollBackNetwork(id: network.id)]
        case .removing: return [.finishNetworkRemoval(id: network.id)]
        case .active, .returning: break
        }
        if let port = network.parentPort {
            let isHeld = seen.held[port] == HeldPort(isTap: false, token: network.parentToken)
            return isHeld ? [] : [.openParent(network: network.id)]
        }
        guard let port = network.hostPort else { return [] }
        let isThere = seen.ownLinks.contains { $0.index == network.hostIndex && $0.alias == mark.alias(of: network.id) }
        let isHeld = seen.held[port] == HeldPort(isTap: true, token: network.hostToken)
        switch (isThere, isHeld) {
        case (true, true): return []
        case (true, false): return [.reattachHostPort(network: network.id)]
        case (false, _): return [.makeHostPort(network: network.id)]
        }
    }

    /// A network that isn't wanted takes its tunnel along when it goes.
    private static func tunnelSteps(
        _ tunnels: [TunnelRecord], networks: [NetworkRecord], seen: Sightings
    ) -> [RepairStep] {
        let wanted = Set(networks.filter { $0.phase == .active }.compactMap { $0.overlay?.place })
        let used = Set(networks.compactMap { $0.overlay?.place })
        var steps: [RepairStep] = []
        for tunnel in tunnels {
            if wanted.contains(tunnel.place), !isHeld(tunnel, seen) { steps.append(.openTunnel(tunnel.place)) }
            if !used.contains(tunnel.place) { steps.append(.releaseTunnel(tunnel.place)) }
        }
        let known = Set(tunnels.map(\.place))
        let missing = wanted.subtracting(known).sorted { "\($0)" < "\($1)" }
        return steps + missing.map { .openTunnel($0) }
    }

    private static func isHeld(_ tunnel: TunnelRecord, _ seen: Sightings) -> Bool {
        tunnel.portConfigurations.allSatisfy { seen.held[$0.id] == HeldPort(isTap: false, token: $0.token) }
    }

    private static func endpointStep(_ endpoint: EndpointRecord, mark: OwnerMark, seen: Sightings) -> RepairStep {
        switch endpoint.phase {
        case .creating: return .rollBackEndpoint(id: endpoint.id)
        case .removing: return .finishDetach(id: endpoint.id)
        case .returning:
            if case .present = seen.sandboxes[endpoint.id] { return .rewire(id: endpoint.id) }
            return .markGone(id: endpoint.id)
        case .active: break
        }
        let isHeld = seen.held[endpoint.port] == HeldPort(isTap: endpoint.via == .tap, token: endpoint.token)
        if endpoint.via == .adopted {
            let isThere = seen.ownLinks.contains { link in
                link.index == endpoint.index && (link.name == endpoint.ifname || link.mac == endpoint.mac)
            }
            guard isThere, !endpoint.isGone else { return .markGone(id: endpoint.id) }
            return isHeld ? .keep(id: endpoint.id) : .reopenSocket(id: endpoint.id)
        }
        let sandbox = seen.sandboxes[endpoint.id] ?? .absent
        // The host is always there.
        if endpoint.via == .host { return .keep(id: endpoint.id) }
        if case .present(let cookie, _) = sandbox, cookie != endpoint.cookie, hasReturned(endpoint) {
            return .rewire(id: endpoint.id)
        }
        // What is gone stays so until its sandbox comes back, which is decided above.
        if endpoint.isGone { return .markGone(id: endpoint.id) }
        switch endpoint.via {
        case .tap: return tapStep(endpoint, isHeld: isHeld, sandbox: sandbox)
        case .loopback, .host:
            if case .present(endpoint.cookie, _) = sandbox { return .keep(id: endpoint.id) }
            return .markGone(id: endpoint.id)
        case .veth, .adopted: return vethStep(endpoint, isHeld: isHeld, sandbox: sandbox, mark: mark, seen: seen)
        }
    }

    /// A process id that names another namespace than before names another sandbox.
    private static func hasReturned(_ endpoint: EndpointRecord) -> Bool {
        (try? SandboxReference(parsing: endpoint.sandbox))?.isLasting ?? false
    }

    private static func tapStep(_ endpoint: EndpointRecord, isHeld: Bool, sandbox: SandboxSight) -> RepairStep {
        // A namespace lives on without a name as long as somebody is in it, and a device that is gone ends its port:
        // what is held works. But what this daemon itself keeps alive ends with its name.
        if isHeld {
            return endpoint.isPinning && sandbox == .absent ? .markGone(id: endpoint.id) : .keep(id: endpoint.id)
        }
        if case .present(let cookie, .some) = sandbox, cookie == endpoint.cookie || endpoint.isDockers {
            return .reattachTap(id: endpoint.id)
        }
        return .markGone(id: endpoint.id)
    }

    private static func vethStep(
        _ endpoint: EndpointRecord, isHeld: Bool, sandbox: SandboxSight, mark: OwnerMark, seen: Sightings
    ) -> RepairStep {
        let isThere = seen.privateLinks.contains {
            $0.index == endpoint.nearIndex && $0.alias == mark.alias(of: endpoint.id)
        }
        if isThere { return isHeld ? .keep(id: endpoint.id) : .reopenSocket(id: endpoint.id) }
        if seen.isPrivateNew, case .present = sandbox { return .rewire(id: endpoint.id) }
        return .markGone(id: endpoint.id)
    }

    private static func strays(
        networks: [NetworkRecord], endpoints: [EndpointRecord], tunnels: [TunnelRecord], mark: OwnerMark,
        seen: Sightings
    ) -> [RepairStep] {
        let ports = Set(
            endpoints.map(\.port) + networks.compactMap { $0.hostPort ?? $0.parentPort } + tunnels.flatMap(\.ports))
        let aliases = Set(endpoints.map { mark.alias(of: $0.id) })
        let hostAliases = Set(
            networks.filter { $0.hostPort != nil }.map { mark.alias(of: $0.id) }
                + endpoints.filter(\.isDockers).map { mark.alias(of: $0.id) }
                + tunnels.filter { isHeld($0, seen) }.map { mark.alias(of: $0.label) })
        var steps = seen.held.keys.filter { !ports.contains($0) }.sorted().map { RepairStep.dropPort($0) }
        steps += seen.privateLinks.filter { !aliases.contains($0.alias) }.map { .deletePrivateLink($0) }
        steps += seen.ownLinks.filter { mark.isOurs($0.alias) && !hostAliases.contains($0.alias) }
            .map { .deleteOwnLink($0) }
        return steps
    }
}

extension RepairStep {
    /// See `Reconciler.plan`.
    fileprivate var rank: Int {
        switch self {
        case .dropPort: 0
        case .rollBackEndpoint, .finishDetach: 1
        case .rollBackNetwork, .finishNetworkRemoval: 2
        case .deletePrivateLink, .deleteOwnLink, .releaseTunnel: 3
        case .keep, .openTunnel, .openParent, .reattachHostPort, .reattachTap, .reopenSocket: 4
        case .markGone: 5
        case .makeHostPort: 6
        case .rewire: 7
        }
    }
}
