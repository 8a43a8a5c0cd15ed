public import Addresses

/// Where the subnets of networks come from that ask for none: the first of equal size that nobody uses.
public struct DefaultPools: Hashable, Sendable {
    /// A prefix that is cut into subnets of one size.
    public struct Pool: Hashable, Sendable {
        /// The whole.
        public let base: IPPrefix
        /// The prefix length of each part.
        public let length: Int

        /// Joins the two; nil if the base has host bits or is smaller than a part.
        public init?(_ base: IPPrefix, length: Int) {
            guard !base.hasHostBits, length >= base.length, length <= base.family.bitWidth else { return nil }
            self.base = base
            self.length = length
        }
    }

    /// The pools, in the order in which they are tried.
    public let pools: [Pool]

    /// Makes pools that are tried in this order.
    public init(_ pools: [Pool]) {
        self.pools = pools
    }

    /// Docker's own: 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/16 in parts of /20.
    public static let standard = DefaultPools(
        ((17...31).map { ("172.\($0).0.0/16", 16) } + [("192.168.0.0/16", 20)])
            .compactMap { base, length in IPPrefix(base).flatMap { Pool($0, length: length) } })

    /// Unique local IPv6 subnets (RFC 4193), 256 of /64. `site` stands for this host, so that two of them hardly choose
    /// alike.
    public static func uniqueLocal(site: String) -> DefaultPools {
        let global = StableHash("site \(site)".utf8).value & 0xFF_FFFF_FFFF
        let base = IPPrefix(IPv6Address(high: 0xFD << 56 | global << 16, low: 0), length: 56)
        return DefaultPools(base.flatMap { Pool($0, length: 64) }.map { [$0] } ?? [])
    }

    /// The first part of a pool that overlaps no network and no route of the host. A default route is none that
    /// matters: everything overlaps it.
    public func choose(
        _ family: IPAddress.Family = .v4, networks: some Sequence<IPPrefix>, hostRoutes: some Sequence<IPPrefix>
    ) throws(DefaultPoolsExhausted) -> IPPrefix {
        let used = (Array(networks) + hostRoutes.filter { $0.length > 0 })
            .filter { $0.family == family }.map(\.masked).sorted()
        for pool in pools where pool.base.family == family {
            if let subnet = pool.firstPart(outside: used) { return subnet }
        }
        throw DefaultPoolsExhausted(family: family)
    }
}

extension DefaultPools.Pool {
    /// The lowest part that overlaps none of `used`, which is sorted.
    fileprivate func firstPart(outside used: [IPPrefix]) -> IPPrefix? {
        guard var candidate = IPPrefix(base.network, length: length) else { return nil }
        // Sorted prefixes begin ever later, so that one which lies before the candidate never comes back.
        for other in used where other.overlaps(candidate) {
            // The next part after the longer of the two.
            let end = max(other.last, candidate.last)
            guard end < base.last else { return nil }
            let start = IPAddress(family: end.family, number: end.number + 1)
            guard let next = IPPrefix(start, length: length) else { return nil }
            candidate = next
        }
        return candidate
    }
}

/// All subnets of the default pools are used.
public struct DefaultPoolsExhausted: Error, Hashable, Sendable, CustomStringConvertible {
    /// The family that was asked for.
    public let family: IPAddress.Family

    /// Makes the error.
    public init(family: IPAddress.Family) {
        self.family = family
    }

    /// One line: the reason, the way out.
    public var description: String {
        let word = family == .v4 ? "IPv4" : "IPv6"
        return "no \(word) subnet of the default pools is free: name one with --subnet, or remove networks"
    }
}
