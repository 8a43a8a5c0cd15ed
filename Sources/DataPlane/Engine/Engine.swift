import CLinux
import Glibc
import SystemPackage

/// The control thread of the data plane: accepts daemons, keeps every port's descriptor, and passes configuration on to
/// the workers. It survives the daemon: when the connection ends it waits for the next, while the workers forward on.
public final class Engine {
    /// A port and its descriptor.
    struct Port {
        var configuration: PortConfiguration
        var descriptor: Int32
    }

    /// Heddle's version as the engine tells it.
    public static let version = "0.1.0"

    let options: EngineOptions
    private let listener: Int32
    private let tables: Int32
    private let latency: Int32
    let eventSignal: Int32
    let workers: [WorkerThread]
    let started = monotonicNanoseconds()

    var connection: EngineConnectionBox?
    var domains: [UInt16: DomainConfiguration] = [:]
    var ports: [UInt16: Port] = [:]
    /// Stations that were set by hand.
    var stations: [StationConfiguration.Key: StationConfiguration] = [:]
    var neighbours: [NeighbourConfiguration.Key: NeighbourConfiguration] = [:]
    /// Numbers of what is published.
    var publishes: Set<UInt32> = []
    /// Next hops that are known, without what is known of them.
    var nextHops: Set<NextHopConfiguration> = []
    /// What happens to packets on purpose.
    var impairments: [ImpairmentConfiguration.Key: ImpairmentSettings] = [:]
    /// Of ports that aren't there yet.
    var awaitedImpairments: [ImpairmentConfiguration.Key: ImpairmentConfiguration] = [:]
    /// The workers that run captures, by the daemon's number.
    var captures: [UInt32: Mailbox] = [:]
    /// Descriptors that are kept for the next daemon, by number.
    var kept: [UInt32: Int32] = [:]
    /// See `HostAddressConfiguration`.
    var hostAddresses = ListInParts<HostAddressConfiguration>()
    /// See `RouteConfiguration`.
    var routes = ListInParts<RouteConfiguration>()
    /// What a whole configuration named so far; nil outside of one.
    var named: Named?
    var isStopping = false

    /// Starts the workers. `listener`, `tables` and `latency` become the engine's.
    public init(options: EngineOptions, listener: Int32, tables: Int32, latency: Int32) throws(EngineError) {
        self.options = options
        self.listener = listener
        self.tables = tables
        self.latency = latency
        eventSignal = heddle_eventfd()
        guard eventSignal >= 0 else {
            throw EngineError(reason: "cannot make an eventfd: \(Errno(rawValue: -eventSignal))")
        }
        let hold = LatencyHold(descriptor: latency)
        var workers: [WorkerThread] = []
        for index in 0..<options.workers {
            do throws(EngineError) {
                workers.append(
                    try WorkerThread(
                        index: index, options: options, tables: tables, latency: hold, eventSignal: eventSignal))
            } catch {
                for worker in workers { worker.stop() }
                close(eventSignal)
                throw error
            }
        }
        self.workers = workers
    }

    /// Serves daemons until one asks for the end.
    public func run() {
        while !isStopping {
            // poll leaves out descriptors below zero.
            var descriptors = [
                pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
                pollfd(fd: eventSignal, events: Int16(POLLIN), revents: 0),
                pollfd(fd: connection?.value.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&descriptors, nfds_t(descriptors.count), -1) > 0 else { continue }
            if descriptors[1].revents != 0 { reportEvents() }
            if descriptors[2].revents != 0 { receive() }
            if descriptors[0].revents != 0 { accept() }
        }
        for worker in workers { worker.stop() }
    }

    deinit {
        for descriptor in ports.values.map(\.descriptor) + kept.values + [listener, tables, latency, eventSignal] {
            close(descriptor)
        }
    }

    /// Nanoseconds of processor time that the workers have used since they started. Only while they run; any thread.
    package var processorTime: Int64 {
        workers.reduce(0) { total, worker in
            var clock = clockid_t()
            var time = timespec()
            guard pthread_getcpuclockid(worker.thread, &clock) == 0, clock_gettime(clock, &time) == 0 else {
                return total
            }
            return total + Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        }
    }

    /// The newest daemon is the daemon: one that was stopped or hangs must not keep others out.
    private func accept() {
        let descriptor = heddle_seqpacket_accept(listener)
        guard descriptor >= 0 else { return }
        leave()
        connection = EngineConnectionBox(EngineConnection(descriptor: descriptor))
    }

    private func reportEvents() {
        var count: UInt64 = 0
        _ = read(eventSignal, &count, 8)
        for worker in workers {
            for event in worker.mailbox.takeEvents() {
                switch event {
                case .portGone(let id, let error):
                    guard let port = ports[id] else { continue }
                    let token = port.configuration.token
                    drop(port: id)
                    send(.portGone(port: id, token: token, error: error))
                case .nextHopWanted(let uplink, let address):
                    send(.nextHopWanted(uplink: uplink, address: address))
                }
            }
        }
    }

    private func receive() {
        guard let connection else { return }
        do {
            let (request, descriptor) = try connection.value.receiveRequest()
            switch request {
            case .success(let (sequence, request)):
                let error = handle(request, descriptor)
                send(.acknowledgement(sequence: sequence, error: error))
                if case .shutdown = request { isStopping = true }
            case .failure:
                // Of another version: it can't know which request failed.
                send(.acknowledgement(sequence: 0, error: EPROTO))
            }
        } catch {
            if case .system(let errno) = error, errno == .interrupted { return }
            leave()
        }
    }

    /// A daemon that is gone, or takes nothing for a second, is no daemon any more: the next one is waited for.
    func send(_ reply: EngineReply, passing descriptor: Int32? = nil) {
        do {
            try connection?.value.send(reply, passing: descriptor)
        } catch {
            leave()
        }
    }

    /// The daemon is gone, and with it what was only for it.
    private func leave() {
        connection = nil
        named = nil
        endCaptures()
    }

    /// A domain belongs to one worker; ports without a domain are the first one's.
    func mailbox(domain: UInt16) -> Mailbox {
        workers[domains[domain]?.worker(of: workers.count) ?? Int(domain) % workers.count].mailbox
    }

    /// Takes a port out of its worker and closes its descriptor.
    func drop(port id: UInt16) {
        guard let port = ports.removeValue(forKey: id) else { return }
        let mailbox = mailbox(domain: port.configuration.domain)
        for (key, station) in stations where station.vtep == nil && station.port == id { stations[key] = nil }
        nextHops = nextHops.filter { $0.uplink != id }
        forgetImpairments(port: id)
        _ = mailbox.perform(.removePort(id))
        mailbox.discardEvents(port: id)
        close(port.descriptor)
    }
}

/// Lets a class hold a connection that may be absent.
final class EngineConnectionBox {
    let value: EngineConnection

    init(_ value: consuming EngineConnection) {
        self.value = value
    }
}
