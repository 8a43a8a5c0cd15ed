import Glibc

/// What a worker keeps for its tunnels beside what `Switch` knows of them: trains that are being filled, the run of
/// segments that is being put together, and the slots that both point into.
struct TunnelState: ~Copyable {
    /// Trains that can be filled at a time, one for each sender of a tunnel.
    private static var trainCount: Int { @_noAllocation @_noLocks get { 32 } }
    /// The smallest segment of TCP and the largest packet (see `VirtioNetHeader`) make 1,365 segments of one frame; their
    /// heads, and the messages that they leave with: one for each where the tunnel can't send trains.
    static var mostOfOneFrame: Int {
        @_noAllocation @_noLocks get {
            1_366 &* (SegmentCutter.maximumHeaderLength &+ 16 &+ Train.blockBytes(longest: 1)) &+ 16 &* 1_024
        }
    }
    /// Answers that are written in one millisecond.
    private static var answersPerMillisecond: UInt32 { @_noAllocation @_noLocks get { 4 } }

    var memory = SendMemory()
    /// Flows that share a sender share a train while they go to the same VTEP.
    let trains: UnsafeMutablePointer<Train>
    /// Bit n: train n has something in it.
    var open: UInt32 = 0
    /// Trains that were sent, the newest overwriting the oldest.
    private let records: UnsafeMutablePointer<TrainRecord>
    /// One less than there are, which is a power of two: a frame for all peers in each slot, before any failure is told.
    private let recordMask: Int
    private var nextRecord = 0

    /// Segments that are being put together; nil: none.
    var run: SegmentRun?
    /// The virtio_net_hdr of the first, if nothing is added to it.
    var runHeader: UnsafeMutableRawPointer
    var runVTEP: UInt16 = 0
    var runDomain: UInt16 = 0
    /// Where it is put together: see `RunMessage`.
    var runMessage = RunMessage()

    /// Slots that trains or the run point into: given back when those are sent.
    private let held: UnsafeMutablePointer<UInt16>
    private let heldCapacity: Int
    private var heldCount = 0
    /// The frame that is being handled lies in something that is still open.
    var isHolding = false
    /// A virtio_net_hdr of zeros, which nothing is written to: `VirtioNetHeader.check` leaves zeros alone.
    let plainHeader: UnsafeMutableRawPointer
    /// Where frames that leave by a tunnel with another tag are copied to.
    let copy: UnsafeMutableRawPointer
    var isCopyInUse = false
    /// See `TrainFailure`.
    let kernelTellsLength = TrainFailure.kernelTellsLength
    private var answerTime: UInt32 = 0
    private var answers: UInt32 = 0

    /// `slots`: of the I/O.
    init(slots: Int) {
        trains = .allocate(capacity: Self.trainCount)
        trains.initialize(repeating: Train(), count: Self.trainCount)
        var recordCount = 4_096
        while recordCount < 65_536, recordCount < slots * OverlayConfiguration.maximumPeers { recordCount *= 2 }
        records = .allocate(capacity: recordCount)
        records.initialize(repeating: TrainRecord(), count: recordCount)
        recordMask = recordCount - 1
        heldCapacity = max(slots, 1)
        held = .allocate(capacity: heldCapacity)
        plainHeader = .allocate(byteCount: 64, alignment: 16)
        plainHeader.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
        runHeader = plainHeader
        copy = .allocate(byteCount: SlotMemory.stride, alignment: 64)
    }

    deinit {
        trains.deallocate()
        records.deallocate()
        held.deallocate()
        plainHeader.deallocate()
        copy.deallocate()
    }

    /// A train's place, for a flow's hash and a number of senders that is a power of two.
    @_noAllocation @_noLocks @inline(__always)
    static func place(_ hash: UInt32, senders: Int) -> Int {
        Int(hash) & (senders &- 1) & (trainCount &- 1)
    }

    /// Remembers a train that is sent, by a number.
    @_noAllocation @_noLocks @inline(__always)
    mutating func record(_ train: TrainRecord) -> Int {
        let number = nextRecord
        records[number] = train
        nextRecord = (nextRecord &+ 1) & recordMask
        return number
    }

    /// What was remembered. Any number is safe: it is masked.
    @_noAllocation @_noLocks @inline(__always)
    func record(_ number: Int) -> TrainRecord {
        records[number & recordMask]
    }

    /// Keeps a slot until `nextHeld`.
    @_noAllocation @_noLocks @inline(__always)
    mutating func hold(_ slot: UInt16) {
        // Invariant: a slot is held once, so there is room for all.
        guard heldCount < heldCapacity else { return }
        held[heldCount] = slot
        heldCount &+= 1
    }

    /// A slot that was kept, once; nil if there is none left.
    @_noAllocation @_noLocks @inline(__always)
    mutating func nextHeld() -> UInt16? {
        guard heldCount > 0 else { return nil }
        heldCount &-= 1
        return held[heldCount]
    }

    /// Whether another message may be written to a sender of frames that are too large: as routers do (RFC 1812,
    /// 4.3.2.8), not for every one.
    @_noAllocation @_noLocks
    mutating func mayAnswer(now: UInt32) -> Bool {
        if now != answerTime {
            answerTime = now
            answers = 0
        }
        answers &+= 1
        return answers <= Self.answersPerMillisecond
    }
}
