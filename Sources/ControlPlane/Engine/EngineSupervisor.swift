import Addresses
import CLinux
import DataPlane
import Glibc
import Logging
import SystemPackage

/// The engine's other half: starts it, tells it everything, notices its death at once and replaces it by one with the
/// same descriptors. Holds the wanted configuration and a duplicate of every port's descriptor. For the wiring thread.
final class EngineSupervisor {
    /// A port as the engine shall have it; the supervisor owns the descriptor.
    struct Port {
        var configuration: PortConfiguration
        var descriptor: Int32
    }

    let paths: RuntimePaths
    let settings: EngineSettings
    let loop: WiringLoop
    let log: Logger
    /// What the engine shall know.
    var ports: [UInt16: Port] = [:]
    var domains: [UInt16: DomainConfiguration] = [:]
    /// By the port that receives.
    var tunnels: [UInt16: TunnelConfiguration] = [:]
    /// Static stations.
    var stations: [StationKey: StationConfiguration] = [:]
    /// Whose addresses are, where questions for them are answered.
    var neighbours: [NeighbourKey: NeighbourConfiguration] = [:]

    /// By port.
    var uplinks: [UInt16: UplinkConfiguration] = [:]
    var pool: PoolConfiguration?
    var hostAddresses: [HostAddressConfiguration] = []
    var routes: [RouteConfiguration] = []
    var nextHops: [NextHopKey: MACAddress] = [:]
    /// By number.
    var publishes: [UInt32: PublishConfiguration] = [:]
    var impairments: [ImpairmentPlace: ImpairmentConfiguration] = [:]
    /// By number; see +Captures.
    var captures: [UInt32: EngineCapture] = [:]
    /// Descriptors that both processes hold for each other's next one, by number; the supervisor owns them.
    var kept: [UInt32: Int32] = [:]

    /// Called when a packet waits for the MAC address of a next hop.
    var onNextHopWanted: (UInt16, IPAddress) -> Void = { _, _ in }
    /// Called when the engine reports that a port's device is gone.
    var onPortGone: (UInt16, UInt64) -> Void = { _, _ in }
    /// Called when an engine doesn't take over a capture that ran before; not while the engine is being told something.
    var onCaptureLost: (UInt32, String) -> Void = { _, _ in }
    /// Called with every engine that is started, so that it can be recorded.
    var onStart: (EngineProcess) -> Void = { _ in }

    var listener: Int32 = -1
    var link: EngineLink?
    var process: EngineProcess?
    var tables: SharedTables?
    var counterFloor = CounterFloor()
    /// Engines that were lost and replaced.
    var replacements: UInt64 = 0
    private(set) var logPipe: EngineLogPipe?
    /// What the engine said of itself, and when.
    var greeting: (information: EngineInformation, at: ContinuousClock.Instant)?
    var back = RestartBackoff()
    var isRestarting = false
    var retryTimer: UInt64?

    init(paths: RuntimePaths, settings: EngineSettings, loop: WiringLoop, log: Logger) {
        self.paths = paths
        self.settings = settings
        self.loop = loop
        self.log = log
        logPipe = EngineLogPipe(loop: loop, log: log)
    }

    deinit {
        for port in ports.values { close(port.descriptor) }
        for descriptor in kept.values { close(descriptor) }
        for capture in captures.values { close(capture.descriptor) }
        if listener >= 0 { close(listener) }
    }

    /// Connects to an engine that an earlier daemon left, and takes its descriptors; nil if there is none. `recorded` is
    /// the process that the earlier daemon recorded: ended here if it is there but can't be talked to.
    func adoptLivingEngine(recorded: EngineProcess?) -> [EngineLink.TakenPort]? {
        guard let link = try? EngineLink(path: paths.engine) else {
            endStrayEngine(recorded, why: "nobody listens at \(paths.engine)")
            return nil
        }
        do throws(EngineLink.Failure) {
            let information = try link.hello()
            if let wanted = settings.workers, wanted != Int(information.workers) {
                return try replaceLivingEngine(link, information, why: "--workers \(wanted)")
            }
            if settings.inputOutput != .auto, information.usesRing != (settings.inputOutput == .uring) {
                return try replaceLivingEngine(link, information, why: "--io \(settings.inputOutput.rawValue)")
            }
            let taken = try link.takeDescriptors { self.take(kept: $0, $1) }
            process = EngineProcess.find(pid: information.pid)
            greeting = (information, .now)
            self.link = link
            openTables(workers: Int(information.workers))
            watchEngine()
            log.info("took over the engine with pid \(information.pid) and \(taken.count) ports")
            return taken
        } catch {
            endStrayEngine(recorded, why: "it does not answer (\(error))")
            return nil
        }
    }

    /// Takes the descriptors from an engine that is to be replaced by one with other options, and ends it.
    private func replaceLivingEngine(
        _ link: EngineLink, _ information: EngineInformation, why: String
    ) throws(EngineLink.Failure) -> [EngineLink.TakenPort] {
        log.notice("replacing the engine with pid \(information.pid) because of \(why)")
        let taken = try link.takeDescriptors { self.take(kept: $0, $1) }
        let old = EngineProcess.find(pid: information.pid)
        _ = try? link.ask(.shutdown, process: old)
        if let old, !old.hasEnded(within: 1_000) {
            old.kill()
            _ = old.hasEnded(within: 1_000)
        }
        return taken
    }

    private func take(kept number: UInt32, _ descriptor: Int32) {
        if let before = kept.updateValue(descriptor, forKey: number) { close(before) }
    }

    private func endStrayEngine(_ recorded: EngineProcess?, why: String) {
        guard let recorded, !recorded.hasEnded(within: 0) else { return }
        log.warning("ending the engine with pid \(recorded.pid): \(why)")
        recorded.kill()
        _ = recorded.hasEnded(within: 2_000)
    }

    /// Makes the engine know all that is wanted: an adopted one by messages, else a new one.
    func begin() throws(EngineFailure) {
        if link != nil {
            try synchronise()
        } else {
            try start()
        }
    }

    /// Threads that a new engine gets.
    var workers: Int { settings.workers ?? greeting.map { Int($0.information.workers) } ?? 1 }

    /// Maps the tables, made if they are missing; counters are not worth failing for.
    func openTables(workers: Int) {
        do {
            let descriptor = try SharedTables.open(path: paths.tables, workers: workers)
            defer { close(descriptor) }
            tables = try SharedTables(descriptor: descriptor)
        } catch {
            log.error("cannot map \(paths.tables): \(error); statistics are not available")
        }
    }
}
