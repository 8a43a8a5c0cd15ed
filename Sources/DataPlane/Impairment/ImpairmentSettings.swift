/// What happens to the packets of one port in one direction: numbers only, so that deciding costs little. All zero: nothing.
public struct ImpairmentSettings: Sendable, Hashable {
    /// Nanoseconds that each packet is held, after it has passed the rate.
    public var delay: Int64 = 0
    /// Nanoseconds by which the delay varies: the end of a range, or a standard deviation.
    public var jitter: Int64 = 0
    /// Whether `jitter` is a standard deviation.
    public var isNormal = false
    /// The probability that a packet is lost in the good state, in parts of `certain`, as all that follow.
    public var loss: UInt64 = 0
    /// The probability that a packet is lost in the bad state.
    public var badLoss: UInt64 = 0
    /// The probability that the bad state follows the good one; 0: there is only the good one.
    public var toBad: UInt64 = 0
    /// The probability that the good state follows the bad one.
    public var toGood: UInt64 = 0
    /// The probability that a packet comes twice.
    public var duplicate: UInt64 = 0
    /// The probability that a packet skips the delay.
    public var reorder: UInt64 = 0
    /// Packets from one that skips the delay to the next that may; 0 and 1: any may.
    public var gap: UInt32 = 0
    /// The probability that one bit of a packet is changed.
    public var corrupt: UInt64 = 0
    /// Bits of frames a second; 0: as many as come.
    public var rate: UInt64 = 0
    /// Nanoseconds that what waits for the rate may need to pass, the packet that comes included.
    public var queue: Int64 = 0
    /// Where the random decisions begin.
    public var seed: UInt64 = 0

    /// The probability 1.
    public static var certain: UInt64 { @_noAllocation @_noLocks get { 1 << 32 } }
    /// Longest delay and jitter, in nanoseconds.
    public static let longestDelay: Int64 = 60_000_000_000
    /// Least and most bits a second.
    public static let rates: ClosedRange<UInt64> = 1_000...1_000_000_000_000
    /// Longest queue, in nanoseconds: the largest one in bytes at the least rate.
    public static let longestQueue: Int64 = 2_000_000_000_000_000

    /// Nothing happens.
    public init() {}

    /// A probability from 0 to 1 in parts of `certain`.
    public static func share(_ probability: Double) -> UInt64 {
        UInt64((max(0, min(probability, 1)) * Double(certain)).rounded())
    }

    /// Whether nothing happens to any packet.
    public var isEmpty: Bool {
        var other = self
        other.seed = 0
        other.gap = 0
        other.queue = 0
        other.isNormal = false
        return other == ImpairmentSettings()
    }

    /// Whether no packet ever passes.
    public var losesAll: Bool {
        loss == Self.certain && (toBad == 0 || badLoss == Self.certain)
    }

    /// Whether all numbers are within their bounds: for what comes in a message.
    public var isSound: Bool {
        let shares = [loss, badLoss, toBad, toGood, duplicate, reorder, corrupt]
        return shares.allSatisfy { $0 <= Self.certain } && (0...Self.longestDelay).contains(delay)
            && (0...Self.longestDelay).contains(jitter) && (rate == 0 || Self.rates.contains(rate))
            && (0...Self.longestQueue).contains(queue)
    }
}

extension ImpairmentSettings {
    /// Places for packets that are held, and places for super-frames and other long frames: what is on its way at the rate,
    /// or at 10 Gbit/s if there is none, for the time that it is held, and what may wait for the rate.
    var places: (packets: Int, long: Int) {
        let variation = isNormal ? 4 * jitter : jitter
        let bits = Double(rate == 0 ? 10_000_000_000 : min(rate, 10_000_000_000))
        let held = Double(delay) + Double(variation) + (rate == 0 ? 0 : Double(queue))
        let bytes = Int(min(bits / 8 * held / 1e9, 1e12))
        let packets = max(Self.fewestPackets, min(bytes / 512 + Self.fewestPackets, Self.mostPackets))
        return (packets, max(Self.fewestLong, min(bytes / 32_768 + Self.fewestLong, Self.mostLong)))
    }

    /// Least places for packets.
    private static var fewestPackets: Int { 1_024 }
    /// Most places for packets: 128 MiB.
    static var mostPackets: Int { 65_536 }
    /// Least places for long frames.
    private static var fewestLong: Int { 64 }
    /// Most places for long frames: 129 MiB.
    static var mostLong: Int { 2_048 }
}
