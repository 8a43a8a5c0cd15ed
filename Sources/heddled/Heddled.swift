public import ArgumentParser
import ControlAPI
public import ControlPlane
import Glibc
import HeddleAPI
import Logging
import ServiceLifecycle
import UnixSignals

/// The daemon: control plane, wiring, HTTP.
@main
struct Heddled: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heddled",
        abstract: "The daemon of Heddle, a switch for containers in user space.",
        discussion: """
            Runs in the foreground and prints one line 'heddled: ready' when it serves. The network namespace in which \
            it is started is the host for its networks; several daemons run side by side, each with its own socket and \
            state directory. On SIGTERM it leaves within a second, and its engine forwards on until the next daemon \
            takes it over. 'heddle' is the command line.

            HEDDLE_ENGINE names the engine's program if it does not lie beside heddled; HEDDLE_LOG (debug, info, \
            notice, warning, error) says how much is logged.
            """,
        version: HeddleVersion.current)

    @Option(help: ArgumentHelp("Where clients connect; other runtime files lie beside it.", valueName: "path"))
    var socket = APIPath.defaultSocket

    @Option(help: ArgumentHelp("Where networks and endpoints are recorded.", valueName: "directory"))
    var stateDir = "/var/lib/heddle"

    @Option(
        help: ArgumentHelp(
            "An interface of the host by which translated traffic may leave and published ports are reached. May be"
                + " repeated. (default: those that the kernel's routes name)", valueName: "ifname"))
    var uplink: [String] = []

    @Option(
        help: ArgumentHelp(
            "Threads that forward; a network belongs to one of them. (default: as a running engine has, else 1)",
            valueName: "n"))
    var workers: Int?

    @Option(help: "How the engine talks to the kernel: auto takes io_uring where the kernel allows it, else epoll.")
    var io = EngineSettings.InputOutput.auto

    @Flag(
        help: "Serve Docker: 'docker network create -d heddle' makes networks here, 'docker run --network' uses them.")
    var docker = false

    @Option(
        help: ArgumentHelp(
            "Where Docker looks for the driver, which is called as the file is without '.sock'; implies --docker."
                + " (default: \(DockerServer.defaultSocket))", valueName: "path"))
    var dockerSocket: String?

    @Option(
        help: ArgumentHelp(
            "A resolver that names are asked of which no network knows. May be repeated. (default: those of the host's"
                + " /etc/resolv.conf, as it changes)", valueName: "addr"))
    var dns: [String] = []

    @Option(
        help: ArgumentHelp(
            "Serve a web page with the live topology, to this machine only unless an address is said.",
            valueName: "[addr:]port"))
    var page: String?

    @Option(
        help: ArgumentHelp(
            "Serve metrics for Prometheus at /metrics, to this machine only unless an address is said.",
            valueName: "[addr:]port"))
    var metrics: String?

    @Flag(help: "End the engine and remove all that a daemon with this socket and state directory made, then exit.")
    var teardown = false

    func validate() throws {
        if let workers, !(1...EngineSettings.mostWorkers).contains(workers) {
            throw ValidationError("--workers \(workers) is not from 1 to \(EngineSettings.mostWorkers)")
        }
        do throws(ControlError) {
            _ = try UplinkSettings(names: uplink)
        } catch {
            throw ValidationError("--uplink: \(error)")
        }
        do throws(ControlError) {
            _ = try NameSettings(resolvers: dns)
        } catch {
            throw ValidationError("--dns: \(error)")
        }
        do throws(APIError) {
            _ = try pageAddress
        } catch {
            throw ValidationError("\(error)")
        }
        do throws(APIError) {
            if let metrics = try metricsAddress, let page = try pageAddress, metrics.overlaps(page) {
                throw APIError(
                    .invalid, "--page \(page) and --metrics \(metrics) are one place", hint: "Name two ports.")
            }
        } catch {
            throw ValidationError("\(error)")
        }
        if let text = FailPoint.unknownChoice {
            let names = FailPoint.allCases.map(\.rawValue).joined(separator: " ")
            throw ValidationError("HEDDLE_FAIL_AT=\(text) names no fail point. There are: \(names)")
        }
    }

    func run() async throws {
        // A client that hangs up must end its request only.
        signal(SIGPIPE, SIG_IGN)
        let log = Logger(label: "heddled") { _ in PlainLogHandler() }
        do {
            let paths = try RuntimePaths(socket: socket, stateDirectory: stateDir)
            if teardown {
                try Teardown.run(paths: paths, log: log)
                if let dockerPath { try SocketLock.remove(path: dockerPath, option: "--docker-socket") }
            } else {
                try await serve(paths, log: log)
            }
        } catch {
            PlainLogHandler.write("\(error)")
            throw ExitCode.failure
        }
    }

    /// Where Docker is served, if it is.
    private var dockerPath: String? {
        dockerSocket ?? (docker ? DockerServer.defaultSocket : nil)
    }

    /// Where the page is served, if it is.
    private var pageAddress: ListenAddress? {
        get throws(APIError) {
            try page.map { text throws(APIError) in try ListenAddress(text, option: "--page") }
        }
    }

    /// Where metrics are served, if they are.
    private var metricsAddress: ListenAddress? {
        get throws(APIError) {
            try metrics.map { text throws(APIError) in try ListenAddress(text, option: "--metrics") }
        }
    }

    private func serve(_ paths: RuntimePaths, log: Logger) async throws {
        DescriptorLimit.raise()
        let pageAddress = try pageAddress
        try pageAddress?.check(option: "--page")
        let metricsAddress = try metricsAddress
        try metricsAddress?.check(option: "--metrics")
        // Before anything is made: whoever has Docker's socket goes on with it.
        let dockerLock = try dockerPath.map { path in
            try RuntimePaths.makeDirectory(of: path)
            return try SocketLock(path: path, option: "--docker-socket")
        }
        defer { withExtendedLifetime(dockerLock) {} }
        let settings = EngineSettings(workers: workers, inputOutput: io)
        let switchboard = try await Switchboard.start(
            paths: paths, engine: settings, uplinks: try UplinkSettings(names: uplink),
            names: try NameSettings(resolvers: dns), log: log)
        let ready = ReadyLine(
            servers: 1 + (dockerPath == nil ? 0 : 1) + (pageAddress == nil ? 0 : 1) + (metricsAddress == nil ? 0 : 1))
        let times = RequestTimes()
        var servers: [any Service] = [
            ControlServer(service: switchboard, socketPath: paths.socket, logger: log, times: times) {
                ready.serverListens()
            }
        ]
        if let dockerPath {
            servers.append(
                DockerServer(service: switchboard, socketPath: dockerPath, logger: log) { ready.serverListens() })
        }
        if let pageAddress {
            servers.append(
                PageServer(service: switchboard, address: pageAddress, logger: log) { port in
                    log.notice("the page is at http://\(pageAddress.host(with: port))/")
                    ready.serverListens()
                })
        }
        if let metricsAddress {
            let server = MetricsServer(sources: [switchboard, times], address: metricsAddress, logger: log) { port in
                log.notice("metrics are at http://\(metricsAddress.host(with: port))/metrics")
                ready.serverListens()
            }
            servers.append(server)
        }
        var quiet = log
        quiet.logLevel = max(log.logLevel, .error)
        let group = ServiceGroup(
            configuration: .init(
                services: servers.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quiet))
        try await group.run()
        await switchboard.leave()
        log.notice("leaving; the engine forwards on")
    }
}

extension EngineSettings.InputOutput: ExpressibleByArgument {}
