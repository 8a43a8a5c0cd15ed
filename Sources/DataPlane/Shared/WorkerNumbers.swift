/// What a worker tells of itself in shared memory: 32 numbers of 8 bytes, each stored once a batch. One worker writes
/// them with plain aligned stores; any process that maps the memory may read them at any time.
enum WorkerNumberIndex {
    /// What the numbers mean; 0: no worker of this form has written here.
    static var form: Int { @_noAllocation @_noLocks get { 0 } }

    // What is now.

    static var slots: Int { @_noAllocation @_noLocks get { 1 } }
    static var freeSlots: Int { @_noAllocation @_noLocks get { 2 } }
    static var receivingSlots: Int { @_noAllocation @_noLocks get { 3 } }
    static var heldPackets: Int { @_noAllocation @_noLocks get { 4 } }
    static var flows: Int { @_noAllocation @_noLocks get { 5 } }
    static var openingFlows: Int { @_noAllocation @_noLocks get { 6 } }
    /// Entries of the flow table from here on were never used.
    static var flowEnd: Int { @_noAllocation @_noLocks get { 7 } }

    // What happened since the tables were made: an engine goes on from what it finds.

    static var batches: Int { @_noAllocation @_noLocks get { 8 } }
    static var frames: Int { @_noAllocation @_noLocks get { 9 } }
    static var spins: Int { @_noAllocation @_noLocks get { 10 } }
    static var rearms: Int { @_noAllocation @_noLocks get { 11 } }
    static var overflows: Int { @_noAllocation @_noLocks get { 12 } }
    static var refusals: Int { @_noAllocation @_noLocks get { 13 } }
    static var stationsLearned: Int { @_noAllocation @_noLocks get { 14 } }
    static var stationsMoved: Int { @_noAllocation @_noLocks get { 15 } }
    static var stationsEvicted: Int { @_noAllocation @_noLocks get { 16 } }
    static var stationsRefused: Int { @_noAllocation @_noLocks get { 17 } }
    static var stationsAged: Int { @_noAllocation @_noLocks get { 18 } }
    static var flowsMade: Int { @_noAllocation @_noLocks get { 19 } }
    static var flowsExpired: Int { @_noAllocation @_noLocks get { 20 } }
    static var flowsEvicted: Int { @_noAllocation @_noLocks get { 21 } }
    static var flowsReused: Int { @_noAllocation @_noLocks get { 22 } }
    static var flowsRefused: Int { @_noAllocation @_noLocks get { 23 } }
    static var lost: Int { @_noAllocation @_noLocks get { 24 } }

    /// Numbers a worker.
    static var count: Int { @_noAllocation @_noLocks get { 32 } }
    /// What `form` says.
    static var currentForm: UInt64 { @_noAllocation @_noLocks get { 1 } }
}

/// What a worker said of itself at one time.
public struct WorkerNumbers: Sendable, Hashable {
    /// Frame buffers.
    public var slots: UInt64
    /// Frame buffers that neither the kernel nor a frame has.
    public var freeSlots: UInt64
    /// Frame buffers that the kernel may receive into.
    public var receivingSlots: UInt64
    /// Packets that impairments hold back.
    public var heldPackets: UInt64
    /// Flows in the table, closed ones among them.
    public var flows: UInt64
    /// Of these: waiting for a first answer.
    public var openingFlows: UInt64
    /// Entries of the flow table from here on were never used.
    public var flowEnd: UInt64
    /// Waits.
    public var batches: UInt64
    /// Frames and datagrams received.
    public var frames: UInt64
    /// Waits in which it looked for more before it slept.
    public var spins: UInt64
    /// Receives that ended and were armed again.
    public var rearms: UInt64
    /// Receives that ended since the completion queue was full.
    public var overflows: UInt64
    /// Completions that the kernel lost.
    public var lost: UInt64
    /// Sends that found no room in the submission queue.
    public var refusals: UInt64
    /// What happened to stations.
    public var stations: StationTable.Statistics
    /// Flows made.
    public var flowsMade: UInt64
    /// Flows that nothing was heard of for too long.
    public var flowsExpired: UInt64
    /// Flows that gave way before they were closed.
    public var flowsEvicted: UInt64
    /// Closed flows whose entry or port another one got.
    public var flowsReused: UInt64
    /// Newcomers that got no flow.
    public var flowsRefused: UInt64

    /// Nil: no worker that tells of itself has written there.
    init?(reading numbers: UnsafePointer<UInt64>) {
        typealias Index = WorkerNumberIndex
        guard numbers[Index.form] == Index.currentForm else { return nil }
        slots = numbers[Index.slots]
        freeSlots = numbers[Index.freeSlots]
        receivingSlots = numbers[Index.receivingSlots]
        heldPackets = numbers[Index.heldPackets]
        flows = numbers[Index.flows]
        openingFlows = numbers[Index.openingFlows]
        flowEnd = numbers[Index.flowEnd]
        batches = numbers[Index.batches]
        frames = numbers[Index.frames]
        spins = numbers[Index.spins]
        rearms = numbers[Index.rearms]
        overflows = numbers[Index.overflows]
        lost = numbers[Index.lost]
        refusals = numbers[Index.refusals]
        stations = StationTable.Statistics()
        stations.learned = numbers[Index.stationsLearned]
        stations.moved = numbers[Index.stationsMoved]
        stations.evicted = numbers[Index.stationsEvicted]
        stations.refused = numbers[Index.stationsRefused]
        stations.aged = numbers[Index.stationsAged]
        flowsMade = numbers[Index.flowsMade]
        flowsExpired = numbers[Index.flowsExpired]
        flowsEvicted = numbers[Index.flowsEvicted]
        flowsReused = numbers[Index.flowsReused]
        flowsRefused = numbers[Index.flowsRefused]
    }
}
