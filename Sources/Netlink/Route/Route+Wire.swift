import Addresses

extension Route {
    /// Size of struct rtmsg.
    static let headerSize = 12
    /// Size of struct rtnexthop.
    private static let nextHopSize = 8
    /// RTNH_F_ONLINK.
    private static let onLink: UInt32 = 4
    /// RTM_F_CLONED: an entry of a cache, not a route that somebody made.
    private static let cloned: UInt32 = 0x200
    /// RT_SCOPE_LINK and RT_SCOPE_NOWHERE.
    private static let scopeLink: UInt8 = 253
    private static let scopeNowhere: UInt8 = 255

    /// Reads a message of type RTM_NEWROUTE or RTM_DELROUTE; nil for other families than IPv4 and IPv6, and for cached
    /// entries unless they are the answer to a question.
    init?(_ message: NetlinkMessage, isAnswer: Bool = false) throws(NetlinkFormatError) {
        let payload = message.payload
        let familyNumber: UInt8 = try payload.number(at: 0, of: "a route")
        let length: UInt8 = try payload.number(at: 1, of: "a route")
        let shortTable: UInt8 = try payload.number(at: 4, of: "a route")
        let origin: UInt8 = try payload.number(at: 5, of: "a route")
        let kind: UInt8 = try payload.number(at: 7, of: "a route")
        let flags: UInt32 = try payload.number(at: 8, of: "a route")
        guard familyNumber == ProtocolFamily.ipv4 || familyNumber == ProtocolFamily.ipv6 else { return nil }
        if flags & Route.cloned != 0, !isAnswer { return nil }
        let family: IPAddress.Family = familyNumber == ProtocolFamily.ipv4 ? .v4 : .v6
        guard let everything = IPPrefix(IPAddress(family: family, number: 0), length: Int(length)) else {
            throw NetlinkFormatError("a route has the prefix length \(length)")
        }
        self.init(to: everything, table: UInt32(shortTable), isOnLink: flags & Route.onLink != 0)
        self.kind = Kind(rawValue: kind)
        self.origin = origin
        var attributes = AttributeReader(try payload.rest(from: Route.headerSize, of: "a route"))
        while let attribute = try attributes.next() {
            try read(attribute)
        }
    }

    private mutating func read(_ attribute: NetlinkAttribute) throws(NetlinkFormatError) {
        switch attribute.type {
        case RouteAttribute.destination:
            let address = try attribute.ipAddress()
            guard let prefix = IPPrefix(address, length: destination.length), prefix.family == destination.family else {
                throw NetlinkFormatError("a route's destination is of another family")
            }
            destination = prefix
        case RouteAttribute.gateway: gateway = try attribute.ipAddress()
        case RouteAttribute.via: gateway = try Route.via(attribute)
        case RouteAttribute.outputInterface: interfaceIndex = try attribute.number()
        case RouteAttribute.preferredSource: source = try attribute.ipAddress()
        case RouteAttribute.priority: metric = try attribute.number()
        case RouteAttribute.table: table = try attribute.number()
        case RouteAttribute.metrics:
            var metrics = attribute.nested
            while let metric = try metrics.next() {
                if metric.type == RouteAttribute.metricMTU { mtu = try metric.number() }
            }
        case RouteAttribute.multipath: nextHops = try Route.nextHops(in: attribute.payload)
        default: break
        }
    }

    /// struct rtvia: a family and an address of that family.
    private static func via(_ attribute: NetlinkAttribute) throws(NetlinkFormatError) -> IPAddress {
        let octets = try attribute.payload.rest(from: 2, of: "a gateway")
        return try NetlinkAttribute(type: attribute.type, payload: octets).ipAddress()
    }

    private static func nextHops(in bytes: UnsafeRawBufferPointer) throws(NetlinkFormatError) -> [NextHop] {
        var hops: [NextHop] = []
        var rest = bytes
        while rest.count >= nextHopSize {
            let length = Int(try rest.number(at: 0, as: UInt16.self, of: "a next hop"))
            let weight = try rest.number(at: 3, as: UInt8.self, of: "a next hop")
            guard length >= nextHopSize, length <= rest.count else {
                throw NetlinkFormatError("a next hop says that it has \(length) of \(rest.count) bytes")
            }
            // The kernel stores the weight less one.
            var hop = NextHop(
                interfaceIndex: try rest.number(at: 4, of: "a next hop"), gateway: nil, weight: UInt16(weight) + 1)
            var attributes = AttributeReader(UnsafeRawBufferPointer(rebasing: rest[nextHopSize..<length]))
            while let attribute = try attributes.next() {
                if attribute.type == RouteAttribute.gateway { hop.gateway = try attribute.ipAddress() }
                if attribute.type == RouteAttribute.via { hop.gateway = try via(attribute) }
            }
            hops.append(hop)
            rest = UnsafeRawBufferPointer(rebasing: rest[min(WireFormat.aligned(length), rest.count)...])
        }
        return hops
    }

    /// Appends struct rtmsg and the attributes.
    func write(to writer: inout MessageWriter, removing: Bool = false) {
        // IPv4 wants to know how far away the next hop is; without a router it is on the link.
        let reach: UInt8 = gateway == nil && destination.family == .v4 && kind == .unicast ? Route.scopeLink : 0
        writer.append(ProtocolFamily.of(destination.family))
        writer.append(UInt8(truncatingIfNeeded: destination.length))
        writer.append(UInt8(0))  // source prefix length
        writer.append(UInt8(0))  // type of service
        writer.append(table < 256 ? UInt8(truncatingIfNeeded: table) : 0)
        writer.append(removing ? 0 : origin)
        writer.append(removing ? Route.scopeNowhere : reach)
        writer.append(kind.rawValue)
        writer.append(isOnLink ? Route.onLink : 0)
        if destination.length > 0 {
            writer.attribute(RouteAttribute.destination, octets: destination.network.octets)
        }
        if let gateway {
            if gateway.family == destination.family {
                writer.attribute(RouteAttribute.gateway, octets: gateway.octets)
            } else {
                let family = UInt16(ProtocolFamily.of(gateway.family))
                let head = [UInt8(truncatingIfNeeded: family), UInt8(truncatingIfNeeded: family >> 8)]
                writer.attribute(RouteAttribute.via, octets: head + gateway.octets)
            }
        }
        if let interfaceIndex { writer.attribute(RouteAttribute.outputInterface, interfaceIndex) }
        if let source { writer.attribute(RouteAttribute.preferredSource, octets: source.octets) }
        if let metric { writer.attribute(RouteAttribute.priority, metric) }
        writer.attribute(RouteAttribute.table, table)
        if let mtu {
            writer.nested(RouteAttribute.metrics) { metrics in metrics.attribute(RouteAttribute.metricMTU, mtu) }
        }
    }
}
