import Addresses
import Netlink

/// What the underlay carries, as the kernel's routes and interfaces say it at one time: every question is asked once.
struct UnderlayLook {
    /// One way through the underlay.
    private struct Way: Hashable {
        var local: IPAddress
        var peer: IPAddress
    }

    /// What a way is like; nil: there is none.
    private struct Carrier {
        var mtu: Int?
        var interface: Int32?
    }

    /// No IP packet is longer.
    private static let longestPacket = 65_535

    private let route: RouteSocket
    private let namespace: NetworkNamespace
    private var ways: [Way: Carrier] = [:]
    private var interfaces: [IPAddress: Int32]?
    private var mtus: [Int32: Int?] = [:]
    private var fitness: [Int32: Bool] = [:]

    /// Looks at a namespace, by a conversation with it.
    init(_ route: RouteSocket, in namespace: NetworkNamespace) {
        self.route = route
        self.namespace = namespace
    }

    /// Largest layer-3 payload that an overlay's tunnel carries to all its peers; without a peer that can be reached,
    /// what the interface with the local address would carry. nil where there is none.
    mutating func carried(_ overlay: OverlaySettings) throws(NetlinkError) -> Int? {
        var smallest: Int?
        for peer in overlay.peers {
            guard let mtu = try carrier(from: overlay.place.local, to: peer).mtu else { continue }
            smallest = min(smallest ?? mtu, mtu)
        }
        if smallest == nil, let index = try interface(with: overlay.place.local) { smallest = try mtu(of: index) }
        return smallest.map { min($0, Self.longestPacket) - overlay.overhead }
    }

    /// Whether an address is that of all hosts on one of this host's links.
    func isBroadcast(_ address: IPAddress) throws(NetlinkError) -> Bool {
        try route.addresses().contains { $0.broadcast == address || $0.prefix.broadcast == address }
    }

    /// Whether an address is this host's.
    mutating func isHere(_ address: IPAddress) throws(NetlinkError) -> Bool {
        try interface(with: address) != nil
    }

    /// The interface that a tunnel's device sends by: that by which all peers are reached; nil: there is more than one,
    /// or none, or what is cut goes faster by it.
    mutating func deviceInterface(from local: IPAddress, to peers: Set<IPAddress>) throws(NetlinkError) -> Int32? {
        guard let index = try interface(from: local, to: peers), try isFit(index) else { return nil }
        return index
    }

    private mutating func isFit(_ index: Int32) throws(NetlinkError) -> Bool {
        if let known = fitness[index] { return known }
        guard let link = try route.link(index: index) else { return false }
        // A driver that tells no features can do nothing by itself: all is cut by the kernel at the last moment.
        let features = (try? EthtoolSocket(in: namespace).features(link.name)) ?? [:]
        let answer = Self.prefersDevice(kind: link.kind, features: features)
        fitness[index] = answer
        return answer
    }

    /// Whether super-frames go better by a tunnel's device than cut, for an interface of a kind and with features as
    /// `ethtool -k` names them: where it takes them whole, or takes the trains of what was cut no more whole than them.
    static func prefersDevice(kind: String?, features: [String: Bool]) -> Bool {
        func has(_ feature: String) -> Bool { features[feature] == true }
        // A bridge says that it does, and doesn't: its features for what is encapsulated (hw_enc_features) are none.
        let takesWhole = kind != "bridge" && has("tx-udp_tnl-csum-segmentation") && has("tx-tcp-segmentation")
        return takesWhole || !has("tx-udp-segmentation")
    }

    /// The interface by which all peers are reached; nil: there is more than one, or none.
    private mutating func interface(from local: IPAddress, to peers: Set<IPAddress>) throws(NetlinkError) -> Int32? {
        var found: Int32?
        for peer in peers {
            guard let next = try carrier(from: local, to: peer).interface, found == nil || found == next else {
                return nil
            }
            found = next
        }
        return found
    }

    private mutating func carrier(from local: IPAddress, to peer: IPAddress) throws(NetlinkError) -> Carrier {
        let way = Way(local: local, peer: peer)
        if let known = ways[way] { return known }
        var answer = Carrier()
        if let found = try route.route(to: peer, from: local) {
            answer.interface = found.interfaceIndex
            answer.mtu = try found.interfaceIndex.flatMap { index throws(NetlinkError) in try mtu(of: index) }
            // What the route says is at most what the interface takes; a path MTU that was learned stands there, too.
            if let told = found.mtu, told > 0 { answer.mtu = min(answer.mtu ?? Int(told), Int(told)) }
        }
        ways[way] = answer
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
