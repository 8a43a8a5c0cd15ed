import Addresses
import DataPlane
import HeddleAPI
import Logging
import Netlink

extension Switchboard {
    /// Everything the engine shall know of a network's domain. While an overlay's tunnel isn't open, what is for other
    /// hosts is dropped and counted.
    func domainConfiguration(of network: NetworkRecord) -> DomainConfiguration {
        var domain = DomainConfiguration(id: network.domain, parent: network.parent?.mode)
        if let port = network.hostPort {
            domain.gateway = GatewayConfiguration(
                port: port, mac: network.gatewayMAC, ipv4: network.gateway(.v4)?.ipv4,
                ipv6: network.gateway(.v6)?.ipv6, subnets: network.subnets, isInternal: network.isInternal,
                isRouted: network.isRouted, mtu: UInt32(clamping: network.mtu),
                namePort: namePorts[network.id]?.port ?? 0)
        }
        guard let overlay = network.overlay, let tunnel = tunnelRecords[overlay.place] else { return domain }
        let isRouted = network.hostPort != nil
        domain.overlay = OverlayConfiguration(
            vni: overlay.vni, tunnel: tunnel.id, mtu: UInt32(clamping: tunnelMTUs[network.id] ?? network.mtu),
            learning: overlay.learning, acceptsAnyPeer: overlay.acceptsAnyPeer,
            answersNeighbours: !overlay.learning, peers: overlay.peers,
            routerMAC: isRouted ? network.gatewayMAC : .zero, routerIPv4: network.gateway(.v4)?.ipv4,
            routerIPv6: network.gateway(.v6)?.ipv6)
        return domain
    }

    /// Changes a domain that is recorded already: an engine that is missing is told when it comes.
    func settle(_ domain: DomainConfiguration) {
        do throws(EngineFailure) {
            try engine.settle(domain)
        } catch {
            log.warning("\(error)")
        }
    }

    /// Brings the engine's static stations and neighbours of a network up to date, where it has any.
    func refreshStations(of id: String) {
        guard let network = networkRecords[id], network.phase != .removing else { return }
        if network.parentPort != nil { refreshParentFilter(of: network) }
        guard network.overlay != nil || network.isRouted else { return }
        engine.set(
            domain: network.domain, stations: staticStations(of: network),
            neighbours: network.overlay?.learning ?? true ? [] : neighbours(of: network))
        if network.isRouted { refreshRoutedEndpoints(of: network) }
    }

    /// Tells the engine where the endpoints of a routed network are: packets come for them unasked.
    private func refreshRoutedEndpoints(of network: NetworkRecord) {
        guard let port = network.hostPort else { return }
        var known: Set<IPAddress> = []
        for endpoint in present(in: network) {
            for address in endpoint.addresses.map(\.address) {
                known.insert(address)
                engine.set(NextHopConfiguration(uplink: port, address: address, mac: endpoint.mac))
            }
        }
        engine.keepNextHops(uplink: port) { known.contains($0) }
    }

    private func present(in network: NetworkRecord) -> [EndpointRecord] {
        endpoints(of: network).filter { $0.phase != .removing && !$0.isGone && engine.ports[$0.port] != nil }
    }

    /// Remote stations that were set by hand, and the gateway: other hosts of the overlay may have the same, and must
    /// not take it.
    private func staticStations(of network: NetworkRecord) -> [StationConfiguration] {
        var stations: [StationConfiguration] = []
        if let port = network.hostPort, engine.ports[port] != nil {
            stations.append(StationConfiguration(domain: network.domain, mac: network.gatewayMAC, port: port))
        }
        if network.isRouted {
            for endpoint in present(in: network) {
                stations.append(StationConfiguration(domain: network.domain, mac: endpoint.mac, port: endpoint.port))
            }
        }
        guard engine.domains[network.domain]?.overlay != nil else { return stations }
        for station in stationRecords[network.id, default: [:]].values {
            stations.append(StationConfiguration(domain: network.domain, mac: station.mac, vtep: station.vtep))
        }
        return stations
    }

    /// Whose the addresses of the network are, as far as the control plane knows it.
    private func neighbours(of network: NetworkRecord) -> [NeighbourConfiguration] {
        guard engine.domains[network.domain]?.overlay != nil else { return [] }
        var known: [(address: IPAddress, mac: MACAddress)] = []
        if network.hostPort != nil { known += network.gateways.map { ($0, network.gatewayMAC) } }
        for endpoint in endpoints(of: network) where endpoint.phase == .active && !endpoint.isGone {
            known += endpoint.addresses.map { ($0.address, endpoint.mac) }
        }
        for station in stationRecords[network.id, default: [:]].values {
            known += station.addresses.map { ($0, station.mac) }
        }
        return known.map { NeighbourConfiguration(domain: network.domain, address: $0.address, mac: $0.mac) }
    }

    /// The overlay of that name, or a refusal.
    func findOverlay(_ name: String) throws(APIError) -> (network: NetworkRecord, overlay: OverlaySettings) {
        let network = try findNetwork(name)
        guard let overlay = network.overlay else {
            throw .invalid(
                "the network \(name) is a \(network.driver) and ends at this host: it has no peers",
                hint: "'heddle network create NAME --driver overlay --vni N --local IP' makes one that spans hosts.")
        }
        return (network, overlay)
    }

    /// Refuses an overlay that doesn't fit this host or its other networks.
    func refuseMisplaced(_ overlay: OverlaySettings) throws(APIError) {
        let vni = "\(overlay.vni)"
        let twin = networks(at: overlay.place).first { $0.options[OverlaySettings.Key.vni] == vni }
        if let twin {
            throw .conflict(
                "the VNI \(overlay.vni) is the network \(twin.name)'s at \(overlay.place)",
                hint: "Choose another --vni, or another --local or --port.")
        }
        var look = UnderlayLook(own, in: ownNamespace)
        let isHere = try PortMaker.kernel("reading the host's addresses") { () throws(NetlinkError) in
            try look.isHere(overlay.place.local)
        }
        if !isHere {
            throw .invalid(
                "the local address \(overlay.place.local) is not on this host",
                hint: "Give the address of one of this host's interfaces ('ip address' lists them).")
        }
        try refuseBroadcast(overlay.peers)
    }

    /// Refuses a peer that isn't one host. What can be seen by the address alone was refused before.
    func refuseBroadcast(_ peers: [IPAddress]) throws(APIError) {
        let look = UnderlayLook(own, in: ownNamespace)
        for peer in peers {
            let isBroadcast = try PortMaker.kernel("reading the host's addresses") { () throws(NetlinkError) in
                try look.isBroadcast(peer)
            }
            guard isBroadcast else { continue }
            throw .invalid(
                "the peer \(peer) can't be a VTEP: it is the broadcast address of one of this host's networks",
                hint: "Give the address of one host in the underlay network.")
        }
    }

    /// The MTU of a new overlay network: what was asked for, if the tunnel carries it, else what the tunnel carries.
    func mtu(of wish: NetworkSpecification, overlay: OverlaySettings) throws(APIError) -> (network: Int, tunnel: Int) {
        var look = UnderlayLook(own, in: ownNamespace)
        let found = try PortMaker.kernel("reading the way to the peers") { () throws(NetlinkError) in
            try look.carried(overlay)
        }
        guard let carried = found else {
            throw .failed(
                "the local address \(overlay.place.local) vanished from this host", hint: "Look with 'ip address'.")
        }
        let needed = NetworkRecord.mtu(carried: 0, subnets: wish.subnets)
        if carried < needed {
            let reason = needed > NetworkSpecification.mtuRange.lowerBound ? "an IPv6 subnet needs" : "a network needs"
            throw .invalid(
                "the tunnel carries packets of \(carried) bytes only, and \(reason) \(needed)",
                hint: "Raise the MTU of the underlay to \(needed + overlay.overhead) or more.")
        }
        guard let wanted = wish.mtu else {
            return (NetworkRecord.mtu(carried: carried, subnets: wish.subnets), carried)
        }
        if wanted > carried {
            throw .invalid(
                "the MTU \(wanted) is larger than the tunnel carries: \(carried), which is the underlay's less"
                    + " \(overlay.overhead)",
                hint: "Say --mtu \(carried) or less, leave it out to follow the underlay, or raise the MTU there.")
        }
        return (wanted, carried)
    }
}
