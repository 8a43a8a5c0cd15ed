import DataPlane
import HeddleAPI

/// What happens to the packets of an endpoint's port in one direction, as it is recorded. Goes with its endpoint.
struct ImpairmentRecord: Hashable, Sendable {
    /// Of a packet, seen from the switch.
    enum Direction: String, CaseIterable, Hashable, Sendable {
        /// From the sandbox.
        case `in`
        /// To the sandbox.
        case out
    }

    /// What makes an impairment one of the daemon's.
    struct Key: Hashable, Sendable {
        var endpoint: String
        var direction: Direction
    }

    /// The endpoint's id.
    var endpoint: String
    /// See `Direction`.
    var direction: Direction
    /// As it was said, with the seed that it has.
    var impairment: Impairment

    var key: Key { Key(endpoint: endpoint, direction: direction) }
}

extension ImpairmentSettings {
    /// As the data plane takes it.
    init(_ wish: ImpairmentSpecification) {
        self.init()
        delay = wish.delay
        jitter = wish.jitter
        isNormal = wish.isNormal
        switch wish.loss {
        case .none: break
        case .independent(let share): loss = Self.share(share)
        case .gilbertElliott(let p, let r, let bad, let good):
            loss = Self.share(good)
            badLoss = Self.share(bad)
            toBad = Self.share(p)
            toGood = Self.share(r)
        }
        duplicate = Self.share(wish.duplicate)
        reorder = Self.share(wish.reorder)
        gap = UInt32(wish.gap)
        corrupt = Self.share(wish.corrupt)
        rate = wish.rate
        seed = wish.seed ?? 0
        guard rate > 0 else { return }
        switch wish.queue {
        case .nanoseconds(let time): queue = time
        case .bytes(let bytes): queue = Self.time(bytes, at: rate)
        case nil: queue = Self.time(ImpairmentSpecification.defaultQueue(rate: rate), at: rate)
        }
    }

    /// Nanoseconds that bytes need at a rate.
    private static func time(_ bytes: Int, at rate: UInt64) -> Int64 {
        min(longestQueue, Int64((Double(bytes) * 8e9 / Double(rate)).rounded()))
    }
}

extension ImpairmentConfiguration {
    /// What the engine shall know.
    init(port: UInt16, _ direction: ImpairmentRecord.Direction, _ wish: ImpairmentSpecification) {
        self.init(port: port, isOut: direction == .out, settings: ImpairmentSettings(wish))
    }
}
