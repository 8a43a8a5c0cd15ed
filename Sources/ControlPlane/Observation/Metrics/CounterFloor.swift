import DataPlane

/// Keeps what is shown of a port's counters from falling. The data plane counts a frame as forwarded or sent before it
/// knows that the kernel takes it, and takes that back if not: whoever looks in between sees one frame more than later.
/// For Prometheus a counter that falls has begun at zero again, so that such a frame would be taken for all of them.
struct CounterFloor {
    private var shown: [UInt32: PortCounters] = [:]

    /// What is to be shown of a port, whose counters stand at `counters`.
    mutating func raise(_ counters: PortCounters, port: UInt16) -> PortCounters {
        raise(counters, key: UInt32(port))
    }

    /// The same for the tunnel side of a domain.
    mutating func raise(_ counters: PortCounters, overlay domain: UInt16) -> PortCounters {
        raise(counters, key: UInt32(domain) | Self.overlay)
    }

    /// A port's counters begin at zero.
    mutating func forget(port: UInt16) {
        shown[UInt32(port)] = nil
    }

    /// Those of a domain's tunnel side do.
    mutating func forget(overlay domain: UInt16) {
        shown[UInt32(domain) | Self.overlay] = nil
    }

    private static let overlay: UInt32 = 1 << 16

    private mutating func raise(_ counters: PortCounters, key: UInt32) -> PortCounters {
        // What came in is never taken back: if it has fallen, the tables were made anew.
        guard let before = shown[key], before.receivedFrames <= counters.receivedFrames else {
            shown[key] = counters
            return counters
        }
        var raised = counters
        raised.sentFrames = max(raised.sentFrames, before.sentFrames)
        raised.sentBytes = max(raised.sentBytes, before.sentBytes)
        raised.sentSuperframes = max(raised.sentSuperframes, before.sentSuperframes)
        raised.forwarded = max(raised.forwarded, before.forwarded)
        raised.drops.merge(before.drops) { max($0, $1) }
        shown[key] = raised
        return raised
    }
}
