import Addresses
import HeddleAPI

/// An endpoint as it is recorded.
struct EndpointRecord: Hashable, Sendable {
    /// What its port is made of.
    enum Via: String, Sendable, Hashable {
        /// A TAP inside the sandbox.
        case tap
        /// A pair whose near end lies in the private namespace.
        case veth
        /// An interface that was there before, in the daemon's namespace.
        case adopted
        /// Nothing: the sandbox has its loopback interface only. Its port's number is reserved and not used.
        case loopback = "none"
        /// Nothing: the sandbox is the host. Its port's number is reserved and not used.
        case host

        /// Whether the endpoint has a port in the data plane.
        var isWired: Bool { self != .loopback && self != .host }
    }

    /// 16 hexadecimal digits.
    var id: String
    /// The network's id.
    var network: String
    /// The data plane's number of the port, 1…16383.
    var port: UInt16
    /// As it was given to attach; empty for an adopted interface.
    var sandbox: String
    /// See `Endpoint`.
    var ifname: String
    /// See `Via`.
    var via: Via
    /// See `Endpoint`.
    var mac: MACAddress
    /// With the prefix length of their subnets.
    var addresses: [IPPrefix]
    /// See `Endpoint`.
    var name: String
    /// See `Endpoint`.
    var aliases: [String]
    /// 1…4094, or nil.
    var vlan: Int?
    /// Whether only `mac` and `addresses` may speak through the port.
    var isGuarded: Bool
    /// See `Phase`.
    var phase: Phase
    /// Whether the sandbox or the interface vanished.
    var isGone: Bool
    /// The kernel's number for the sandbox's namespace, unique until the next boot; 0 if it isn't known.
    var cookie: UInt64
    /// The interface's index in the sandbox (adopted: in the daemon's namespace); 0 before it was made.
    var index: Int32
    /// The near end's index in the private namespace; 0 if there is none.
    var nearIndex: Int32
    /// Names the open descriptor; 0 before it was opened.
    var token: UInt64
    /// Whether the descriptor was opened inside the sandbox (after both processes had died), so that it keeps the
    /// namespace alive.
    var isPinning: Bool
}

extension EndpointRecord {
    /// What the API shows.
    func model(network: NetworkRecord, publishes: [PublishRecord] = []) -> Endpoint {
        Endpoint(
            id: id, network: network.name, sandbox: sandbox, ifname: ifname, via: via.rawValue,
            mac: via.isWired ? mac.description : "", addresses: addresses.map(\.description), name: name,
            aliases: aliases, publish: publishes.map { "\($0.specification)" }, state: isGone ? .gone : .up,
            vlan: vlan, port: Int(port))
    }

    /// What `stats` and `stations` call the port.
    var label: String {
        if sandbox.isEmpty { return ifname }
        return via.isWired ? "\(ifname)@\(sandbox)" : sandbox
    }

    /// The near end's name in the private namespace.
    var nearInterface: String { "v\(port)" }
}
