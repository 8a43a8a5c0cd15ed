import DataPlane
import HeddleAPI
import Logging
import Netlink

extension Switchboard {
    /// What there is, next to what is recorded.
    func sightings(held taken: [EngineLink.TakenPort]) -> Sightings {
        var seen = Sightings()
        // Uplinks belong to the host: whether they are wanted is seen when it is looked at.
        for port in taken where port.kind != .uplink {
            seen.held[port.port] = HeldPort(isTap: port.kind == .tap, token: port.token)
        }
        for endpoint in endpointRecords.values where endpoint.via != .adopted && endpoint.via != .host {
            seen.sandboxes[endpoint.id] = look(at: endpoint)
        }
        seen.isPrivateNew = privateNamespace.isNew
        seen.privateLinks = sights(privateNamespace.route)
        seen.ownLinks = sights(own)
        return seen
    }

    private func look(at endpoint: EndpointRecord) -> SandboxSight {
        guard let namespace = try? reference(to: endpoint)?.open(),
            let sandbox = try? SandboxSession(namespace: namespace, what: endpoint.sandbox)
        else { return .absent }
        if sandbox.cookie == ownCookie { return .own }
        let alias = mark.alias(of: endpoint.id)
        let link = try? sandbox.interface(marked: alias, index: endpoint.index, name: endpoint.ifname)
        return .present(cookie: sandbox.cookie, interface: link.map { LinkSight($0) })
    }

    private func sights(_ route: RouteSocket) -> [LinkSight] {
        do throws(NetlinkError) {
            return try route.links().filter { !$0.flags.contains(.loopback) }.map { LinkSight($0) }
        } catch {
            log.error("\(error)")
            return []
        }
    }

    /// Does one step. What fails is logged and does not keep the others from being done.
    func perform(_ step: RepairStep) {
        if case .keep = step {} else { log.info("repair: \(step)") }
        do throws(APIError) {
            switch step {
            case .dropPort(let port): unplug(port: port, isTap: engine.ports[port]?.configuration.kind == .tap)
            case .deletePrivateLink(let link): try delete(link, by: privateNamespace.route)
            case .deleteOwnLink(let link): try delete(link, by: own)
            case .rollBackNetwork(let id), .finishNetworkRemoval(let id):
                if let network = networkRecords[id] { try undo(network) }
            case .rollBackEndpoint(let id), .finishDetach(let id):
                if let endpoint = endpointRecords[id] { try undo(endpoint, sandbox: nil) }
            case .keep: break
            case .openTunnel(let place): try reopenTunnel(at: place)
            case .releaseTunnel(let place): try releaseTunnel(at: place)
            case .openParent(let id):
                if let network = networkRecords[id] { follow(network, parents: try links(), plugging: false) }
            case .reattachHostPort(let id):
                if var network = networkRecords[id] { try reattachHostPort(&network) }
            case .makeHostPort(let id):
                if var network = networkRecords[id] { try makeHostPort(&network) }
            case .reattachTap(let id): try reattachTap(id)
            case .reopenSocket(let id): try reopenSocket(id)
            case .rewire(let id): rewire(id)
            case .markGone(let id):
                if let endpoint = endpointRecords[id] { markGone(endpoint) }
            }
        } catch {
            log.error("repair: \(error)")
        }
    }

    /// A tunnel that can't be opened now must not keep its networks' endpoints from each other.
    private func reopenTunnel(at place: TunnelPlace) throws(APIError) {
        do throws(APIError) {
            try openTunnel(at: place)
        } catch {
            tunnelFailed(at: place, error)
        }
    }

    private func delete(_ link: LinkSight, by route: RouteSocket) throws(APIError) {
        try PortMaker.kernel("removing \(link.name)") { () throws(NetlinkError) in
            try route.deleteLinkIfThere(index: link.index)
        }
    }

    /// Attaches to a TAP from inside its sandbox; the descriptor then keeps the namespace alive, which is watched for.
    private func reattachTap(_ id: String) throws(APIError) {
        guard var record = endpointRecords[id], let network = networkRecords[record.network] else { return }
        do throws(APIError) {
            let what = "attaching to \(record.label)"
            guard let sandbox = openAgain(record) else { throw .failed("\(what): the sandbox vanished") }
            let found = try PortMaker.kernel(what) { () throws(NetlinkError) in
                try sandbox.interface(marked: mark.alias(of: id), index: record.index, name: record.ifname)
            }
            guard let link = found else { throw .failed("\(what): the interface vanished") }
            let descriptor = try inside(sandbox.namespace, for: what) { () throws(APIError) in
                try TapReattachment.attach(name: link.name, index: link.index, by: sandbox.route, what: what)
            }
            record.index = link.index
            record.cookie = sandbox.cookie
            record.isPinning = true
            record.token = Identifier.token()
            engine.hold(PortConfiguration(endpoint: record, network: network), descriptor: descriptor)
            try save(record)
        } catch {
            markGone(record)
            throw error
        }
    }

    private func reopenSocket(_ id: String) throws(APIError) {
        guard var record = endpointRecords[id], let network = networkRecords[record.network] else { return }
        do throws(APIError) {
            record.token = Identifier.token()
            if record.via == .adopted {
                try openAdopted(record, network: network)
            } else {
                let descriptor = try maker.openSocket(nearIndex: record.nearIndex, what: "reading \(record.label)")
                engine.hold(PortConfiguration(endpoint: record, network: network), descriptor: descriptor)
            }
            try save(record)
        } catch {
            markGone(record)
            throw error
        }
    }

    private func rewire(_ id: String) {
        guard let record = endpointRecords[id] else { return }
        guard let namespace = try? SandboxReference(record.sandbox)?.open(),
            let sandbox = try? SandboxSession(namespace: namespace, what: record.sandbox)
        else { return markGone(record) }
        bringBack(record, into: sandbox)
    }
}

extension LinkSight {
    /// What matters of an interface.
    init(_ link: Link) {
        self.init(index: link.index, name: link.name, alias: link.alias ?? "", mac: link.mac)
    }
}
