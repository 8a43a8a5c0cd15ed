public import Addresses

/// What an uplink's packet socket is to hear: frames for this host whose packets the data plane may have to translate or
/// route. A filter may let more through (the data plane drops it), never less.
public struct UplinkFilterPlan: Sendable, Hashable {
    /// The first port of the pool that outgoing flows take theirs from; also the first identifier of echo requests.
    public var poolFirst: UInt16
    /// How many ports the pool has; 0: none.
    public var poolCount: Int
    /// Published TCP ports.
    public var tcp: [ClosedRange<UInt16>]
    /// Published UDP ports.
    public var udp: [ClosedRange<UInt16>]
    /// Destinations that are routed to endpoints, of any IP protocol.
    public var routed: [IPPrefix]

    /// Makes a plan.
    public init(
        poolFirst: UInt16, poolCount: Int, tcp: [ClosedRange<UInt16>] = [], udp: [ClosedRange<UInt16>] = [],
        routed: [IPPrefix] = []
    ) {
        self.poolFirst = poolFirst
        self.poolCount = poolCount
        self.tcp = tcp
        self.udp = udp
        self.routed = routed
    }

    /// The pool's ports.
    var pool: ClosedRange<UInt64>? {
        guard poolCount > 0 else { return nil }
        return UInt64(poolFirst)...min(UInt64(UInt16.max), UInt64(poolFirst) + UInt64(poolCount) - 1)
    }

    /// The program. Where it would be longer than the kernel takes, the ranges with the least between them are made one.
    public var filter: SocketFilter {
        let routes = UplinkRoutes(routed)
        var ports = PortRanges(tcp: wanted(tcp), udp: wanted(udp))
        while true {
            let program = UplinkProgram(pool: pool, ports: ports, routes: routes).filter
            let excess = program.instructions.count - SocketFilter.longest
            // A range fewer is two instructions fewer, or a little more.
            guard excess > 0, ports.join((excess + 1) / 2) else { return program }
        }
    }

    private func wanted(_ published: [ClosedRange<UInt16>]) -> [ClosedRange<UInt64>] {
        let ranges = published.map { UInt64($0.lowerBound)...UInt64($0.upperBound) }
        return RangeList.merged(ranges + (pool.map { [$0] } ?? []))
    }
}

/// Lists of ranges in order that do not touch.
enum RangeList {
    /// Puts ranges in order and makes those one that touch or overlap.
    static func merged(_ ranges: [ClosedRange<UInt64>]) -> [ClosedRange<UInt64>] {
        var result: [ClosedRange<UInt64>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound <= last.upperBound + 1 {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    /// Values between each range and the next one.
    static func gaps(_ ranges: [ClosedRange<UInt64>]) -> [UInt64] {
        zip(ranges, ranges.dropFirst()).map { $1.lowerBound - $0.upperBound }
    }

    /// Fills all gaps that are narrower than `width` and, from the lowest on, so many that are just that wide.
    static func filled(
        _ ranges: [ClosedRange<UInt64>], below width: UInt64, andAtIt equal: inout Int
    ) -> [ClosedRange<UInt64>] {
        var result: [ClosedRange<UInt64>] = []
        for range in ranges {
            guard let last = result.last else {
                result.append(range)
                continue
            }
            let gap = range.lowerBound - last.upperBound
            let isFilled = gap < width || (gap == width && equal > 0)
            if isFilled, gap == width { equal -= 1 }
            if isFilled {
                result[result.count - 1] = last.lowerBound...range.upperBound
            } else {
                result.append(range)
            }
        }
        return result
    }
}

/// The ports of both protocols that are let through.
struct PortRanges {
    /// In order, not touching.
    var tcp: [ClosedRange<UInt64>]
    /// In order, not touching.
    var udp: [ClosedRange<UInt64>]

    /// Fills the `count` narrowest gaps; false if there is none left.
    mutating func join(_ count: Int) -> Bool {
        let gaps = (RangeList.gaps(tcp) + RangeList.gaps(udp)).sorted()
        guard !gaps.isEmpty, count > 0 else { return false }
        let width = gaps[min(count, gaps.count) - 1]
        var equal = min(count, gaps.count) - gaps.count(where: { $0 < width })
        tcp = RangeList.filled(tcp, below: width, andAtIt: &equal)
        udp = RangeList.filled(udp, below: width, andAtIt: &equal)
        return true
    }
}

/// Routed destinations, as few as a filter has room for.
struct UplinkRoutes {
    /// The most ranges of IPv4 addresses, and the most IPv6 prefixes. Of more, some become one that holds them all.
    static let most = (v4: 256, v6: 64)

    /// IPv4 addresses, in order, not touching.
    var v4: [ClosedRange<UInt64>]
    /// IPv6 prefixes without host bits.
    var v6: [IPPrefix]

    /// Takes the destinations of a plan.
    init(_ prefixes: [IPPrefix]) {
        var ranges = RangeList.merged(
            prefixes.filter { $0.family == .v4 }.map {
                UInt64($0.network.number)...UInt64($0.last.number)
            })
        if ranges.count > Self.most.v4 {
            let gaps = RangeList.gaps(ranges).sorted()
            let width = gaps[ranges.count - Self.most.v4 - 1]
            var equal = ranges.count - Self.most.v4 - gaps.count(where: { $0 < width })
            ranges = RangeList.filled(ranges, below: width, andAtIt: &equal)
        }
        v4 = ranges
        v6 = Self.few(prefixes.filter { $0.family == .v6 })
    }

    /// Shortens the prefixes, the longest first, until they are few enough.
    private static func few(_ prefixes: [IPPrefix]) -> [IPPrefix] {
        var length = IPAddress.Family.v6.bitWidth
        while true {
            let cut = Set(prefixes.compactMap { IPPrefix($0.address, length: min($0.length, length))?.masked })
            // What lies in another one says nothing new.
            let kept = cut.filter { prefix in !cut.contains { $0 != prefix && $0.contains(prefix) } }
            if kept.count <= most.v6 || length == 0 { return kept.sorted() }
            length -= 1
        }
    }
}
