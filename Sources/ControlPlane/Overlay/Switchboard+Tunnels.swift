import Addresses
import DataPlane
import HeddleAPI
import Logging
import Netlink
import SystemPackage

extension Switchboard {
    /// How long it takes until a tunnel that could not be opened is tried again, beside every change of addresses and
    /// interfaces: ever longer, from the first to the second. A dead engine's ring keeps its sockets for a moment longer.
    private static let tunnelPauses: (first: Duration, longest: Duration) = (.milliseconds(10), .seconds(5))

    /// Networks whose datagrams arrive there.
    func networks(at place: TunnelPlace) -> [NetworkRecord] {
        // Recorded options are of one spelling, and reading those of thousands of networks takes its time.
        let (local, port) = (place.local.description, "\(place.udpPort)")
        return networkRecords.values.filter { network in
            network.driver == OverlaySettings.driver && network.options[OverlaySettings.Key.local] == local
                && network.options[OverlaySettings.Key.port] == port
        }.sorted { $0.domain < $1.domain }
    }

    /// Whether all sockets of a tunnel are held.
    func isOpen(_ tunnel: TunnelRecord) -> Bool {
        engine.tunnels[tunnel.id] != nil
            && tunnel.portConfigurations.allSatisfy { port in
                port.token != 0 && engine.ports[port.id]?.configuration.token == port.token
            }
    }

    /// What the engine is told of a tunnel.
    func configuration(of tunnel: TunnelRecord) -> TunnelConfiguration {
        tunnel.configuration(interface: tunnelInterfaces[tunnel.place] ?? 0)
    }

    /// What the API shows of a network.
    func model(of network: NetworkRecord) -> Network {
        var model = network.model
        if let id = dockerID(of: network) { model.options["docker"] = id }
        model.names = names(of: network)
        guard let overlay = network.overlay else { return model }
        if let tunnel = tunnelRecords[overlay.place], isOpen(tunnel) {
            let cut = brokenDevices[overlay.place].map { "super-frames are cut: \($0)" }
            model.tunnel = Network.Tunnel(isOpen: true, reason: cut)
        } else {
            model.tunnel = Network.Tunnel(
                isOpen: false, reason: closedTunnels[overlay.place] ?? "it is being opened")
        }
        return model
    }

    /// Makes sure that there is a tunnel and that the engine has it.
    func ensureTunnel(at place: TunnelPlace) throws(APIError) {
        if let tunnel = tunnelRecords[place], isOpen(tunnel) { return }
        try openTunnel(at: place)
        guard let tunnel = tunnelRecords[place] else { return }
        do throws(APIError) {
            let (configuration, ports) = (configuration(of: tunnel), tunnel.portConfigurations.map(\.id))
            try engineWork { engine throws(EngineFailure) in try engine.plug(configuration, ports: ports) }
        } catch {
            closeTunnel(tunnel)
            throw error
        }
        FailPoint.pass(.tunnelConfigured)
    }

    /// Opens a tunnel's sockets, in the place of what is left of an earlier try, and holds them for the engine.
    func openTunnel(at place: TunnelPlace) throws(APIError) {
        var tunnel: TunnelRecord
        if let known = tunnelRecords[place] { tunnel = known } else { tunnel = try newTunnel(at: place) }
        closeTunnel(tunnel)
        tunnel = tunnel.withNewTokens()
        try save(tunnel)
        FailPoint.pass(.tunnelRecorded)
        let opened: TunnelSockets.Opened
        do throws(PortError) {
            opened = try TunnelSockets.open(
                local: place.local, udpPort: place.udpPort, senders: TunnelRecord.senderCount)
        } catch {
            throw .refused(error, at: place)
        }
        if let device = opened.device {
            label(device, of: tunnel)
        } else {
            tunnel = tunnel.withoutDevice()
            try save(tunnel)
        }
        for (configuration, descriptor) in zip(tunnel.portConfigurations, opened.all) {
            engine.hold(configuration, descriptor: descriptor)
        }
        engine.tunnels[tunnel.id] = configuration(of: tunnel)
        closedTunnels[place] = nil
        brokenDevices[place] = nil
        if closedTunnels.isEmpty { tunnelPause = .zero }
        FailPoint.pass(.tunnelOpened)
    }

    /// Says on the device whose it is.
    func label(_ device: Int32, of tunnel: TunnelRecord) {
        do {
            let index = try TunnelSockets.interfaceIndex(ofDevice: device)
            try own.setAlias(link: index, mark.alias(of: tunnel.label))
        } catch {
            // It works without, and goes with its last descriptor.
            log.warning("\(error)")
        }
    }

    /// Closes a tunnel's sockets here and in the engine; networks that still use it end at this host for that time, and
    /// what they have for others is counted.
    func closeTunnel(_ tunnel: TunnelRecord) {
        // The receiver first: with it goes the tunnel.
        for port in tunnel.ports { engine.removePort(port) }
    }

    /// Ends a tunnel that no network uses any more; fine if some of it is gone already.
    func releaseTunnel(at place: TunnelPlace) throws(APIError) {
        guard let tunnel = tunnelRecords[place], networks(at: place).isEmpty else { return }
        closeTunnel(tunnel)
        FailPoint.pass(.tunnelUnplugged)
        do throws(StoreError) {
            try store.delete(tunnel)
        } catch {
            throw .refused(error)
        }
        tunnelRecords[place] = nil
        tunnelInterfaces[place] = nil
        closedTunnels[place] = nil
        brokenDevices[place] = nil
        for port in tunnel.ports { kernelDrops[port] = nil }
    }

    /// One of a tunnel's sockets died: all are opened anew.
    func tunnelIsGone(_ tunnel: TunnelRecord) {
        log.notice("the tunnel \(tunnel.place) broke; opening it again")
        closeTunnel(tunnel)
        retryTunnels()
    }

    /// Opens what is closed, if it can be opened now.
    func retryTunnels() {
        for (place, tunnel) in tunnelRecords where !isOpen(tunnel) && !networks(at: place).isEmpty {
            do throws(APIError) {
                try ensureTunnel(at: place)
                log.notice("the tunnel \(place) is open")
                for network in networks(at: place) where network.phase == .active {
                    settle(domainConfiguration(of: network))
                    refreshStations(of: network.id)
                }
            } catch {
                tunnelFailed(at: place, error)
            }
        }
    }

    /// Says once that a tunnel can't be opened, and tries again now and then.
    func tunnelFailed(at place: TunnelPlace, _ error: APIError) {
        if closedTunnels.updateValue(error.message, forKey: place) != error.message {
            let names = networks(at: place).map(\.name)
            let subject = names.joined(separator: ", ") + (names.count == 1 ? " ends" : " end")
            log.error(
                "\(error.message); \(subject) at this host until then. \(error.hint ?? "") It is tried again by itself."
            )
        }
        guard !isTunnelRetryDue else { return }
        isTunnelRetryDue = true
        tunnelPause = min(max(tunnelPause * 2, Self.tunnelPauses.first), Self.tunnelPauses.longest)
        loop.after(tunnelPause) { [weak self] in
            self?.assumeIsolated { board in
                board.isTunnelRetryDue = false
                board.retryTunnels()
            }
        }
    }

    private func newTunnel(at place: TunnelPlace) throws(APIError) -> TunnelRecord {
        let ports = try freePorts(count: TunnelRecord.portCount)
        return TunnelRecord(place: place, ports: ports, tokens: ports.map { _ in 0 })
    }

    func save(_ tunnel: TunnelRecord) throws(APIError) {
        do throws(StoreError) {
            try store.save(tunnel)
        } catch {
            throw .refused(error)
        }
        tunnelRecords[tunnel.place] = tunnel
    }
}

extension APIError {
    /// Why a tunnel's sockets could not be opened.
    fileprivate static func refused(_ error: PortError, at place: TunnelPlace) -> APIError {
        switch error.errno {
        case .addressNotAvailable:
            .conflict(
                "the tunnel \(place) can't be opened: \(place.local) is not an address of this host",
                hint: "Give an interface that address ('ip address add'); a new IPv6 address needs a moment.")
        case .addressInUse:
            .conflict(
                "the tunnel \(place) can't be opened: UDP port \(place.udpPort) is in use",
                hint: "'ss -lunp' shows by whom, and 'ip -d link show type vxlan' the kernel's; end that, or choose"
                    + " another --port on all hosts of the network.")
        default: .refused(error, for: "opening the tunnel \(place)")
        }
    }
}
