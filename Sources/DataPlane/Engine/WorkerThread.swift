import CLinux
import Glibc
import Synchronization
import SystemPackage

/// Starts a worker on a thread of its own and tells which I/O it uses.
final class WorkerThread: Sendable {
    /// What came of starting.
    enum Outcome: Sendable {
        case running(usesRing: Bool)
        case failed(String)
    }

    /// For the control thread.
    let mailbox: Mailbox

    private struct Plan {
        var index: Int
        var options: EngineOptions
        var tables: Int32
        var latency: LatencyHold?
        var mailbox: Mailbox
        var report: Report
    }

    /// How the thread tells what came of starting.
    private final class Report: Sendable {
        let outcome = Mutex<Outcome?>(nil)
    }

    private final class PlanBox {
        let plan: Plan
        init(_ plan: Plan) { self.plan = plan }
    }

    /// Starts the thread and waits until it serves. `tables` stays the caller's.
    init(
        index: Int, options: EngineOptions, tables: Int32, latency: LatencyHold?, eventSignal: Int32
    ) throws(EngineError) {
        do {
            mailbox = try Mailbox(eventSignal: eventSignal)
        } catch {
            throw EngineError(reason: "cannot make an eventfd: \(error)")
        }
        let report = Report()
        let box = PlanBox(
            Plan(
                index: index, options: options, tables: tables, latency: latency, mailbox: mailbox, report: report))
        var thread = pthread_t()
        let context = Unmanaged.passRetained(box)
        let result = pthread_create(&thread, nil, Self.main, context.toOpaque())
        guard result == 0 else {
            context.release()
            throw EngineError(reason: "cannot start a thread: \(Errno(rawValue: result))")
        }
        self.thread = thread
        // The thread looks for commands as soon as it runs; this one is answered by whatever state it is in.
        while true {
            if let outcome = report.outcome.withLock({ $0 }) {
                guard case .running(let usesRing) = outcome else {
                    pthread_join(thread, nil)
                    if case .failed(let reason) = outcome { throw EngineError(reason: reason) }
                    throw EngineError(reason: "a worker did not start")
                }
                self.usesRing = usesRing
                return
            }
            usleep(500)
        }
    }

    /// Whether the worker runs on io_uring.
    let usesRing: Bool
    let thread: pthread_t

    /// Ends the worker and waits for its thread. One that hangs is left to the end of the process.
    func stop() {
        if mailbox.perform(.stop) == 0 { pthread_join(thread, nil) }
    }

    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        let plan = Unmanaged<PlanBox>.fromOpaque(context).takeRetainedValue().plan
        do throws(EngineError) {
            try WorkerThread.run(plan)
        } catch {
            plan.report.outcome.withLock { $0 = .failed(error.reason) }
        }
        return nil
    }

    private static func run(_ plan: Plan) throws(EngineError) {
        if plan.options.io != .epoll {
            do {
                let io = try RingIO(slotCount: plan.options.slots, waker: plan.mailbox.waker)
                try serve(io, plan, usesRing: true)
                return
            } catch let error as Errno {
                guard plan.options.io == .auto else {
                    throw EngineError(
                        reason: "io_uring is refused: \(error) (see kernel.io_uring_disabled, or use --io epoll)")
                }
            } catch let error as EngineError {
                throw error
            } catch {
                throw EngineError(reason: "\(error)")
            }
        }
        do {
            let io = try EpollIO(slotCount: plan.options.slots, waker: plan.mailbox.waker)
            try serve(io, plan, usesRing: false)
        } catch let error as EngineError {
            throw error
        } catch {
            throw EngineError(reason: "epoll is refused: \(error)")
        }
    }

    private static func serve<IO: FrameIO & ~Copyable>(
        _ io: consuming IO, _ plan: Plan, usesRing: Bool
    ) throws(EngineError) {
        let tables: SharedTables
        do {
            tables = try SharedTables(descriptor: plan.tables)
        } catch {
            throw EngineError(reason: "the shared tables can't be used: \(error)")
        }
        guard plan.index < tables.workers else {
            throw EngineError(reason: "the shared tables were made for \(tables.workers) workers")
        }
        let now = UInt32(truncatingIfNeeded: monotonicNanoseconds() / 1_000_000)
        guard let stations = tables.stations(worker: plan.index, now: now) else {
            throw EngineError(reason: "the shared tables have no room for stations")
        }
        var worker = Worker(
            io: io, forwarding: Switch(stations: stations, vteps: tables.vtepMemory(worker: plan.index)),
            tables: tables,
            mailbox: plan.mailbox, latency: plan.latency, spinMicroseconds: plan.options.spinMicroseconds,
            routes: plan.index == 0, index: plan.index)
        // Packets that are held go on when they are due.
        heddle_wake_exactly()
        plan.report.outcome.withLock { $0 = .running(usesRing: usesRing) }
        worker.run()
    }
}

/// Why an engine can't run.
public struct EngineError: Error, Sendable, CustomStringConvertible {
    /// One sentence.
    public var reason: String

    /// One sentence.
    public var description: String { reason }
}
