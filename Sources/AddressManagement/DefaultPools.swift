public import Addresses

/// Where subnets come from that nobody chose: those of Docker's own address management, so that what is known of
/// routes and firewalls there holds here.
public enum DefaultPools {
    /// The first that overlaps none of `taken`; nil if there is none left. `site` stands for this host in IPv6, so that two
    /// of them hardly choose alike (RFC 4193).
    public static func firstFree(_ family: IPAddress.Family, besides taken: [IPPrefix], site: String) -> IPPrefix? {
        candidates(family, site: site).first { candidate in !taken.contains { $0.overlaps(candidate) } }
    }

    /// In the order in which they are tried.
    static func candidates(_ family: IPAddress.Family, site: String) -> [IPPrefix] {
        switch family {
        case .v4:
            let large = (17...31).map { 172 << 24 | UInt32($0) << 16 }.map { IPv4Address(value: $0) }
            let small = (0..<16).map { 192 << 24 | 168 << 16 | UInt32($0) << 12 }.map { IPv4Address(value: $0) }
            return large.compactMap { IPPrefix($0, length: 16) } + small.compactMap { IPPrefix($0, length: 20) }
        case .v6:
            let global = StableHash("site \(site)".utf8).value & 0xFF_FFFF_FFFF
            return (0..<256).compactMap { number in
                IPPrefix(IPv6Address(high: 0xFD << 56 | global << 16 | UInt64(number), low: 0), length: 64)
            }
        }
    }
}
