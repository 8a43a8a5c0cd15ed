import Glibc

/// One thread's share of the data plane: its I/O, its domains, ports, stations and counters. Runs to completion; nothing
/// is shared but the mailbox and the counters that others read. Generic over the I/O so that a script can drive it.
/// Files beside this one: +Frames (what happens to a frame), +Encapsulation and
/// +Decapsulation (tunnels), +Routing (what leaves its networks), +Impairment (what is lost and held on purpose),
/// +Capture (what is recorded), +Receiving (arming, endings), +Commands (configuration), +Numbers (what others may know).
package struct Worker<IO: FrameIO & ~Copyable>: ~Copyable {
    /// A port as the worker keeps it beside what `Switch` knows of it.
    struct PortState {
        enum Life: UInt8 {
            case absent
            case present
            /// Being removed: receiving ends, nothing is sent any more.
            case retiring
            /// Its device is gone; waits for the control side to remove it.
            case dead
        }

        var life = Life.absent
        /// Receives the datagrams of a tunnel.
        var isTunnel = false
        /// Sends the trains of a tunnel.
        var isSender = false
        /// Leads out of the host.
        var isUplink = false
        /// Of a whole configuration that isn't complete yet: receives nothing so far.
        var isWaiting = false
        /// Frames received in the batch `batch`.
        var framesInBatch: UInt32 = 0
        var batch: UInt32 = 0
        /// Endings in a row for a reason that doesn't go away by itself.
        var failures: UInt8 = 0
        /// When a port that keeps failing is armed again, in milliseconds; 0: it isn't waiting.
        var retryAt: UInt32 = 0
        /// In `ended`.
        var isEnded = false
        /// Being removed, and nothing is received any more.
        var hasEnded = false
        /// Why it is dead.
        var cause: Int32 = 0
        /// The control side knows that it is dead.
        var isReported = false
        /// What its frames get beside switching; 0: nothing, which is all that such frames pay for.
        var attention: UInt8 = 0

        /// In `attention`: what comes in is impaired.
        static var impairedIn: UInt8 { @_noAllocation @_noLocks get { 0x01 } }
        /// In `attention`: what goes out is impaired.
        static var impairedOut: UInt8 { @_noAllocation @_noLocks get { 0x02 } }
        /// In `attention`: what comes in is captured.
        static var capturedIn: UInt8 { @_noAllocation @_noLocks get { 0x04 } }
        /// In `attention`: what goes out is captured.
        static var capturedOut: UInt8 { @_noAllocation @_noLocks get { 0x08 } }
    }

    var io: IO
    var forwarding: Switch
    let mailbox: Mailbox
    let latency: LatencyHold?
    let tables: SharedTables
    /// See +Numbers.
    let told: WorkerNumberPlace
    var frameCount: UInt64 = 0
    var batchCount: UInt64 = 0
    var spinCount: UInt64 = 0
    var rearmCount: UInt64 = 0
    var overflowCount: UInt64 = 0
    let states: UnsafeMutablePointer<PortState>

    var tunnels: TunnelState
    /// See +Impairment.
    var impairments = ImpairmentTable()
    /// See +Capture.
    var captures = CaptureTable()
    /// The first worker's; nil: nothing is routed here.
    let router: UnsafeMutablePointer<Router>?
    /// Where the head of a frame that leaves with another tag is written.
    let scratch: UnsafeMutableRawPointer
    /// Ports whose receive ended in this batch.
    let ended: UnsafeMutablePointer<UInt16>
    var endedCount = 0
    /// Ports that wait for `retryAt`.
    var retrying = 0
    /// Some port that is being removed receives nothing any more.
    var hasRetired = false
    /// Some port died and the control side doesn't know yet.
    var hasDead = false
    /// The port that a command is waiting to see removed.
    var removing: (port: UInt16, ticket: UInt64)?
    /// The command that ends the worker.
    var stopTicket: UInt64?

    /// Nanoseconds of the monotonic clock, read once a batch.
    var clock: Int64 = 0
    /// The same in milliseconds, cut to 32 bits.
    var now: UInt32 = 0
    /// When a frame came last, on `clock`.
    var lastFrame: Int64 = -1 << 62
    var lastSweep: UInt32 = 0
    var isHolding = false
    /// How long to look for more frames after a few small ones before the thread sleeps, in nanoseconds.
    let spin: Int64
    var framesInBatch = 0
    var bytesInBatch = 0
    /// Counts waits, wrapping.
    var batch: UInt32 = 0

    /// Makes a worker around its I/O. `tables` is this worker's own mapping, in which it is number `index`. Only the first
    /// worker may route.
    package init(
        io: consuming IO, forwarding: consuming Switch, tables: consuming SharedTables, mailbox: Mailbox,
        latency: LatencyHold?, spinMicroseconds: Int, routes: Bool = false, index: Int = 0
    ) {
        if routes {
            let place = UnsafeMutablePointer<Router>.allocate(capacity: 1)
            let now = UInt32(truncatingIfNeeded: monotonicNanoseconds() / 1_000_000)
            place.initialize(to: Router(memory: tables.flowMemory, now: now))
            router = place
        } else {
            router = nil
        }
        tunnels = TunnelState(slots: io.slotCount)
        self.io = io
        self.forwarding = forwarding
        told = WorkerNumberPlace(tables.numbers(worker: index))
        self.tables = tables
        self.mailbox = mailbox
        self.latency = latency
        spin = Int64(spinMicroseconds) * 1_000
        // An absent port's state is all zero: what nobody uses takes no memory.
        states = zeroed(PortState.self, count: SharedTables.maximumPorts)
        ended = .allocate(capacity: SharedTables.maximumPorts)
        scratch = .allocate(byteCount: TagRewrite.scratchLength, alignment: 8)
    }

    deinit {
        router?.deinitialize(count: 1)
        router?.deallocate()
        told.free()
        Glibc.free(states)
        ended.deallocate()
        scratch.deallocate()
    }

    /// Forwards until it is told to stop. Call on the thread that made the I/O.
    package mutating func run() {
        while true {
            step(timeout: nextTimeout())
            guard let stopTicket else { continue }
            if isHolding { latency?.release() }
            mailbox.complete(stopTicket, 0)
            return
        }
    }

    /// One round: wait, handle every completion, arm what ended.
    package mutating func step(timeout: Int64) {
        // After a few small frames the next is likely to be an answer that comes sooner than a sleeper wakes up. Bulk
        // traffic isn't worth it: its ends need the processor.
        let isLight = framesInBatch > 0 && framesInBatch <= 8 && bytesInBatch <= 4_096
        // No longer than until a held packet is due.
        let look = isLight ? timeout < 0 ? spin : min(spin, timeout) : 0
        if look > 0 { spinCount &+= 1 }
        // Records that wait to be told that nothing failed don't wait for the next frame.
        io.wait(timeout: captures.hasUnpublished ? look : timeout, spin: look)
        proceed(at: monotonicNanoseconds())
    }

    /// What follows a wait, at a time of the monotonic clock: what tests with a clock of their own drive.
    package mutating func proceed(at time: Int64) {
        clock = time
        now = UInt32(truncatingIfNeeded: clock / 1_000_000)
        framesInBatch = 0
        bytesInBatch = 0
        batch &+= 1
        // All that was written for the last batch has been sent.
        tunnels.memory.reset()
        tunnels.isCopyInUse = false
        // Tells the flows the time: what is expired isn't found.
        if let router { _ = router.pointee.flows.age(budget: 0, now: now) }
        if captures.count > 0 { captures.settle() }
        if impairments.count > 0 {
            impairments.reclaim()
            if impairments.drained > 0 { removeDrained() }
            releaseDue()
        }
        let isWoken = handleCompletions()
        if captures.count > 0 { captures.publish() }
        if framesInBatch > 0 { lastFrame = clock }
        rearm()
        keepHouse()
        if hasDead { reportDead() }
        if let router, router.pointee.questions.count > 0 { reportQuestions() }
        if hasRetired { finishRemovals() }
        if isWoken { obey() }
        tellNumbers()
    }

    /// Nanoseconds to wait.
    package func nextTimeout() -> Int64 {
        let quiet = retrying > 0 ? 1_000_000 : isHolding ? Self.quietTime : Self.idleTime
        // What has ended and holds nothing any more gives its memory back in the next round.
        guard let due = impairments.queue.nextDue else { return impairments.drained > 0 ? 0 : quiet }
        return max(0, min(quiet, due &- monotonicNanoseconds()))
    }

    /// How long no frame must come before the processors may sleep deeply again.
    private static var quietTime: Int64 { 100_000_000 }

    /// Once an hour without traffic, so that stations are swept out before the 32-bit clock comes round.
    private static var idleTime: Int64 { 3_600_000_000_000 }

    /// What is due now and then: the latency hold follows the traffic, old stations are swept out.
    private mutating func keepHouse() {
        let hasTraffic = clock &- lastFrame < Self.quietTime || impairments.queue.count > 0
        if hasTraffic != isHolding {
            isHolding = hasTraffic
            if hasTraffic { latency?.hold() } else { latency?.release() }
        }
        if now &- lastSweep >= 1_000 {
            lastSweep = now
            // A sixteenth of the table each second: all of it well within the shortest useful ageing.
            _ = forwarding.stations.age(budget: SharedTables.stationCapacity / 4 / 16, now: now)
            keepRouter()
        }
    }
}
