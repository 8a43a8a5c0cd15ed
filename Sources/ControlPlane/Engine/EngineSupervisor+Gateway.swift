import Addresses
import DataPlane
import Glibc
import Logging

/// A next hop of an uplink.
struct NextHopKey: Hashable, Sendable {
    var uplink: UInt16
    var address: IPAddress
}

/// What the engine shall know of the host: told at once if there is an engine, else with the next one's whole
/// configuration.
extension EngineSupervisor {
    /// Makes an uplink or changes it.
    func set(_ uplink: UplinkConfiguration) {
        guard uplinks.updateValue(uplink, forKey: uplink.port) != uplink else { return }
        sayLeniently(.uplink(uplink), what: "uplink \(uplink.port)")
    }

    /// Removes an uplink and its port.
    func removeUplink(_ port: UInt16) {
        uplinks[port] = nil
        nextHops = nextHops.filter { $0.key.uplink != port }
        removePort(port)
    }

    /// Takes the pool of outgoing flows.
    func set(_ pool: PoolConfiguration) {
        guard self.pool != pool else { return }
        self.pool = pool
        sayLeniently(.pool(pool), what: "the pool of ports")
    }

    /// Takes all of the host's addresses; those that the engine can't hold are left out.
    func set(hostAddresses addresses: [HostAddressConfiguration]) {
        let some = Array(addresses.prefix(HostAddressConfiguration.maximum))
        guard hostAddresses != some else { return }
        hostAddresses = some
        for part in ListPart.parts(of: hostAddresses) {
            sayLeniently(.hostAddresses(part), what: "the host's addresses")
        }
    }

    /// Takes all of the host's routes.
    func set(routes all: [RouteConfiguration]) {
        guard routes != all else { return }
        routes = all
        for part in ListPart.parts(of: routes) { sayLeniently(.routes(part), what: "the host's routes") }
    }

    /// Learns where a next hop is, or that it isn't known any more.
    func set(_ hop: NextHopConfiguration) {
        let key = NextHopKey(uplink: hop.uplink, address: hop.address)
        guard nextHops[key] != hop.mac else { return }
        nextHops[key] = hop.mac
        sayLeniently(.nextHop(hop), what: "the next hop \(hop.address)")
    }

    /// Forgets the next hops of an uplink that aren't wanted.
    func keepNextHops(uplink: UInt16, _ isWanted: (IPAddress) -> Bool) {
        for key in nextHops.keys where key.uplink == uplink && !isWanted(key.address) {
            set(NextHopConfiguration(uplink: uplink, address: key.address, mac: nil))
        }
    }

    /// Forwards host ports to an endpoint.
    func publish(_ publish: PublishConfiguration) throws(EngineFailure) {
        guard publishes.updateValue(publish, forKey: publish.number) != publish, link != nil else { return }
        do throws(EngineFailure) {
            try ask(.publish(publish), what: "publishing port \(publish.first)")
        } catch {
            guard case .unavailable = error else {
                publishes[publish.number] = nil
                throw error
            }
        }
    }

    /// Forwards host ports no longer.
    func unpublish(_ number: UInt32) {
        guard publishes.removeValue(forKey: number) != nil else { return }
        sayLeniently(.unpublish(number), what: "the end of publish \(number)", missingIsFine: true)
    }

    /// Has the engine keep a descriptor too; takes it over.
    func keep(_ number: UInt32, descriptor: Int32) {
        if let before = kept.updateValue(descriptor, forKey: number), before != descriptor { close(before) }
        guard link != nil else { return }
        say(.keep(number), passing: descriptor, what: "a guard")
    }

    /// Closes a kept descriptor, here and in the engine.
    func letGo(_ number: UInt32) {
        guard let descriptor = kept.removeValue(forKey: number) else { return }
        close(descriptor)
        sayLeniently(.letGo(number), what: "the end of a guard", missingIsFine: true)
    }

    /// The part of the whole configuration that the uplinks' ports must be there for.
    func tellHost() throws(EngineFailure) {
        for uplink in uplinks.values { try tellLeniently(.uplink(uplink), what: "uplink \(uplink.port)") }
        for (number, descriptor) in kept {
            try tellLeniently(.keep(number), passing: descriptor, what: "a guard")
        }
        if let pool { try tellLeniently(.pool(pool), what: "the pool of ports") }
        for part in ListPart.parts(of: hostAddresses) {
            try tellLeniently(.hostAddresses(part), what: "the host's addresses")
        }
        for part in ListPart.parts(of: routes) { try tellLeniently(.routes(part), what: "the host's routes") }
        for (key, mac) in nextHops {
            try tellLeniently(
                .nextHop(NextHopConfiguration(uplink: key.uplink, address: key.address, mac: mac)),
                what: "the next hop \(key.address)")
        }
    }

    /// The part that the domains must be there for.
    func tellPublishes() throws(EngineFailure) {
        for publish in publishes.values { try tellLeniently(.publish(publish), what: "publish \(publish.number)") }
    }

    private func tellLeniently(
        _ request: EngineRequest, passing descriptor: Int32? = nil, what: String
    ) throws(EngineFailure) {
        do throws(EngineFailure) {
            try tell(request, passing: descriptor, what: what)
        } catch {
            guard case .refused = error else { throw error }
            log.warning("\(error)")
        }
    }

    private func sayLeniently(_ request: EngineRequest, what: String, missingIsFine: Bool = false) {
        guard link != nil else { return }
        say(request, passing: nil, what: what, missingIsFine: missingIsFine)
    }

    private func say(
        _ request: EngineRequest, passing descriptor: Int32?, what: String, missingIsFine: Bool = false
    ) {
        do throws(EngineFailure) {
            try ask(request, passing: descriptor, what: what, missingIsFine: missingIsFine)
        } catch {
            log.warning("\(error)")
        }
    }
}
