import Addresses
import DataPlane
import HeddleAPI
import Logging
import Netlink
import SystemPackage

extension Switchboard {
    /// Changes come in swarms; one look is enough for a swarm.
    private static let underlayPause: Duration = .milliseconds(20)
    /// How often the paths to peers are looked at: the kernel tells nobody that it has learned a smaller path MTU, or
    /// has forgotten it.
    private static let pathPause: Duration = .seconds(1)

    /// Overlays that are there, by domain.
    private var activeOverlays: [NetworkRecord] {
        networkRecords.values.filter { $0.overlay != nil && $0.phase == .active }.sorted { $0.domain < $1.domain }
    }

    /// Watches interfaces, addresses and routes of the daemon's namespace as long as there are overlays.
    func watchUnderlay() {
        let isWanted = networkRecords.values.contains { $0.driver == OverlaySettings.driver }
        if isWanted { lookAtPathsLater() }
        if isWanted, underlayMonitor == nil {
            do throws(NetlinkError) {
                let monitor = try LinkMonitor(in: ownNamespace, topics: [.addresses, .routes])
                underlayMonitor = monitor
                loop.watch(monitor.descriptor.rawValue) { [weak self] in
                    self?.assumeIsolated { $0.readUnderlayMonitor() }
                }
            } catch {
                log.error("\(error); overlays don't follow the underlay's MTU")
            }
        } else if !isWanted, let monitor = underlayMonitor {
            loop.unwatch(monitor.descriptor.rawValue)
            underlayMonitor = nil
        }
    }

    /// Looks again and again what the paths carry, for as long as there are overlays.
    private func lookAtPathsLater() {
        guard !isPathLookDue else { return }
        isPathLookDue = true
        loop.after(Self.pathPause) { [weak self] in
            self?.assumeIsolated { board in
                board.isPathLookDue = false
                if board.followPaths() { board.lookAtPathsLater() }
            }
        }
    }

    /// Makes overlays what their paths carry now; false if there are none any more.
    private func followPaths() -> Bool {
        var look = UnderlayLook(own, in: ownNamespace)
        let overlays = activeOverlays
        mendTunnelDevices()
        for network in overlays {
            guard let carried = carried(network, &look), carried != tunnelMTUs[network.id] else { continue }
            follow(network, &look, enforcing: false)
        }
        return !overlays.isEmpty
    }

    private func readUnderlayMonitor() {
        var isConcerned = false
        do throws(NetlinkError) {
            while let event = try underlayMonitor?.next() {
                if concernsUnderlay(event) { isConcerned = true }
            }
        } catch {
            log.warning("\(error)")
            isConcerned = true
        }
        if isConcerned { lookAtUnderlaySoon() }
    }

    /// What Heddle itself changes at its host ports says nothing of the underlay.
    private func concernsUnderlay(_ event: LinkEvent) -> Bool {
        func isForeign(_ index: Int32?) -> Bool {
            guard let index, index != 0 else { return true }
            return !networkRecords.values.contains { $0.hostIndex == index }
        }
        switch event {
        case .added(let link), .changed(let link): return concernsDevice(link) || !mark.isOurs(link.alias ?? "")
        case .removed(let index, _): return isForeign(index)
        case .addressAdded(let address), .addressRemoved(let address): return isForeign(address.interfaceIndex)
        case .routeAdded(let route), .routeRemoved(let route): return isForeign(route.interfaceIndex)
        case .neighbourChanged, .neighbourRemoved, .namespaceRemoved: return false
        case .overrun: return true
        }
    }

    private func lookAtUnderlaySoon() {
        guard !isUnderlayLookDue else { return }
        isUnderlayLookDue = true
        loop.after(Self.underlayPause) { [weak self] in
            self?.assumeIsolated { board in
                board.isUnderlayLookDue = false
                board.retryTunnels()
                board.followUnderlay()
            }
        }
    }

    /// Reads what the tunnels of all overlays carry, before the engine is told of them.
    func measureTunnels() {
        var look = UnderlayLook(own, in: ownNamespace)
        for network in activeOverlays { tunnelMTUs[network.id] = carried(network, &look) ?? tunnelMTUs[network.id] }
        for tunnel in tunnelRecords.values {
            findInterface(of: tunnel.place, &look)
            if engine.tunnels[tunnel.id] != nil { engine.tunnels[tunnel.id] = configuration(of: tunnel) }
        }
    }

    /// Makes all overlays what their underlay carries now. `enforcing` looks at every interface, also where nothing seems
    /// to have changed: after a crash between record and interface.
    func followUnderlay(enforcing: Bool = false) {
        var look = UnderlayLook(own, in: ownNamespace)
        mendTunnelDevices()
        for network in activeOverlays { follow(network, &look, enforcing: enforcing) }
        for place in tunnelRecords.keys { followInterface(of: place, &look) }
    }

    /// Makes one overlay what its underlay carries now, and tells the engine.
    func followUnderlay(_ network: NetworkRecord) {
        var look = UnderlayLook(own, in: ownNamespace)
        follow(network, &look, enforcing: false)
        if let place = network.overlay?.place { followInterface(of: place, &look) }
    }

    /// Tells the engine by which interface a tunnel's peers are reached now, if that has changed.
    private func followInterface(of place: TunnelPlace, _ look: inout UnderlayLook) {
        findInterface(of: place, &look)
        if let tunnel = tunnelRecords[place] { tell(tunnel) }
    }

    /// The same when a network is new: the others' peers are where they were.
    func followInterface(ofNew network: NetworkRecord) {
        guard let overlay = network.overlay, let tunnel = tunnelRecords[overlay.place] else { return }
        var look = UnderlayLook(own, in: ownNamespace)
        do throws(NetlinkError) {
            let found = try look.deviceInterface(from: overlay.place.local, to: Set(overlay.peers))
            let isFirst = networks(at: overlay.place).count == 1
            let interface = found.map { UInt32(clamping: $0) }
            if isFirst || tunnelInterfaces[overlay.place] != interface {
                tunnelInterfaces[overlay.place] = isFirst ? interface : nil
            }
        } catch {
            log.warning("\(error)")
            tunnelInterfaces[overlay.place] = nil
        }
        tell(tunnel)
    }

    private func tell(_ tunnel: TunnelRecord) {
        guard let known = engine.tunnels[tunnel.id] else { return }
        let wanted = configuration(of: tunnel)
        if wanted == known { return }
        do throws(EngineFailure) {
            try engine.change(wanted)
        } catch {
            log.warning("\(error)")
        }
    }

    private func findInterface(of place: TunnelPlace, _ look: inout UnderlayLook) {
        let peers = networks(at: place).reduce(into: Set<IPAddress>()) { $0.formUnion($1.overlay?.peers ?? []) }
        do throws(NetlinkError) {
            let found = try look.deviceInterface(from: place.local, to: peers)
            tunnelInterfaces[place] = found.map { UInt32(clamping: $0) }
        } catch {
            log.warning("\(error)")
            tunnelInterfaces[place] = nil
        }
    }

    private func follow(_ network: NetworkRecord, _ look: inout UnderlayLook, enforcing: Bool) {
        let before = tunnelMTUs[network.id]
        // Without an answer (the address went away) nothing better is known than before.
        let carried = carried(network, &look) ?? before ?? network.mtu
        tunnelMTUs[network.id] = carried
        var record = network
        if network.followsUnderlay {
            record.mtu = NetworkRecord.mtu(carried: carried, subnets: network.subnets)
        } else if network.mtu > carried, carried != before {
            log.warning(
                """
                the tunnel of \(network.name) carries \(carried) bytes, and the network's MTU is set to \(network.mtu): \
                larger packets are refused with ICMP; make the network without --mtu, or raise the underlay's
                """)
        }
        if record.mtu != network.mtu {
            log.notice("the MTU of \(network.name) follows the underlay: \(network.mtu) becomes \(record.mtu)")
            do throws(APIError) {
                try save(record)
            } catch {
                // True all the same; the next start finds the same.
                networkRecords[record.id] = record
                log.error("\(error)")
            }
            FailPoint.pass(.mtuRecorded)
        }
        if record.mtu != network.mtu || enforcing { spreadMTU(of: record) }
        let domain = domainConfiguration(of: record)
        if engine.domains[domain.id] != domain { settle(domain) }
    }

    private func carried(_ network: NetworkRecord, _ look: inout UnderlayLook) -> Int? {
        guard let overlay = network.overlay else { return nil }
        do throws(NetlinkError) {
            return try look.carried(overlay)
        } catch {
            log.warning("\(error)")
            return nil
        }
    }

    /// Gives all interfaces of a network its MTU, and tells the engine. What fails is logged: an interface that is gone
    /// gets it when it comes back.
    func spreadMTU(of network: NetworkRecord) {
        let mtu = UInt32(clamping: network.mtu)
        if let port = network.hostPort, engine.ports[port] != nil {
            setMTU(mtu, of: network.hostIndex, by: own, what: network.hostInterface)
            change(PortConfiguration(hostPort: port, of: network))
        }
        if let port = network.parentPort, engine.ports[port] != nil {
            change(PortConfiguration(parentPort: port, of: network))
        }
        spreadNameMTU(of: network)
        for endpoint in endpoints(of: network) where !endpoint.isGone && endpoint.phase == .active {
            if endpoint.via != .adopted, let sandbox = openAgain(endpoint) {
                setMTU(mtu, of: endpoint.index, by: sandbox.route, what: endpoint.label)
            }
            if endpoint.via == .veth {
                setMTU(mtu, of: endpoint.nearIndex, by: privateNamespace.route, what: endpoint.nearInterface)
            }
            change(PortConfiguration(endpoint: endpoint, network: network))
        }
    }

    private func setMTU(_ mtu: UInt32, of index: Int32, by route: RouteSocket, what: String) {
        do throws(NetlinkError) {
            guard let link = try route.link(index: index), link.mtu != mtu else { return }
            var change = LinkChange()
            change.mtu = mtu
            try route.change(link: index, change)
        } catch {
            log.warning("the MTU of \(what): \(error)")
        }
    }

    private func change(_ port: PortConfiguration) {
        do throws(EngineFailure) {
            try engine.change(port)
        } catch {
            log.warning("\(error)")
        }
    }
}
