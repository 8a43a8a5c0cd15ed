import CLinux
import DataPlane
import Glibc
import Logging
import SystemPackage

extension EngineSupervisor {
    /// Starts an engine and tells it everything. Blocks for the time that a process needs to start.
    func start() throws(EngineFailure) {
        if listener < 0 {
            let made = heddle_seqpacket_listen(paths.engine)
            guard made >= 0 else {
                throw .unavailable("cannot listen at \(paths.engine): \(ControlError.reason(-made))")
            }
            listener = made
        }
        let workers = workers
        let shared: Int32
        do {
            shared = try SharedTables.open(path: paths.tables, workers: workers)
        } catch {
            throw .unavailable("cannot make \(paths.tables): \(error)")
        }
        defer { close(shared) }
        tables = try? SharedTables(descriptor: shared)
        let latency = Self.openLatency()
        defer { close(latency) }
        let arguments = ["--workers", "\(workers)", "--io", settings.inputOutput.rawValue]
        let started = try EngineProcess.start(
            program: settings.program, arguments: arguments, passing: [listener, shared, latency],
            errorTo: logPipe?.writing ?? 2)
        process = started
        onStart(started)
        FailPoint.pass(.engineStarted)
        do {
            try connect()
            try synchronise()
        } catch {
            // Half an engine is worse than none.
            dropLink()
            started.kill()
            _ = started.hasEnded(within: 1_000)
            process = nil
            if case .unavailable(let reason) = error { throw .unavailable("\(settings.program): \(reason)") }
            throw error
        }
        watchEngine()
        log.info("engine started with pid \(started.pid)")
    }

    /// /dev/cpu_dma_latency for the engine, or a stand-in that takes what is written.
    private static func openLatency() -> Int32 {
        let device = open("/dev/cpu_dma_latency", O_RDWR | O_CLOEXEC)
        return device >= 0 ? device : open("/dev/null", O_RDWR | O_CLOEXEC)
    }

    private func connect() throws(EngineFailure) {
        do throws(Errno) {
            link = try EngineLink(path: paths.engine)
        } catch {
            throw .unavailable("cannot connect to \(paths.engine): \(error)")
        }
        do throws(EngineLink.Failure) {
            guard let information = try link?.hello(process: process) else { throw .closed }
            greeting = (information, .now)
        } catch {
            throw .unavailable(Self.reason(error))
        }
    }

    /// One request to a living engine; errors as errors.
    func tell(_ request: EngineRequest, passing passed: Int32? = nil, what: String) throws(EngineFailure) {
        guard let link else { throw .unavailable("it is being replaced") }
        let answer: Errno?
        do throws(EngineLink.Failure) {
            answer = try link.ask(request, passing: passed, process: process)
        } catch {
            throw .unavailable(Self.reason(error))
        }
        if link.hasEvents { scheduleEvents() }
        if let answer { throw .refused(what: what, answer) }
    }

    /// Watches for messages and for the end of the process.
    func watchEngine() {
        if let link { loop.watch(link.descriptor) { [weak self] in self?.readEvents() } }
        guard let process else { return }
        // Kept by the watch, so that its status is taken even when it ends long after it was replaced.
        loop.watch(process.pidfd) { [weak self, loop] in
            guard process.hasEnded(within: 0) else { return }
            loop.unwatch(process.pidfd)
            if let self, self.process === process { self.replace(why: "it ended") }
        }
    }

    private func dropLink() {
        if let link { loop.unwatch(link.descriptor) }
        link = nil
    }

    /// Events that came while an answer was awaited don't wake the loop any more.
    func scheduleEvents() {
        loop.after(.zero) { [weak self] in self?.readEvents() }
    }

    private func readEvents() {
        guard let link else { return }
        do throws(EngineLink.Failure) {
            for event in try link.takeEvents() {
                switch event {
                case .portGone(let port, let token): onPortGone(port, token)
                case .nextHopWanted(let uplink, let address): onNextHopWanted(uplink, address)
                }
            }
        } catch {
            replace(why: Self.reason(error))
        }
    }

    /// The engine is dead or not to be talked to: makes another, at once if it did not die at once itself.
    func replace(why: String) {
        if isRestarting { return }
        isRestarting = true
        defer { isRestarting = false }
        if let timer = retryTimer { loop.cancel(timer: timer) }
        retryTimer = nil
        dropLink()
        if let old = process {
            // The socket closes a moment before the process has ended; two engines must not read one port.
            if !old.hasEnded(within: 20) {
                old.kill()
                _ = old.hasEnded(within: 2_000)
            }
            loop.unwatch(old.pidfd)
            log.warning("the engine with pid \(old.pid) is lost (\(why)); starting another")
        }
        process = nil
        replacements += 1
        let delay = back.delay(after: .now)
        if delay > .zero {
            retryTimer = loop.after(delay) { [weak self] in self?.retry() }
            return
        }
        startOrRetry()
    }

    private func retry() {
        retryTimer = nil
        guard link == nil, !isRestarting else { return }
        isRestarting = true
        defer { isRestarting = false }
        startOrRetry()
    }

    private func startOrRetry() {
        back.started(at: .now)
        do throws(EngineFailure) {
            try start()
        } catch {
            log.error("\(error)")
            let delay = max(back.delay(after: .now), .milliseconds(20))
            retryTimer = loop.after(delay) { [weak self] in self?.retry() }
        }
    }

    /// What an answer that did not come means.
    static func reason(_ failure: EngineLink.Failure) -> String {
        switch failure {
        case .closed: "it ended"
        case .timeout: "it does not answer"
        case .strange: "it speaks another version of Heddle"
        case .system(let errno): "\(errno)"
        }
    }
}
