public import Addresses
import SystemPackage

extension RouteSession {
    /// The routes of a table (nil: of all), of one family or of both.
    public func routes(
        family: IPAddress.Family? = nil, table: UInt32? = Route.mainTable
    ) throws(NetlinkError) -> [Route] {
        try dump(
            "list the routes", type: MessageType.getRoute,
            build: { writer in
                writer.appendRouteHeader(family: family.map { ProtocolFamily.of($0) } ?? ProtocolFamily.unspecified)
            },
            read: { message throws(NetlinkFormatError) in
                guard message.type == MessageType.newRoute, let route = try Route(message) else { return nil }
                let isWanted = family == nil || route.destination.family == family
                return isWanted && (table == nil || route.table == table) ? route : nil
            })
    }

    /// The way that a packet to `address` would take (`ip route get`): the interface, the router, the address it would
    /// be sent from and the MTU if the route has one, or if a smaller one was learned for the way. `source` is the
    /// address of this host that it would be sent from (nil: the kernel's choice). nil if there is none.
    public func route(to address: IPAddress, from source: IPAddress? = nil) throws(NetlinkError) -> Route? {
        var found: Route?
        do throws(NetlinkError) {
            try perform(
                "find the way to \(address)", type: MessageType.getRoute,
                build: { writer in
                    let width = UInt8(truncatingIfNeeded: address.family.bitWidth)
                    let sourceWidth = source == nil ? 0 : width
                    writer.appendRouteHeader(
                        family: ProtocolFamily.of(address.family), length: width, sourceLength: sourceWidth)
                    writer.attribute(RouteAttribute.destination, octets: address.octets)
                    if let source { writer.attribute(RouteAttribute.source, octets: source.octets) }
                },
                read: { message throws(NetlinkFormatError) in
                    if message.type == MessageType.newRoute { found = try Route(message, isAnswer: true) ?? found }
                })
        } catch {
            // No route, or one that says unreachable, blackhole or prohibit.
            let none: [Errno] = [
                .networkUnreachable, .noRouteToHost, .invalidArgument, .permissionDenied, .noSuchProcess,
            ]
            guard none.contains(error.errno) else { throw error }
            return nil
        }
        return found
    }

    /// Adds a route. Throws `.fileExists` if there is one for the same destination, metric and table.
    public func addRoute(_ route: Route) throws(NetlinkError) {
        let flags = MessageFlags.create | MessageFlags.exclusive
        try perform("add the route \(route)", type: MessageType.newRoute, flags: flags) { writer in
            route.write(to: &writer)
        }
    }

    /// Adds a route, or puts it in the place of the one for the same destination, metric and table.
    public func replaceRoute(_ route: Route) throws(NetlinkError) {
        let flags = MessageFlags.create | MessageFlags.replace
        try perform("replace the route \(route)", type: MessageType.newRoute, flags: flags) { writer in
            route.write(to: &writer)
        }
    }

    /// Removes a route; what it says must match. Throws `.noSuchProcess` if there is none.
    public func removeRoute(_ route: Route) throws(NetlinkError) {
        try perform("remove the route \(route)", type: MessageType.deleteRoute) { writer in
            route.write(to: &writer, removing: true)
        }
    }
}

extension Route: CustomStringConvertible {
    /// As `ip route` would say it, with the interface's number.
    public var description: String {
        var text = isDefault ? "default" : "\(destination.masked)"
        if let gateway { text += " via \(gateway)" }
        if let interfaceIndex { text += " interface number \(interfaceIndex)" }
        if let source { text += " from \(source)" }
        if let metric { text += " metric \(metric)" }
        if table != Route.mainTable { text += " table \(table)" }
        return text
    }
}

extension MessageWriter {
    /// Appends struct rtmsg for a question.
    fileprivate mutating func appendRouteHeader(family: UInt8, length: UInt8 = 0, sourceLength: UInt8 = 0) {
        append(family)
        append(length)
        append(sourceLength)
        append(UInt8(0))  // type of service
        append(UInt32(0))  // table, origin, scope, kind
        append(UInt32(0))  // flags
    }
}
