/// The counters of one port in shared memory: 64 numbers of 8 bytes. One worker writes them with plain aligned stores;
/// any process that maps the memory may read them at any time.
///
/// Accounting closes: `received = forwarded + flooded + consumed + Σ ingress drops`, and per way out
/// `queued = sent + Σ egress drops`.
public enum CounterIndex {
    /// Frames that came in.
    @usableFromInline static let receivedFrames = 0
    @usableFromInline static let receivedBytes = 1
    @usableFromInline static let receivedSuperframes = 2
    /// Frames that went out.
    @usableFromInline static let sentFrames = 3
    @usableFromInline static let sentBytes = 4
    @usableFromInline static let sentSuperframes = 5
    /// Of the frames that came in: sent on to one port.
    @usableFromInline static let forwarded = 6
    /// Of the frames that came in: sent to every other port of the domain.
    @usableFromInline static let flooded = 7
    /// Of the frames that came in: taken by Heddle itself.
    @usableFromInline static let consumed = 8
    /// How often the port's receive ended and was armed again.
    @usableFromInline static let rearmed = 9
    /// The first of the drop reasons' counters.
    @usableFromInline static let drops = 16
    /// Numbers a port.
    @usableFromInline static let count = 64
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
