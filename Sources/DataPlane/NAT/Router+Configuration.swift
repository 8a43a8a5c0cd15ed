import Addresses

/// Not on a packet's path: may allocate.
extension Router {
    /// Gives a domain its router, changes it, or takes it away with its flows.
    mutating func setGateway(_ domain: UInt16, _ configuration: GatewayConfiguration?) {
        guard Switch.isDomain(domain) else { return }
        let before = gateway(domain).pointee
        guard let configuration else {
            if before.isPresent { _ = flows.removeAll(domain: domain) }
            gateway(domain).pointee = Gateway()
            listRoutedDomains()
            return
        }
        var new = Gateway()
        new.isPresent = true
        new.port = configuration.port
        new.namePort = configuration.namePort
        new.router.mac = configuration.mac.value
        new.router.ipv4 = configuration.ipv4?.value ?? 0
        new.router.ipv6High = configuration.ipv6?.high ?? 0
        new.router.ipv6Low = configuration.ipv6?.low ?? 0
        new.isInternal = configuration.isInternal
        new.isRouted = configuration.isRouted
        new.mtu = Int(configuration.mtu)
        let subnets = configuration.subnets.map { Subnet($0) }
        if let first = subnets.first { new.subnets.0 = first }
        if subnets.count > 1 { new.subnets.1 = subnets[1] }
        gateway(domain).pointee = new
        listRoutedDomains()
    }

    /// Domains beyond the room for them are not reached from outside.
    private mutating func listRoutedDomains() {
        routedCount = 0
        for id in 0..<Switch.domainLimit
        where gateways[id].isPresent && gateways[id].isRouted && !gateways[id].isInternal {
            guard routedCount < routedDomains.count else { return }
            routedDomains[routedCount] = UInt16(id)
            routedCount += 1
        }
    }

    /// Makes an uplink or changes it.
    mutating func setUplink(_ configuration: UplinkConfiguration) {
        guard Switch.isPort(configuration.port) else { return }
        var new = Uplink()
        new.isPresent = true
        new.mac = configuration.mac.value
        new.mtu = Int(configuration.mtu)
        if let address = configuration.ipv4 { new.ipv4 = TransportAddress(.v4(address), port: 0) }
        if let address = configuration.ipv6 { new.ipv6 = TransportAddress(.v6(address), port: 0) }
        uplink(configuration.port).pointee = new
    }

    /// Takes an uplink away. Its flows stay: the interface may come back, or the routes lead elsewhere.
    mutating func removeUplink(_ port: UInt16) {
        guard uplink(port).pointee.isPresent else { return }
        uplink(port).pointee = Uplink()
        nextHops.remove(uplink: port)
    }

    /// Takes the pool that outgoing flows use.
    mutating func setPool(_ configuration: PoolConfiguration) {
        poolFirst = configuration.first
        poolCount = Int(configuration.count)
        flows.setPool(first: configuration.first, count: Int(configuration.count), excluding: configuration.excluded)
    }

    /// Takes all of the host's own addresses, and ends the flows that used one that is gone.
    mutating func setHostAddresses(_ configurations: [HostAddressConfiguration]) {
        // Loopback is the host's alone: from outside of it nobody gets there.
        let usable = configurations.filter { !$0.address.isLoopback }
        hostAddresses.replace(
            with: usable.map { (high: $0.address.words.high, low: $0.address.words.low, port: $0.port) })
        // An engine before this one may have left flows, too.
        let kept = Set(usable.map(\.address))
        _ = flows.removeAll { !kept.contains(IPAddress(high: $0.outside.high, low: $0.outside.low)) }
    }

    /// Takes all of the host's routes.
    mutating func setRoutes(_ configurations: [RouteConfiguration]) {
        routes.replace(
            with: configurations.map { route in
                let gateway = route.gateway?.words ?? (high: 0, low: 0)
                let source = route.source?.words ?? (high: 0, low: 0)
                let (high, low) = route.destination.address.words
                return RouteEntry(
                    high: high, low: low, prefixLength: UInt8(route.destination.length),
                    decision: RouteDecision(
                        uplink: route.uplink, gatewayHigh: gateway.high, gatewayLow: gateway.low, mtu: route.mtu,
                        sourceHigh: source.high, sourceLow: source.low, isRefused: route.isRefused))
            })
    }

    /// Learns where a next hop is, or that it isn't known any more. What waits for it is the caller's to send.
    mutating func setNextHop(_ configuration: NextHopConfiguration) {
        let (high, low) = configuration.address.words
        if let mac = configuration.mac {
            _ = nextHops.set(uplink: configuration.uplink, high: high, low: low, mac: mac.value)
        } else {
            nextHops.remove(uplink: configuration.uplink, high: high, low: low)
        }
    }

    /// Ends the flows of a port, and forgets fragments that came by it: its number may be another's soon.
    mutating func removePort(_ port: UInt16) {
        _ = flows.removeAll(insidePort: port)
        fragments.removeAll(side: port)
        nextHops.remove(uplink: port)
    }

    /// Ends flows of an engine before this one whose endpoint, network or publish isn't there any more.
    ///
    /// - Parameter isMember: whether a port is one of a domain's.
    mutating func endOrphans(isMember: (_ port: UInt16, _ domain: UInt16) -> Bool) {
        let published = publishes.numbers
        let gateways = gateways
        _ = flows.removeAll { flow in
            if flow.isIncoming, !published.contains(flow.publish) { return true }
            let domain = Int(flow.domain) & (Switch.domainLimit - 1)
            return !gateways[domain].isPresent || !isMember(flow.insidePort, flow.domain)
        }
    }

    /// Forwards host ports to an endpoint. False: no room, or it can't be.
    mutating func publish(_ configuration: PublishConfiguration) -> Bool {
        guard configuration.number != 0,
            configuration.transport == IPProtocol.tcp
                || configuration.transport == IPProtocol.udp,
            configuration.host.map({ $0.family == configuration.inside.family }) ?? true
        else { return false }
        return publishes.set(PublishEntry(configuration))
    }

    /// Forwards host ports no longer, and ends the flows that came by them.
    mutating func unpublish(_ number: UInt32) {
        publishes.remove(number: number)
        _ = flows.removeAll(publish: number)
    }
}

extension Router.Subnet {
    init(_ prefix: IPPrefix) {
        self.init()
        let isIPv4 = prefix.address.family == .v4
        let length = isIPv4 ? prefix.length + 96 : prefix.length
        highMask = length >= 64 ? .max : length == 0 ? 0 : ~(UInt64.max >> UInt64(length))
        lowMask = length >= 128 ? .max : length <= 64 ? 0 : ~(UInt64.max >> UInt64(length - 64))
        let words = prefix.address.words
        high = words.high & highMask
        low = words.low & lowMask
        isPresent = true
    }
}

extension PublishEntry {
    fileprivate init(_ configuration: PublishConfiguration) {
        let host = configuration.host?.words ?? (high: 0, low: 0)
        let inside = configuration.inside.words
        self.init(
            number: configuration.number, proto: configuration.transport,
            family: configuration.inside.family == .v4 ? .v4 : .v6, hostHigh: host.high, hostLow: host.low,
            first: configuration.first, last: configuration.last, uplink: configuration.uplink,
            domain: configuration.domain, insideHigh: inside.high, insideLow: inside.low,
            insideFirst: configuration.insideFirst, insideMAC: configuration.mac.value,
            insidePort: configuration.port)
    }
}
