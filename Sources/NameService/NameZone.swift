public import Addresses

/// The names of one network, and what else its name service must know.
public struct NameZone: Sendable {
    /// What has names: an endpoint.
    public struct Member: Hashable, Sendable {
        /// The first is the one that its addresses are called by.
        public var names: [String]
        /// At most a few.
        public var addresses: [IPAddress]

        /// Makes a member.
        public init(names: [String], addresses: [IPAddress]) {
            self.names = names
            self.addresses = addresses
        }
    }

    /// The network's name.
    public let network: String
    /// Its prefixes: what is unknown in them is unknown to everybody.
    public let subnets: [IPPrefix]
    /// Whether other names are asked for elsewhere; false: the network leads nowhere.
    public let forwards: Bool
    /// How long an answer may be remembered, in seconds: an endpoint comes and goes.
    public static let timeToLive: UInt32 = 5

    private let networkKey: String
    private let suffix: String
    private var members: [String: Member] = [:]
    /// Who has a name, in the order in which they came.
    private var holders: [String: [String]] = [:]
    private var owners: [IPAddress: String] = [:]
    /// Who has other networks, too.
    private var travellers: Set<IPAddress> = []

    /// Makes the zone of a network without endpoints.
    public init(network: String, subnets: [IPPrefix], forwards: Bool) {
        self.network = network
        self.subnets = subnets
        self.forwards = forwards
        networkKey = DNSName.key(network)
        suffix = "." + networkKey
    }

    /// Makes a member known, changes it, or (nil) forgets it.
    public mutating func set(_ member: Member?, id: String) {
        let before = members[id]
        guard before != member else { return }
        if let before {
            for key in Set(before.names.map(DNSName.key)) {
                holders[key]?.removeAll { $0 == id }
                if holders[key]?.isEmpty ?? false { holders[key] = nil }
            }
            for address in before.addresses where owners[address] == id { owners[address] = nil }
        }
        members[id] = member
        guard let member else { return }
        for key in Set(member.names.map(DNSName.key)) { holders[key, default: []].append(id) }
        for address in member.addresses { owners[address] = id }
    }

    /// Says who has other networks, too: what isn't known here is refused to them, so that they ask there.
    public mutating func setTravellers(_ addresses: Set<IPAddress>) {
        travellers = addresses
    }

    /// Whether an asker has other networks.
    func isTraveller(_ address: IPAddress?) -> Bool {
        address.map(travellers.contains) ?? false
    }

    /// Members that are known.
    public var count: Int { members.count }

    /// The addresses of a name, NAME or NAME.NETWORK, in the order in which their endpoints came; nil: nobody has it.
    func addresses(of key: String) -> [IPAddress]? {
        let found = holders[key] ?? (key.hasSuffix(suffix) ? holders[String(key.dropLast(suffix.utf8.count))] : nil)
        // The network itself is a name with nothing but names below it.
        guard let found else { return key == networkKey ? [] : nil }
        return found.flatMap { members[$0]?.addresses ?? [] }
    }

    /// What an address is called, with the network; nil: nobody has it.
    func name(of address: IPAddress) -> String? {
        owners[address].flatMap { members[$0]?.names.first }.map { "\($0).\(network)" }
    }

    /// Whether an address is one of the network's.
    func contains(_ address: IPAddress) -> Bool {
        subnets.contains { $0.contains(address) }
    }
}
