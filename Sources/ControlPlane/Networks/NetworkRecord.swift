import Addresses
import HeddleAPI

/// How far an object of the control plane has come. Recorded before the step that it names begins, so that a crash at
/// any point is recognised by the next start.
enum Phase: String, Sendable, Hashable {
    /// Being made; nobody has been told that it exists: undone after a crash.
    case creating
    /// Made, or to be made true again.
    case active
    /// An endpoint's sandbox came back and it is being wired again: begun anew after a crash.
    case returning
    /// Being removed: removed to the end after a crash.
    case removing
}

/// A network as it is recorded.
struct NetworkRecord: Hashable, Sendable {
    /// 16 hexadecimal digits.
    var id: String
    /// See `Network`.
    var name: String
    /// The data plane's number of the domain, 1…4095.
    var domain: UInt16
    /// See `Network`.
    var driver: String
    /// At most one IPv4 and one IPv6 prefix, without host bits.
    var subnets: [IPPrefix]
    /// One for each subnet, in their order.
    var gateways: [IPAddress]
    /// Where addresses are handed out from, at most one for each subnet; a subnet without one is used whole.
    var ranges: [IPPrefix]
    /// See `Network`.
    var mtu: Int
    /// See `Network`.
    var isInternal: Bool
    /// See `Network`.
    var isIsolated: Bool
    /// See `Network`.
    var options: [String: String]
    /// See `Phase`.
    var phase: Phase
    /// The host port's number in the data plane; nil for a network without subnets.
    var hostPort: UInt16?
    /// Names the host port's open descriptor; 0 before it was opened.
    var hostToken: UInt64
    /// The host port's interface index in the daemon's namespace; 0 before it was made.
    var hostIndex: Int32
    /// Whether `mtu` is what the tunnel of an overlay or the parent carries, and changes with that.
    var followsUnderlay = false
    /// Whether what leaves the network keeps its addresses.
    var isRouted = false
    /// The data plane's number of the port that leads to the LAN; nil unless the network has a parent.
    var parentPort: UInt16?
    /// Names that port's open descriptor; 0 before it was opened.
    var parentToken: UInt64 = 0
    /// The parent's interface index in the daemon's namespace; 0 before it was found.
    var parentIndex: Int32 = 0
}

extension NetworkRecord {
    /// What the API shows.
    var model: Network {
        var shown = options
        if isRouted { shown["route"] = "true" }
        return Network(
            name: name, id: id, driver: driver, subnets: subnets.map(\.description),
            gateways: gateways.map(\.description), mtu: mtu, internal: isInternal, isolated: isIsolated,
            options: shown)
    }

    /// The interface that carries the gateway addresses in the daemon's namespace: at most 15 bytes.
    var hostInterface: String { "hd-" + id.prefix(12) }

    /// The subnet that an address belongs to.
    func subnet(containing address: IPAddress) -> IPPrefix? {
        subnets.first { $0.contains(address) }
    }

    /// The gateway of one family.
    func gateway(_ family: IPAddress.Family) -> IPAddress? {
        gateways.first { $0.family == family }
    }
}
