import Addresses
import DataPlane
import Glibc
import HeddleAPI
import Logging
import NameServer
import NameService
import Netlink
import SystemPackage

/// A network's name service: a TAP in a namespace of its own that has the gateway's addresses too, where the data plane
/// hands questions to, and sockets there. Not recorded: a daemon makes it anew.
struct NamePort {
    /// The port's number in the data plane.
    var port: UInt16
    /// Names its open descriptor.
    var token: UInt64
    /// The interface's index in that namespace.
    var index: Int32
    /// What answers.
    var handle: NameServer.Handle
}

extension Switchboard {
    /// How long after a name service couldn't be opened again it is tried once more.
    private static let pause: Duration = .seconds(5)

    /// Opens a network's name service and makes it part of what the engine shall know of the domain; the engine itself is
    /// told by `plugNames`, or with the whole configuration.
    func openNames(of network: NetworkRecord) throws(APIError) {
        guard network.hostPort != nil, namePorts[network.id] == nil else { return }
        let what = "opening the name service of \(network.name)"
        let port = try freeNamePort()
        let name = "n\(port)"
        let place = try ensureNameNamespace()
        let descriptor = try inside(place.namespace, for: what) { () throws(APIError) -> Int32 in
            do throws(PortError) {
                return try TapDevice.create(name: name, persist: false)
            } catch {
                throw .refused(error, for: what)
            }
        }
        do throws(APIError) {
            let index = try setUpNames(of: network, name: name, by: place.route, what: what)
            let handle = try serveNames(of: network, in: place, what: what)
            let made = NamePort(port: port, token: Identifier.token(), index: index, handle: handle)
            namePorts[network.id] = made
            engine.hold(PortConfiguration(names: made, of: network), descriptor: descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        if engine.domains[network.domain] != nil { engine.domains[network.domain] = domainConfiguration(of: network) }
    }

    /// Makes the engine hand questions to a name service that was opened.
    func plugNames(of network: NetworkRecord) throws(APIError) {
        guard let names = namePorts[network.id] else { return }
        try engineWork { engine throws(EngineFailure) in
            try engine.plug(port: names.port)
            // What it was told before names no such port.
            engine.domains[network.domain]?.gateway?.namePort = 0
        }
        let domain = domainConfiguration(of: network)
        try engineWork { engine throws(EngineFailure) in try engine.set(domain) }
    }

    /// Opens the name services of all networks, before the engine is told of anything. A network without one still
    /// forwards.
    func openRecordedNames() {
        for network in networkRecords.values.sorted(by: { $0.domain < $1.domain }) where network.phase == .active {
            do throws(APIError) {
                try openNames(of: network)
            } catch {
                log.error("\(error); its names are not answered")
                openNamesLater(network.id)
            }
        }
    }

    /// Ends a network's name service.
    func closeNames(of network: NetworkRecord) {
        guard let names = namePorts.removeValue(forKey: network.id) else { return }
        let isRemoved = networkRecords[network.id].map { $0.phase == .removing } ?? true
        endCaptures(
            port: names.port, why: isRemoved ? "the network \(network.name) was removed" : "the name service was closed"
        )
        nameServer?.close(names.handle)
        unplug(port: names.port, isTap: true)
        guard namePorts.isEmpty else { return }
        nameServer?.shutDown()
        nameServer = nil
        nameNamespace = nil
    }

    /// A name service's device is gone: somebody deleted it. It is made again.
    func namesAreGone(_ id: String) {
        guard let network = networkRecords[id], network.phase == .active else { return }
        log.notice("the name service of \(network.name) lost its device; making it again")
        closeNames(of: network)
        reopenNames(id)
    }

    private func reopenNames(_ id: String) {
        guard let network = networkRecords[id], network.phase == .active, namePorts[id] == nil else { return }
        do throws(APIError) {
            try openNames(of: network)
            try plugNames(of: network)
        } catch {
            log.error("\(error)")
            closeNames(of: network)
            openNamesLater(id)
        }
    }

    private func openNamesLater(_ id: String) {
        loop.after(Self.pause) { [weak self] in
            self?.assumeIsolated { $0.reopenNames(id) }
        }
    }

    /// A name service's interface follows its network's MTU.
    func spreadNameMTU(of network: NetworkRecord) {
        guard let names = namePorts[network.id] else { return }
        names.handle.setDatagramLimit(network.nameDatagramLimit)
        do throws(NetlinkError) {
            var change = LinkChange()
            change.mtu = UInt32(clamping: network.mtu)
            try nameNamespace?.route.change(link: names.index, change)
        } catch {
            log.warning("the MTU of the name service of \(network.name): \(error)")
        }
        do throws(EngineFailure) {
            try engine.change(PortConfiguration(names: names, of: network))
        } catch {
            log.warning("\(error)")
        }
    }

    private func ensureNameNamespace() throws(APIError) -> NameNamespace {
        if let nameNamespace { return nameNamespace }
        let made = try NameNamespace()
        nameNamespace = made
        return made
    }

    /// From above, so that it is in nobody's way: recorded ports are given from below.
    private func freeNamePort() throws(APIError) -> UInt16 {
        let taken = takenPorts
        guard let port = (1..<UInt16(SharedTables.maximumPorts)).last(where: { !taken.contains($0) }) else {
            throw .allPortsTaken
        }
        kernelDrops[port] = nil
        engine.resetCounters(port: port)
        return port
    }

    /// The index of the interface once it has the gateway's addresses and is up.
    private func setUpNames(
        of network: NetworkRecord, name: String, by route: RouteSocket, what: String
    ) throws(APIError) -> Int32 {
        let index = try PortMaker.kernel(what) { () throws(NetlinkError) -> Int32 in
            guard let link = try route.link(named: name) else {
                throw NetlinkError(errno: .operationNotSupportedByDevice, operation: "find \(name)")
            }
            var change = LinkChange()
            change.mac = network.gatewayMAC
            change.mtu = UInt32(clamping: network.mtu)
            change.alias = mark.alias(of: network.id)
            change.txQueueLength = PortMaker.queueLength
            try route.change(link: link.index, change)
            try route.silenceIPv6(link: link.index)
            return link.index
        }
        try InterfaceSetup(addresses: network.gatewayAddresses, gateways: []).apply(to: index, by: route, what: what)
        return index
    }

    /// Opens the sockets and begins to answer.
    private func serveNames(
        of network: NetworkRecord, in place: NameNamespace, what: String
    ) throws(APIError) -> NameServer.Handle {
        var datagrams: [Int32] = []
        var listeners: [Int32] = []
        do throws(APIError) {
            for gateway in network.gateways {
                let (datagram, listener) = try inside(place.namespace, for: what) { () throws(APIError) in
                    try Self.sockets(gateway, what: what)
                }
                datagrams.append(datagram)
                listeners.append(listener)
            }
        } catch {
            for descriptor in datagrams + listeners { close(descriptor) }
            throw error
        }
        let server = nameServer ?? NameServer(resolvers: nameSettings.resolvers, log: log)
        nameServer = server
        do throws(NameServerError) {
            return try server.open(
                zone(of: network), datagrams: datagrams, listeners: listeners,
                datagramLimit: network.nameDatagramLimit)
        } catch {
            throw .failed("\(what): \(error)")
        }
    }

    private static func sockets(_ gateway: IPAddress, what: String) throws(APIError) -> (Int32, Int32) {
        do throws(Errno) {
            let datagram = try NameSocket.datagram(gateway)
            do throws(Errno) {
                return (datagram, try NameSocket.listener(gateway))
            } catch {
                close(datagram)
                throw error
            }
        } catch {
            throw .failed("\(what): port 53 of \(gateway): \(error)")
        }
    }
}

extension NetworkRecord {
    /// Bytes of a datagram's payload that the network carries whole, with the longer of both IP headers.
    var nameDatagramLimit: Int { mtu - 48 }
}

extension PortConfiguration {
    /// How the engine shall treat a name service's port: nothing is learned from it or flooded to it.
    init(names: NamePort, of network: NetworkRecord) {
        self.init(
            id: names.port, domain: network.domain, kind: .names, mtu: UInt32(clamping: network.mtu),
            token: names.token)
    }
}
