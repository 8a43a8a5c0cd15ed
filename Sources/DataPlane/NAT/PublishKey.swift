/// What published ranges are ordered by.
struct PublishKey {
    /// Family, protocol, uplink.
    private let group: UInt64
    private let high: UInt64
    private let low: UInt64
    private let port: UInt16

    @inline(__always) @_noAllocation @_noLocks
    init(proto: UInt8, family: UInt8, uplink: UInt16, high: UInt64, low: UInt64, port: UInt16) {
        group = UInt64(family) &<< 32 | UInt64(proto) &<< 16 | UInt64(uplink)
        self.high = high
        self.low = low
        self.port = port
    }

    @inline(__always) @_noAllocation @_noLocks
    init(_ entry: PublishEntry) {
        var family: UInt8 = 6
        if case .v4 = entry.family { family = 4 }
        self.init(
            proto: entry.proto, family: family, uplink: entry.uplink, high: entry.hostHigh, low: entry.hostLow,
            port: entry.first)
    }

    /// Whether only the ports may differ.
    @inline(__always) @_noAllocation @_noLocks
    func isSameGroup(as other: PublishKey) -> Bool {
        group == other.group && high == other.high && low == other.low
    }

    @inline(__always) @_noAllocation @_noLocks
    func isBehind(_ other: PublishKey) -> Bool {
        if group != other.group { return group > other.group }
        if high != other.high { return high > other.high }
        if low != other.low { return low > other.low }
        return port > other.port
    }
}
