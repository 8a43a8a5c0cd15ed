import DataPlane
import Glibc
import HeddleAPI
import Logging
import Netlink
import SystemPackage

extension Switchboard {
    /// Reads what is recorded, looks at the world, and repairs: after this the engine forwards and all that is recorded
    /// is true or known to be gone.
    func recover() throws(ControlError) {
        do {
            let recorded = try store.load()
            networkRecords = Dictionary(uniqueKeysWithValues: recorded.networks.map { ($0.id, $0) })
            endpointRecords = Dictionary(uniqueKeysWithValues: recorded.endpoints.map { ($0.id, $0) })
            let overlays = try store.loadOverlays()
            tunnelRecords = Dictionary(uniqueKeysWithValues: overlays.tunnels.map { ($0.place, $0) })
            for station in overlays.stations { stationRecords[station.network, default: [:]][station.mac] = station }
            publishRecords = Dictionary(uniqueKeysWithValues: try store.loadPublishes().map { ($0.number, $0) })
            try loadImpairments()
            try loadDocker()
            lastPublishNumber = publishRecords.keys.max() ?? 0
            try forgetOtherBoot()
        } catch {
            throw ControlError("\(error)")
        }
        listen()
        let taken = engine.adoptLivingEngine(recorded: recordedEngine()) ?? []
        try refuseForgottenPorts(count: taken.count)
        for network in networkRecords.values {
            engine.domains[network.domain] = domainConfiguration(of: network)
        }
        let seen = sightings(held: taken)
        let steps = Reconciler.plan(
            networks: networkRecords.values.sorted { $0.domain < $1.domain },
            endpoints: endpointRecords.values.sorted { $0.port < $1.port }, tunnels: Array(tunnelRecords.values),
            mark: mark, seen: seen)
        FailPoint.pass(.recoveryPlanned)
        hold(taken)
        for step in steps where !step.needsEngine { perform(step) }
        prepareOverlays()
        followHost()
        openRecordedNames()
        openRecordedPublishes(besides: Set(steps.compactMap(\.rewiredEndpoint)))
        do throws(EngineFailure) {
            try engine.begin()
        } catch {
            throw ControlError("\(error)")
        }
        for step in steps where step.needsEngine { perform(step) }
        releaseForgottenGuards()
        followUnderlay(enforcing: true)
        lookAtParents()
        forgetUnansweredQuestions(after: steps)
        watchSandboxes()
        followDocker()
        refreshResolverFiles()
        countKernelDropsFromTimeToTime()
    }

    /// What the whole configuration shall say of overlays, now that it is known which tunnels are open.
    private func prepareOverlays() {
        watchUnderlay()
        measureTunnels()
        for network in networkRecords.values
        where network.phase == .active && (network.overlay != nil || network.isRouted) {
            engine.domains[network.domain] = domainConfiguration(of: network)
            refreshStations(of: network.id)
        }
    }

    /// A state directory that was lost or emptied must not cost the ports that still forward: whoever made them left a
    /// word of the engine in the record.
    private func refuseForgottenPorts(count: Int) throws(ControlError) {
        let hasStartedEngine: Bool
        do throws(StoreError) {
            hasStartedEngine = try store.identity(.engine) != nil
        } catch {
            throw ControlError("\(error)")
        }
        guard count > 0, !hasStartedEngine else { return }
        throw ControlError(
            "the engine at \(paths.engine) forwards for \(count) ports, but the record in \(paths.stateDirectory) is new and"
                + " knows none of them; put the lost record back, or end that engine to begin anew")
    }

    private func listen() {
        engine.onPortGone = { [weak self] port, token in
            self?.assumeIsolated { $0.portIsGone(port, token: token) }
        }
        engine.onNextHopWanted = { [weak self] uplink, address in
            self?.assumeIsolated { $0.nextHopIsWanted(uplink: uplink, address: address) }
        }
        engine.onCaptureLost = { [weak self] number, why in
            self?.assumeIsolated { $0.endCaptures(number: number, why: why) }
        }
        engine.onStart = { [weak self] process in
            let words = "\(process.pid) \(process.startTime ?? 0)"
            self?.assumeIsolated { $0.record(engine: words) }
        }
        for (monitor, isPrivate) in [(privateNamespace.monitor, true), (ownMonitor, false)] {
            loop.watch(monitor.descriptor.rawValue) { [weak self] in
                self?.assumeIsolated { board in
                    board.readMonitor(
                        isPrivate ? board.privateNamespace.monitor : board.ownMonitor, isPrivate: isPrivate)
                }
            }
        }
    }

    private func record(engine words: String) {
        do throws(StoreError) {
            try store.setIdentity(.engine, words)
        } catch {
            log.error("\(error)")
        }
    }

    private func recordedEngine() -> EngineProcess? {
        guard let words = try? store.identity(.engine) else { return nil }
        return EngineProcess.find(recorded: words)
    }

    /// Namespaces and interfaces of another boot are gone, and their numbers may be given again.
    private func forgetOtherBoot() throws(StoreError) {
        let boot = BootIdentifier.current
        let recorded = try store.identity(.boot)
        if recorded == boot { return }
        for id in endpointRecords.keys {
            endpointRecords[id]?.cookie = 0
            endpointRecords[id]?.index = 0
            endpointRecords[id]?.nearIndex = 0
            endpointRecords[id]?.isPinning = false
        }
        for id in networkRecords.keys {
            networkRecords[id]?.hostIndex = 0
            networkRecords[id]?.parentIndex = 0
        }
        for endpoint in endpointRecords.values { try store.save(endpoint) }
        for network in networkRecords.values { try store.save(network) }
        try store.setIdentity(.boot, boot)
    }

    /// Takes over the descriptors that an engine handed back, each to the record that it belongs to.
    private func hold(_ taken: [EngineLink.TakenPort]) {
        for tunnel in tunnelRecords.values {
            let configurations = tunnel.portConfigurations.filter { wanted in
                taken.contains { $0.port == wanted.id && $0.token == wanted.token }
            }
            if configurations.count == tunnel.portConfigurations.count {
                engine.tunnels[tunnel.id] = configuration(of: tunnel)
            }
        }
        for port in taken {
            var configuration = PortConfiguration(id: port.port, domain: 1, kind: port.kind, token: port.token)
            if let network = networkRecords.values.first(where: {
                $0.hostPort == port.port && $0.hostToken == port.token
            }) {
                configuration = PortConfiguration(hostPort: port.port, of: network)
            } else if let network = networkRecords.values.first(where: {
                $0.parentPort == port.port && $0.parentToken == port.token
            }) {
                configuration = PortConfiguration(parentPort: port.port, of: network)
            } else if let endpoint = endpointRecords.values.first(where: {
                $0.port == port.port && $0.token == port.token
            }),
                let network = networkRecords[endpoint.network]
            {
                configuration = PortConfiguration(endpoint: endpoint, network: network)
            } else if !port.kind.isInDomain {
                configuration.domain = 0
            }
            if port.kind == .uplink, let index = PacketSocket.interface(of: port.descriptor) {
                uplinkPorts[index] = port.port
            }
            engine.hold(configuration, descriptor: port.descriptor)
        }
    }
}

extension RepairStep {
    /// The endpoint that is wired anew, if the step does that.
    fileprivate var rewiredEndpoint: String? {
        if case .rewire(let id) = self { id } else { nil }
    }

    /// Whether the step makes something that an engine must be there for.
    fileprivate var needsEngine: Bool {
        switch self {
        case .makeHostPort, .rewire: true
        default: false
        }
    }
}
