import Addresses
import DataPlane
public import HeddleAPI
import Logging
import NameServer
import Netlink
import Relay
import SystemPackage

/// The control plane: records what is wanted, makes it true, and keeps it true. Everything in it happens on one thread
/// of its own, one request after the other, so that blocking calls and namespaces disturb nobody.
public actor Switchboard: ControlService {
    nonisolated let loop: WiringLoop
    let paths: RuntimePaths
    let log: Logger
    let store: Store
    /// Held as long as this lives.
    let locks: DaemonLocks
    let mark: OwnerMark
    let engine: EngineSupervisor
    let privateNamespace: PrivateNamespace
    /// A conversation with the daemon's own namespace, "the host".
    let own: RouteSocket
    let ownNamespace: NetworkNamespace
    let ownMonitor: LinkMonitor
    let ownCookie: UInt64
    /// See `UplinkSettings`.
    let uplinkNames: [String]
    let started = ContinuousClock.now

    /// By id.
    var networkRecords: [String: NetworkRecord] = [:]
    /// By id.
    var endpointRecords: [String: EndpointRecord] = [:]
    /// By where their datagrams arrive.
    var tunnelRecords: [TunnelPlace: TunnelRecord] = [:]
    /// Static remote stations by network id and MAC address.
    var stationRecords: [String: [MACAddress: StationRecord]] = [:]
    /// By number.
    var publishRecords: [UInt32: PublishRecord] = [:]
    /// Why publishes are not open though their endpoint is there, by number.
    var waitingPublishes: [UInt32: String] = [:]
    /// The number that a publish got last.
    var lastPublishNumber: UInt32 = 0
    /// Whether publishes that wait will be tried again.
    var isPublishRetryDue = false
    /// Captures that run, by number; see Capture/.
    var captures: [UInt32: RunningSession] = [:]
    var lastCaptureNumber: UInt32 = 0
    /// What happens to packets on purpose.
    var impairmentRecords: [ImpairmentRecord.Key: ImpairmentRecord] = [:]
    /// What the tunnels of overlays carry, in bytes of layer 3, by network id.
    var tunnelMTUs: [String: Int] = [:]
    /// Index of the interface by which all peers of a tunnel are reached, if it is one.
    var tunnelInterfaces: [TunnelPlace: UInt32] = [:]
    /// Tunnels that could not be opened, which was said, and why.
    var closedTunnels: [TunnelPlace: String] = [:]
    /// Tunnels whose device isn't used, which was said, and why.
    var brokenDevices: [TunnelPlace: String] = [:]
    /// Whether a tunnel's device was down since they were looked at.
    var areDevicesDoubted = false
    /// Whether closed tunnels will be tried again.
    var isTunnelRetryDue = false
    /// After which time that was done last; zero once all are open.
    var tunnelPause: Duration = .zero
    /// Tells of changes in the daemon's namespace while there are overlays.
    var underlayMonitor: LinkMonitor?
    /// Whether a look at the underlay is due.
    var isUnderlayLookDue = false
    /// See `watchUnderlay`.
    var isPathLookDue = false
    /// Tells of changes in the daemon's namespace while networks lead out of it.
    var hostMonitor: LinkMonitor?
    var isHostLookDue = false
    var hostLook = HostLook()
    /// Ports of uplinks by the index of their interface.
    var uplinkPorts: [Int32: UInt16] = [:]
    /// Next hops that packets waited for, the newest last.
    var askedHops: [HostLook.Hop] = []
    var isPoolReserved = false
    /// What each uplink lets in, by port.
    var uplinkFilters: [UInt16: SocketFilter] = [:]
    /// Guards of what is published, by the number of the record.
    var openGuards: [UInt32: OpenGuards] = [:]
    /// See `NameSettings`.
    let nameSettings: NameSettings
    /// Answers for names; made with the first network that has a gateway.
    var nameServer: NameServer?
    /// Where its sockets are; made with it.
    var nameNamespace: NameNamespace?
    /// Name services by network id.
    var namePorts: [String: NamePort] = [:]
    /// Namespaces whose resolver file is somebody else's, which was said.
    var foreignResolverFiles: Set<String> = []
    /// Serves those who reach a published port by other ways than an uplink; made with the first one.
    var relay: RelayServer?
    /// Whether a look at the parents of networks is due.
    var isParentLookDue = false
    /// What each parent's socket lets in, by port.
    var parentFilters: [UInt16: ParentFilterPlan] = [:]
    /// What the kernel dropped, by port.
    var kernelDrops: [UInt16: KernelDrops] = [:]
    /// What had come in by a port when its kernel drops were read last.
    var lastReceived: [UInt16: UInt64] = [:]
    /// When endpoints that could not come back are tried again, by id.
    var pauses: [String: ContinuousClock.Instant] = [:]
    /// Namespaces that this daemon keeps alive, by endpoint id, once they were looked at.
    var pinned: [String: NetworkNamespace.Identity] = [:]
    /// By Docker's id.
    var dockerNetworks: [String: DockerNetworkRecord] = [:]
    /// By Docker's id.
    var dockerEndpoints: [String: DockerEndpointRecord] = [:]
    /// Pools that Docker got, by id.
    var dockerPools: [String: DockerPoolRecord] = [:]
    /// Their addresses that Docker got, by the pool's id.
    var dockerLeases: [String: [IPAddress: DockerAddressRecord.Use]] = [:]
    /// When Docker spoke last of a pool, by its id.
    var dockerPoolMentions: [String: ContinuousClock.Instant] = [:]
    /// When it did of all others at the latest.
    var lastDockerPoolMention = ContinuousClock.now
    /// The port of the host that was chosen last where Docker named none.
    var lastChosenPort: UInt16 = 0
    /// When Docker spoke last of an endpoint that it may still be busy with, by Docker's id.
    var dockerMentions: [String: ContinuousClock.Instant] = [:]
    /// Whether endpoints of Docker's that are gone will be forgotten.
    var isDockerForgettingDue = false
    /// Whether a look at vanished sandboxes is due.
    var isWatchingSandboxes = false

    /// The thread of the control plane.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        loop: WiringLoop, paths: RuntimePaths, log: Logger, store: Store, daemonID: String, locks: DaemonLocks,
        engine: EngineSupervisor, privateNamespace: PrivateNamespace, own: OwnNamespace, uplinkNames: [String],
        nameSettings: NameSettings
    ) {
        self.loop = loop
        self.paths = paths
        self.log = log
        self.store = store
        self.locks = locks
        self.engine = engine
        self.privateNamespace = privateNamespace
        self.own = own.route
        ownNamespace = own.namespace
        ownMonitor = own.monitor
        ownCookie = own.cookie
        self.uplinkNames = uplinkNames
        self.nameSettings = nameSettings
        mark = OwnerMark(daemon: daemonID)
    }

    /// What makes devices.
    var maker: PortMaker { PortMaker(privateNamespace: privateNamespace) }
}

extension Switchboard {
    /// The network of that name, or a refusal.
    func findNetwork(_ name: String) throws(APIError) -> NetworkRecord {
        if let network = networkRecords.values.first(where: { $0.name == name }) { return network }
        let names = networkRecords.values.map(\.name).sorted()
        let known = names.isEmpty ? "There is none yet." : "There is " + names.prefix(10).joined(separator: ", ") + "."
        throw .notFound(
            "there is no network \(APIError.quoted(name))", hint: known + " 'heddle network create' makes one.")
    }

    /// A network's endpoints, by port.
    func endpoints(of network: NetworkRecord) -> [EndpointRecord] {
        endpointRecords.values.filter { $0.network == network.id }.sorted { $0.port < $1.port }
    }

    /// Ends the daemon's part: the record is whole in one file. Nothing must be asked of the switchboard afterwards.
    public func leave() {
        do throws(StoreError) {
            try store.close()
        } catch {
            // The log stays beside it, and the next start reads both.
            log.warning("\(error)")
        }
    }

    /// A port number that is free, with its counters at zero.
    func freePort() throws(APIError) -> UInt16 {
        try freePorts(count: 1)[0]
    }

    /// Port numbers that are in use.
    var takenPorts: Set<UInt16> {
        var taken = Set(
            endpointRecords.values.map(\.port) + networkRecords.values.compactMap { $0.hostPort ?? $0.parentPort })
        for tunnel in tunnelRecords.values { taken.formUnion(tunnel.ports) }
        taken.formUnion(uplinkPorts.values)
        taken.formUnion(namePorts.values.map(\.port))
        return taken
    }

    /// The lowest port numbers that are free, with their counters at zero.
    func freePorts(count: Int) throws(APIError) -> [UInt16] {
        var taken = takenPorts
        var found: [UInt16] = []
        for _ in 0..<count {
            guard let port = Identifier.lowestFree(besides: taken, below: SharedTables.maximumPorts) else {
                throw .allPortsTaken
            }
            taken.insert(port)
            found.append(port)
        }
        for port in found {
            kernelDrops[port] = nil
            engine.resetCounters(port: port)
        }
        return found
    }

    /// Records an endpoint.
    func save(_ endpoint: EndpointRecord) throws(APIError) {
        do throws(StoreError) {
            try store.save(endpoint)
        } catch {
            throw .refused(error)
        }
        endpointRecords[endpoint.id] = endpoint
        refreshStations(of: endpoint.network)
        refreshNames(of: endpoint)
        if endpoint.phase == .active { refreshResolverFile(of: endpoint.sandbox) }
    }

    /// Records a new endpoint with what is published of it.
    func save(_ endpoint: EndpointRecord, _ publishes: [PublishRecord]) throws(APIError) {
        do throws(StoreError) {
            try store.save(endpoint, publishes)
        } catch {
            throw .refused(error)
        }
        endpointRecords[endpoint.id] = endpoint
        for publish in publishes { publishRecords[publish.number] = publish }
        refreshStations(of: endpoint.network)
    }

    /// Records a network.
    func save(_ network: NetworkRecord) throws(APIError) {
        do throws(StoreError) {
            try store.save(network)
        } catch {
            throw .refused(error)
        }
        networkRecords[network.id] = network
    }

    /// Forgets an endpoint, and what is published of it.
    func forget(_ endpoint: EndpointRecord) throws(APIError) {
        do throws(StoreError) {
            try store.delete(endpoint)
        } catch {
            throw .refused(error)
        }
        for publish in publishes(of: endpoint) {
            publishRecords[publish.number] = nil
            waitingPublishes[publish.number] = nil
        }
        forgetImpairments(of: endpoint)
        endCaptures(port: endpoint.port, why: "\(endpoint.label) was detached")
        endpointRecords[endpoint.id] = nil
        forgetDocker(endpoint)
        kernelDrops[endpoint.port] = nil
        pauses[endpoint.id] = nil
        pinned[endpoint.id] = nil
        refreshStations(of: endpoint.network)
        refreshNames(of: endpoint)
        refreshResolverFile(of: endpoint.sandbox)
    }

    /// Forgets a network.
    func forget(_ network: NetworkRecord) throws(APIError) {
        do throws(StoreError) {
            try store.delete(network)
        } catch {
            throw .refused(error)
        }
        networkRecords[network.id] = nil
        endCaptures(of: network)
        dockerNetworks = dockerNetworks.filter { $0.value.network != network.id }
        stationRecords[network.id] = nil
        tunnelMTUs[network.id] = nil
    }

    /// Runs a request to the engine with its errors for the API.
    func engineWork<Result>(_ work: (EngineSupervisor) throws(EngineFailure) -> Result) throws(APIError) -> Result {
        do throws(EngineFailure) {
            return try work(engine)
        } catch {
            throw error.apiError
        }
    }
}
