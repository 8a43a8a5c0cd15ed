import Addresses
import Netlink

/// What the underlay carries, as the kernel's routes and interfaces say it at one time: every question is asked once.
struct UnderlayLook {
    /// One way through the underlay.
    private struct Way: Hashable {
        var local: IPAddress
        var peer: IPAddress
    }

    /// No IP packet is longer.
    private static let longestPacket = 65_535

    private let route: RouteSocket
    private var ways: [Way: Int?] = [:]
    private var interfaces: [IPAddress: Int32]?
    private var mtus: [Int32: Int?] = [:]

    /// Looks at a namespace.
    init(_ route: RouteSocket) {
        self.route = route
    }

    /// Largest layer-3 payload that an overlay's tunnel carries to all its peers; without a peer that can be reached,
    /// what the interface with the local address would carry. nil where there is none.
    mutating func carried(_ overlay: OverlaySettings) throws(NetlinkError) -> Int? {
        var smallest: Int?
        for peer in overlay.peers {
            guard let mtu = try mtu(from: overlay.place.local, to: peer) else { continue }
            smallest = min(smallest ?? mtu, mtu)
        }
        if smallest == nil, let index = try interface(with: overlay.place.local) { smallest = try mtu(of: index) }
        return smallest.map { min($0, Self.longestPacket) - overlay.overhead }
    }

    /// Whether an address is this host's.
    mutating func isHere(_ address: IPAddress) throws(NetlinkError) -> Bool {
        try interface(with: address) != nil
    }

    private mutating func mtu(from local: IPAddress, to peer: IPAddress) throws(NetlinkError) -> Int? {
        let way = Way(local: local, peer: peer)
        if let known = ways[way] { return known }
        var answer: Int?
        if let found = try route.route(to: peer, from: local) {
            answer = try found.interfaceIndex.flatMap { index throws(NetlinkError) in try mtu(of: index) }
            // What the route says is at most what the interface takes; a path MTU that was learned stands there, too.
            if let told = found.mtu, told > 0 { answer = min(answer ?? Int(told), Int(told)) }
        }
        ways[way] = .some(answer)
        return answer
    }

    private mutating func mtu(of index: Int32) throws(NetlinkError) -> Int? {
        if let known = mtus[index] { return known }
        let answer = try route.link(index: index).map { Int($0.mtu) }
        mtus[index] = .some(answer)
        return answer
    }

    private mutating func interface(with address: IPAddress) throws(NetlinkError) -> Int32? {
        if let interfaces { return interfaces[address] }
        var found: [IPAddress: Int32] = [:]
        for entry in try route.addresses() { found[entry.prefix.address] = entry.interfaceIndex }
        interfaces = found
        return found[address]
    }
}

extension NetworkRecord {
    /// The MTU of a network that follows an underlay which carries so much: never so little that its subnets could not
    /// be there at all.
    static func mtu(carried: Int, subnets: [IPPrefix]) -> Int {
        let range = NetworkSpecification.mtuRange
        let smallest =
            subnets.contains { $0.family == .v6 } ? NetworkSpecification.smallestIPv6MTU : range.lowerBound
        return min(max(carried, smallest), range.upperBound)
    }
}
