import Glibc

extension Engine {
    /// Takes a part of the host's own addresses; they hold with the last one.
    func add(_ part: HostAddressesConfiguration) -> Int32 {
        if part.isFirst { hostAddresses = [] }
        guard let before = hostAddresses else { return EINVAL }
        let all = before + part.addresses
        guard all.count <= HostAddressConfiguration.maximum else {
            hostAddresses = nil
            return ENOSPC
        }
        hostAddresses = part.isLast ? nil : all
        return part.isLast ? workers[0].mailbox.perform(.setHostAddresses(all)) : 0
    }

    /// Takes a part of the host's routes; they hold with the last one.
    func add(_ part: RoutesConfiguration) -> Int32 {
        if part.isFirst { routes = [] }
        // What follows a part that didn't fit is no list.
        guard let before = routes else { return EINVAL }
        let all = before + part.routes
        guard all.count <= RouteConfiguration.maximum else {
            routes = nil
            return ENOSPC
        }
        routes = part.isLast ? nil : all
        return part.isLast ? workers[0].mailbox.perform(.setRoutes(all)) : 0
    }

    /// Learns where a next hop is, or, of one without a MAC address, that it isn't known any more.
    func set(_ hop: NextHopConfiguration) -> Int32 {
        var key = hop
        key.mac = nil
        if hop.mac == nil {
            nextHops.remove(key)
        } else {
            named?.nextHops.insert(key)
            nextHops.insert(key)
        }
        return workers[0].mailbox.perform(.setNextHop(hop))
    }

    /// Forwards host ports.
    func add(_ publish: PublishConfiguration) -> Int32 {
        guard let domain = domains[publish.domain], domain.gateway != nil else { return ENOENT }
        named?.publishes.insert(publish.number)
        let result = workers[0].mailbox.perform(.publish(publish))
        if result == 0 { publishes.insert(publish.number) }
        return result
    }

    /// Forwards host ports no longer.
    func unpublish(_ number: UInt32) -> Int32 {
        guard publishes.remove(number) != nil else { return ENOENT }
        return workers[0].mailbox.perform(.unpublish(number))
    }

    /// Keeps a descriptor; one that was kept under the number before is closed.
    func keep(_ number: UInt32, _ descriptor: inout Int32?) -> Int32 {
        named?.kept.insert(number)
        guard let taken = descriptor else { return kept[number] == nil ? EBADF : 0 }
        if let before = kept.updateValue(taken, forKey: number) { close(before) }
        descriptor = nil
        return 0
    }

    /// Closes a descriptor that was kept.
    func letGo(_ number: UInt32) -> Int32 {
        guard let descriptor = kept.removeValue(forKey: number) else { return ENOENT }
        close(descriptor)
        return 0
    }
}
