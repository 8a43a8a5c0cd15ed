import Addresses
import HeddleAPI

/// A request for a network that makes sense by itself; whether it fits beside the other networks and the host's
/// routes is decided later.
struct NetworkSpecification: Hashable, Sendable {
    /// See `Network`.
    var name: String
    /// See `NetworkRecord`.
    var subnets: [IPPrefix]
    /// One for each subnet, in their order.
    var gateways: [IPAddress]
    /// See `NetworkRecord`.
    var ranges: [IPPrefix]
    /// See `Network`; nil: what the tunnel of an overlay carries.
    var mtu: Int?
    /// See `Network`.
    var isInternal: Bool
    /// See `Network`.
    var isIsolated: Bool
    /// See `NetworkRecord`.
    var isRouted: Bool
    /// What makes the network an overlay; nil for other drivers.
    var overlay: OverlaySettings?
    /// What joins the network to a LAN; nil for other drivers.
    var parent: ParentSpecification?
    /// The driver of the networks that are there without being made; nil for other drivers.
    var predefined: PredefinedDriver?

    /// The driver that is meant where none is named.
    static let defaultDriver = "bridge"
    /// IPv4 needs 68 (RFC 791); a TAP carries at most 65535 bytes with its Ethernet header.
    static let mtuRange = 68...65_521
    /// RFC 8200 section 5.
    static let smallestIPv6MTU = 1_280

    /// Checks a request.
    init(_ request: NetworkRequest) throws(APIError) {
        try NameRule.check(request.name, what: "network")
        name = request.name
        predefined = request.driver.flatMap { PredefinedDriver(rawValue: $0) }
        if let predefined {
            try predefined.check(request)
        } else {
            try PredefinedDriver.refuseName(of: request, driver: request.driver ?? Self.defaultDriver)
        }
        if predefined != nil {
            overlay = nil
        } else if request.driver == ParentSettings.driver {
            parent = try ParentSpecification(request.options ?? [:])
        } else {
            overlay = try Self.overlay(request.driver ?? Self.defaultDriver, options: request.options ?? [:])
        }
        subnets = try Self.subnets(request.subnets ?? [])
        gateways = try Self.gateways(request.gateways ?? [], subnets: subnets)
        ranges = try Self.ranges(request.ipRanges ?? [], subnets: subnets, gateways: gateways)
        mtu = request.mtu ?? (overlay == nil && parent == nil ? 1_500 : nil)
        if let mtu { try Self.check(mtu: mtu, subnets: subnets) }
        isInternal = request.internal ?? false
        isIsolated = request.isolated ?? false
        isRouted = request.route ?? false
        if isRouted { try checkRouted() }
        if parent != nil { try checkWithParent() }
    }

    /// The driver's name.
    var driver: String {
        if let predefined { return predefined.rawValue }
        if parent != nil { return ParentSettings.driver }
        return overlay == nil ? Self.defaultDriver : OverlaySettings.driver
    }

    /// What the host has no part in.
    private func checkWithParent() throws(APIError) {
        if isInternal || isRouted {
            throw .invalid(
                "a macvlan network can't be \(isInternal ? "internal" : "routed"): its endpoints are on the LAN, and"
                    + " its gateway is a router there",
                hint: "Leave out --\(isInternal ? "internal" : "route").")
        }
        if isIsolated {
            throw .invalid(
                "a macvlan network has a mode in the place of --isolated", hint: "Use --mode private, or vepa.")
        }
    }

    private static func overlay(
        _ driver: String, options: [String: String]
    ) throws(APIError) -> OverlaySettings? {
        if driver == OverlaySettings.driver { return try OverlaySpecification.settings(options) }
        guard driver == defaultDriver else {
            throw .invalid(
                "\(APIError.quoted(driver)) is not a driver",
                hint: "Use --driver bridge, which is the default, overlay, macvlan, host or none.")
        }
        if let key = options.keys.min() {
            let isOverlays = OverlaySettings.Key.all.contains(key)
            let isParents = key == ParentSettings.Key.parent || key == ParentSettings.Key.mode
            let driver = isOverlays ? OverlaySettings.driver : ParentSettings.driver
            throw .invalid(
                "the option \(APIError.quoted(key)) means nothing for the driver bridge",
                hint: isOverlays || isParents ? "Use --driver \(driver), or leave it out." : "Leave it out.")
        }
        return nil
    }

    private func checkRouted() throws(APIError) {
        if subnets.isEmpty {
            throw .invalid(
                "a network without a subnet can't be routed: it has no addresses",
                hint: "Give it a --subnet, or leave out --route.")
        }
        if isInternal {
            throw .invalid(
                "a network can't be internal and routed: it has a way out, or none",
                hint: "Leave out --internal or --route.")
        }
    }

    private static func check(mtu: Int, subnets: [IPPrefix]) throws(APIError) {
        guard mtuRange.contains(mtu) else {
            throw .invalid("the MTU \(mtu) is not from \(mtuRange.lowerBound) to \(mtuRange.upperBound)")
        }
        if let subnet = subnets.first(where: { $0.family == .v6 }), mtu < smallestIPv6MTU {
            throw .invalid(
                "the MTU \(mtu) is too small for the IPv6 subnet \(subnet)", hint: "IPv6 needs \(smallestIPv6MTU).")
        }
    }
}

extension NetworkSpecification {
    private static func subnets(_ texts: [String]) throws(APIError) -> [IPPrefix] {
        var subnets: [IPPrefix] = []
        for text in texts {
            let subnet = try prefix(text, what: "subnet")
            try checkUsable(subnet)
            if let other = subnets.first(where: { $0.family == subnet.family }) {
                throw .invalid(
                    "a network can't have two \(subnet.family) subnets: \(other) and \(subnet)",
                    hint: "Two subnets of one network are one IPv4 and one IPv6; make a second network.")
            }
            subnets.append(subnet)
        }
        return subnets
    }

    private static func prefix(_ text: String, what: String) throws(APIError) -> IPPrefix {
        let prefix: IPPrefix
        do {
            prefix = try IPPrefix(parsing: text)
        } catch {
            throw .invalid("the \(what) \(error)")
        }
        if prefix.hasHostBits {
            throw .invalid("the \(what) \(prefix) has host bits set", hint: "Say \(prefix.masked).")
        }
        return prefix
    }

    /// Ranges that no interface may have an address of, and why.
    private static let unusable: [(text: String, reason: String)] = [
        ("0.0.0.0/8", "0.0.0.0/8 means this network (RFC 1122)"),
        ("127.0.0.0/8", "127.0.0.0/8 is loopback"),
        ("224.0.0.0/4", "224.0.0.0/4 is multicast"),
        ("240.0.0.0/4", "240.0.0.0/4 is reserved"),
        ("::/127", "it holds the unspecified and the loopback address"),
        ("::ffff:0:0/96", "::ffff:0:0/96 maps IPv4"),
        ("fe80::/10", "fe80::/10 is link-local and there already on every interface"),
        ("ff00::/8", "ff00::/8 is multicast"),
    ]

    private static func checkUsable(_ subnet: IPPrefix) throws(APIError) {
        for (text, reason) in unusable {
            guard let range = IPPrefix(text), range.overlaps(subnet) else { continue }
            throw .invalid(
                "the subnet \(subnet) can't be used: \(reason)",
                hint: subnet.family == .v4 ? "Use a private one such as 10.0.0.0/24." : "Use one such as fd00::/64.")
        }
        // The network's address, the gateway, one endpoint, and IPv4's broadcast address.
        if subnet.hostBitCount < 2 {
            throw .invalid(
                "the subnet \(subnet) is too small for a gateway and an endpoint",
                hint: "The longest prefix is /\(subnet.family.bitWidth - 2).")
        }
    }

    private static func gateways(_ texts: [String], subnets: [IPPrefix]) throws(APIError) -> [IPAddress] {
        var given: [IPAddress] = []
        for text in texts {
            let address: IPAddress
            do {
                address = try IPAddress(parsing: text)
            } catch {
                throw .invalid("the gateway \(error)")
            }
            guard let subnet = subnets.first(where: { $0.contains(address) }) else {
                let all = subnets.map(\.description).joined(separator: " and ")
                throw .invalid(
                    "the gateway \(address) is in no subnet of the network",
                    hint: subnets.isEmpty ? "Give the network a --subnet." : "Take an address of \(all).")
            }
            if let reason = SubnetRule.reasonAgainst(address, in: subnet) {
                throw .invalid("the gateway \(address) can't be used: it is \(reason)")
            }
            if let other = given.first(where: { $0.family == address.family }) {
                throw .invalid("a network can't have two \(address.family) gateways: \(other) and \(address)")
            }
            given.append(address)
        }
        return subnets.map { subnet in
            given.first { $0.family == subnet.family }
                ?? IPAddress(family: subnet.family, number: subnet.network.number + 1)
        }
    }

    private static func ranges(
        _ texts: [String], subnets: [IPPrefix], gateways: [IPAddress]
    ) throws(APIError) -> [IPPrefix] {
        var ranges: [IPPrefix] = []
        for text in texts {
            let range = try prefix(text, what: "range")
            guard let subnet = subnets.first(where: { $0.contains(range) }) else {
                throw .invalid(
                    "the range \(range) is in no subnet of the network",
                    hint: subnets.isEmpty ? "Give the network a --subnet." : nil)
            }
            if let other = ranges.first(where: { $0.family == range.family }) {
                throw .invalid("a network can't have two \(range.family) ranges: \(other) and \(range)")
            }
            guard SubnetRule.hasUsableAddress(range, in: subnet, besides: gateways) else {
                throw .invalid("the range \(range) holds no address for an endpoint", hint: "Take a shorter prefix.")
            }
            ranges.append(range)
        }
        return ranges
    }
}
