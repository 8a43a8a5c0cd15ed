/// The counters of one port in shared memory: 96 numbers of 8 bytes. One worker writes them with plain aligned stores;
/// any process that maps the memory may read them at any time.
///
/// Accounting closes: `received = forwarded + flooded + consumed + Σ ingress drops`, and per way out
/// `queued = sent + Σ egress drops`. Where a port is impaired, what counts is the packets that come out of the impairment
/// and those that it loses: one that is held is counted once it goes on, a copy like any other packet.
public enum CounterIndex {
    /// Frames that came in.
    static var receivedFrames: Int { @_noAllocation @_noLocks get { 0 } }
    static var receivedBytes: Int { @_noAllocation @_noLocks get { 1 } }
    static var receivedSuperframes: Int { @_noAllocation @_noLocks get { 2 } }
    /// Frames that went out.
    static var sentFrames: Int { @_noAllocation @_noLocks get { 3 } }
    static var sentBytes: Int { @_noAllocation @_noLocks get { 4 } }
    static var sentSuperframes: Int { @_noAllocation @_noLocks get { 5 } }
    /// Of the frames that came in: sent on to one port.
    static var forwarded: Int { @_noAllocation @_noLocks get { 6 } }
    /// Of the frames that came in: sent to every other port of the domain.
    static var flooded: Int { @_noAllocation @_noLocks get { 7 } }
    /// Of the frames that came in: taken by Heddle itself.
    static var consumed: Int { @_noAllocation @_noLocks get { 8 } }
    /// How often the port's receive ended and was armed again.
    static var rearmed: Int { @_noAllocation @_noLocks get { 9 } }
    /// The first of the drop reasons' counters.
    static var drops: Int { @_noAllocation @_noLocks get { 16 } }
    /// Numbers a port.
    static var count: Int { @_noAllocation @_noLocks get { 96 } }
}

/// What the counters of one port said at one time.
public struct PortCounters: Sendable, Hashable {
    /// Frames that came in.
    public var receivedFrames: UInt64 = 0
    /// Their bytes, from the destination address on.
    public var receivedBytes: UInt64 = 0
    /// How many of them were super-frames.
    public var receivedSuperframes: UInt64 = 0
    /// Frames that went out.
    public var sentFrames: UInt64 = 0
    /// Their bytes.
    public var sentBytes: UInt64 = 0
    /// How many of them were super-frames.
    public var sentSuperframes: UInt64 = 0
    /// Of the frames that came in: sent on to one port.
    public var forwarded: UInt64 = 0
    /// Of the frames that came in: sent to every other port of the domain.
    public var flooded: UInt64 = 0
    /// Of the frames that came in: taken by Heddle itself.
    public var consumed: UInt64 = 0
    /// How often the port's receive ended and was armed again.
    public var rearmed: UInt64 = 0
    /// Frames that went nowhere, by reason; reasons that never occurred are absent.
    public var drops: [DropReason: UInt64] = [:]

    /// Nothing counted.
    public init() {}

    init(reading numbers: UnsafePointer<UInt64>) {
        receivedFrames = numbers[CounterIndex.receivedFrames]
        receivedBytes = numbers[CounterIndex.receivedBytes]
        receivedSuperframes = numbers[CounterIndex.receivedSuperframes]
        sentFrames = numbers[CounterIndex.sentFrames]
        sentBytes = numbers[CounterIndex.sentBytes]
        sentSuperframes = numbers[CounterIndex.sentSuperframes]
        forwarded = numbers[CounterIndex.forwarded]
        flooded = numbers[CounterIndex.flooded]
        consumed = numbers[CounterIndex.consumed]
        rearmed = numbers[CounterIndex.rearmed]
        for reason in DropReason.allCases where reason != .none {
            let value = numbers[CounterIndex.drops + Int(reason.rawValue)]
            if value != 0 { drops[reason] = value }
        }
    }
}
