import Glibc

extension Engine {
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
