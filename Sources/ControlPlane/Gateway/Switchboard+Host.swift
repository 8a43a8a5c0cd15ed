import Addresses
import DataPlane
import HeddleAPI
import Logging
import Netlink
import SystemPackage

/// The host as networks' way out: uplinks, addresses, routes and next hops follow the kernel's.
extension Switchboard {
    /// Changes come in swarms; one look is enough for a swarm.
    private static let hostPause: Duration = .milliseconds(10)
    /// How often next hops in use are confirmed: a router that was replaced without saying so is noticed by then.
    private static let confirmationPause: Duration = .seconds(15)
    /// Most next hops that are confirmed.
    private static let mostConfirmed = 256

    /// Whether some network leads out of the host.
    var needsUplinks: Bool {
        networkRecords.values.contains { $0.hostPort != nil && !$0.isInternal && $0.phase != .removing }
    }

    /// Refuses to start with an interface as uplink that can't be one. One that isn't there may come.
    func refuseUplinks() throws(ControlError) {
        guard !uplinkNames.isEmpty, let links = try? own.links() else { return }
        for name in uplinkNames where !links.contains(where: { $0.name == name }) {
            log.warning("--uplink \(name): there is no such interface; nothing leaves by it until there is")
        }
        for link in links where uplinkNames.contains(link.name) {
            if mark.isOurs(link.alias ?? "") {
                throw ControlError(
                    "--uplink \(link.name): it is a network's own; name an interface that leads out of the host")
            }
            if let reason = HostLook.obstacle(link) {
                throw ControlError("--uplink \(link.name): \(reason); name an Ethernet interface of the host")
            }
        }
    }

    /// Begins or ends to follow the host, as networks need it. The pool is bound with the first that does.
    func followHost() {
        guard needsUplinks else { return leaveHost() }
        if hostMonitor == nil {
            do throws(NetlinkError) {
                let monitor = try LinkMonitor(in: ownNamespace, topics: [.addresses, .routes, .neighbours])
                hostMonitor = monitor
                loop.watch(monitor.descriptor.rawValue) { [weak self] in
                    self?.assumeIsolated { $0.readHostMonitor() }
                }
                confirmNextHopsLater()
            } catch {
                log.error("\(error); networks don't follow the host's addresses and routes")
            }
        }
        reservePool()
        lookAtHost()
    }

    private func leaveHost() {
        if let monitor = hostMonitor {
            loop.unwatch(monitor.descriptor.rawValue)
            hostMonitor = nil
        }
        for port in uplinkPorts.values { close(uplink: port) }
        uplinkPorts = [:]
        uplinkFilters = [:]
        hostLook = HostLook()
        askedHops = []
        releasePool()
    }

    /// Makes the engine know the host as it is now.
    func lookAtHost() {
        isHostLookDue = false
        guard hostMonitor != nil else { return }
        let look: HostLook
        do throws(NetlinkError) {
            let adopted = Set(endpointRecords.values.filter { $0.via == .adopted }.map(\.index))
            look = try HostLook(own, named: uplinkNames) { link in
                mark.isOurs(link.alias ?? "") || adopted.contains(link.index)
            }
        } catch {
            log.error("\(error)")
            return
        }
        for (name, reason) in look.refused where hostLook.refused[name] != reason {
            log.error("\(name) can't be an uplink: \(reason)")
        }
        let before = hostLook
        hostLook = look
        openUplinks(look)
        tellHost(look)
        if before.uplinks != look.uplinks || before.addresses != look.addresses {
            refreshGuards()
        } else {
            refreshUplinkFilters()
        }
        readNeighbours()
        askForRouters()
    }

    /// Opens a socket on every uplink that has none, and closes those of interfaces that are none any more.
    private func openUplinks(_ look: HostLook) {
        let wanted = Set(look.uplinks.map(\.index))
        for (index, port) in uplinkPorts where !wanted.contains(index) {
            close(uplink: port)
            uplinkPorts[index] = nil
            // Its number may be another uplink's soon, whose socket has no filter yet.
            uplinkFilters[port] = nil
        }
        for uplink in look.uplinks where uplinkPorts[uplink.index] == nil {
            do throws(APIError) {
                let descriptor = try openUplink(uplink)
                let port = try freePort()
                let configuration = PortConfiguration(
                    id: port, domain: 0, kind: .uplink, mtu: uplink.mtu, token: Identifier.token())
                engine.hold(configuration, descriptor: descriptor)
                uplinkPorts[uplink.index] = port
                // Without an engine the next one is told.
                if engine.link != nil {
                    try engineWork { engine throws(EngineFailure) in try engine.plug(port: port) }
                }
                log.info("\(uplink.name) is an uplink")
            } catch {
                log.error("\(error)")
            }
        }
    }

    /// Its number is for others now.
    private func close(uplink port: UInt16) {
        engine.removeUplink(port)
        endCaptures(port: port, why: "the uplink was closed")
    }

    /// The engine could not go on with an uplink's socket. One that is still there is opened anew.
    func uplinkIsGone(_ index: Int32, _ port: UInt16) {
        log.notice("the uplink with the index \(index) broke; looking at the host again")
        close(uplink: port)
        uplinkPorts[index] = nil
        uplinkFilters[port] = nil
        // Not at once: what breaks again and again must not keep the daemon from all else.
        loop.after(.seconds(1)) { [weak self] in
            self?.assumeIsolated { $0.lookAtHost() }
        }
    }

    private func openUplink(_ uplink: HostLook.Uplink) throws(APIError) -> Int32 {
        do {
            return try UplinkSocket.open(interface: uplink.index, filter: uplinkFilter)
        } catch {
            throw .failed("cannot open a packet socket on \(uplink.name): \(error)")
        }
    }

    private func tellHost(_ look: HostLook) {
        for uplink in look.uplinks {
            guard let port = uplinkPorts[uplink.index] else { continue }
            engine.set(
                UplinkConfiguration(
                    port: port, mac: uplink.mac, mtu: uplink.mtu, ipv4: uplink.ipv4, ipv6: uplink.ipv6))
        }
        // Gateways belong to the host whether or not their host ports are there just now.
        // Only those of routed networks are reached from outside.
        var gateways: [IPAddress: UInt16] = [:]
        for network in networkRecords.values {
            guard let port = network.hostPort else { continue }
            for gateway in network.gateways { gateways[gateway] = network.isRouted ? 0 : port }
        }
        let others = look.addresses.filter { gateways[$0.address] == nil }
        engine.set(
            hostAddresses: others.map {
                HostAddressConfiguration(address: $0.address, port: uplinkPorts[$0.index] ?? 0)
            } + gateways.sorted { $0.key < $1.key }.map { HostAddressConfiguration(address: $0.key, port: $0.value) })
        if look.ways.count > RouteConfiguration.maximum {
            log.warning(
                "the host has \(look.ways.count) routes: packets to the \(look.ways.count - RouteConfiguration.maximum) longest prefixes may leave by another way"
            )
        }
        // Sorted by falling length: the default routes are kept.
        engine.set(
            routes: look.ways.suffix(RouteConfiguration.maximum).map { way in
                RouteConfiguration(
                    destination: way.destination, isRefused: way.isRefused, uplink: uplinkPorts[way.index] ?? 0,
                    gateway: way.gateway, source: way.source, mtu: way.mtu)
            })
    }

    // MARK: Next hops

    /// Tells the engine of the neighbours on its uplinks.
    private func readNeighbours() {
        do throws(NetlinkError) {
            var known: Set<HostLook.Hop> = []
            for neighbour in try own.neighbours() {
                if tell(neighbour) {
                    known.insert(HostLook.Hop(index: neighbour.interfaceIndex, address: neighbour.address))
                }
            }
            for (index, port) in uplinkPorts {
                engine.keepNextHops(uplink: port) { known.contains(HostLook.Hop(index: index, address: $0)) }
            }
        } catch {
            log.warning("\(error)")
        }
    }

    /// True: its MAC address is known.
    @discardableResult
    private func tell(_ neighbour: Neighbour) -> Bool {
        guard let port = uplinkPorts[neighbour.interfaceIndex] else { return false }
        let isKnown = neighbour.state.isDisjoint(with: [.incomplete, .failed, .noARP])
        let mac = isKnown ? neighbour.mac : nil
        engine.set(NextHopConfiguration(uplink: port, address: neighbour.address, mac: mac))
        return mac != nil
    }

    /// A packet waits for a next hop: the kernel asks for it, and tells when it knows.
    func nextHopIsWanted(uplink: UInt16, address: IPAddress) {
        guard let index = uplinkPorts.first(where: { $0.value == uplink })?.key else { return }
        let hop = HostLook.Hop(index: index, address: address)
        askedHops.removeAll { $0 == hop }
        askedHops.append(hop)
        if askedHops.count > Self.mostConfirmed { askedHops.removeFirst() }
        resolve(hop)
    }

    private func askForRouters() {
        for hop in hostLook.hops where uplinkPorts[hop.index] != nil { resolve(hop) }
    }

    private func resolve(_ hop: HostLook.Hop) {
        do throws(NetlinkError) {
            try own.resolveNeighbour(link: hop.index, hop.address)
        } catch {
            // Gone with its interface, say.
            log.debug("\(error)")
        }
    }

    private func confirmNextHopsLater() {
        loop.after(Self.confirmationPause) { [weak self] in
            self?.assumeIsolated { board in
                guard board.hostMonitor != nil else { return }
                board.askForRouters()
                for hop in board.askedHops where board.uplinkPorts[hop.index] != nil { board.resolve(hop) }
                board.confirmNextHopsLater()
            }
        }
    }

    // MARK: Events

    private func readHostMonitor() {
        var isConcerned = false
        do throws(NetlinkError) {
            while let event = try hostMonitor?.next() {
                switch event {
                case .neighbourChanged(let neighbour): tell(neighbour)
                case .neighbourRemoved(let neighbour):
                    guard let port = uplinkPorts[neighbour.interfaceIndex] else { continue }
                    engine.set(NextHopConfiguration(uplink: port, address: neighbour.address, mac: nil))
                case .added(let link), .changed(let link):
                    if !mark.isOurs(link.alias ?? "") { isConcerned = true }
                case .namespaceRemoved: break
                case .removed, .addressAdded, .addressRemoved, .routeAdded, .routeRemoved, .overrun:
                    isConcerned = true
                }
            }
        } catch {
            log.warning("\(error)")
            isConcerned = true
        }
        guard isConcerned, !isHostLookDue else { return }
        isHostLookDue = true
        loop.after(Self.hostPause) { [weak self] in
            self?.assumeIsolated { $0.lookAtHost() }
        }
    }
}
