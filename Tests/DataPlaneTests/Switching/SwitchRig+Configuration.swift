import DataPlane

// `#expect` takes calls apart and can't hold a value that isn't copyable: these are calls of a class.
extension SwitchRig {
    var statistics: StationTable.Statistics { forwarding.stations.statistics }

    @discardableResult
    func addDomain(_ id: UInt16, ageingMilliseconds: UInt32 = 300_000) -> Bool {
        forwarding.addDomain(id, ageingMilliseconds: ageingMilliseconds)
    }

    @discardableResult
    func removeDomain(_ id: UInt16) -> Bool {
        forwarding.removeDomain(id)
    }

    @discardableResult
    func setPort(
        _ id: UInt16, domain: UInt16 = 1, isolated: Bool = false, accessVLAN: UInt16 = 0, mtu: UInt32 = 1500,
        sourceGuard: SourceGuard? = nil
    ) -> Bool {
        forwarding.setPort(
            id, domain: domain, isolated: isolated, accessVLAN: accessVLAN, mtu: mtu, sourceGuard: sourceGuard)
    }

    @discardableResult
    func removePort(_ id: UInt16) -> Bool {
        forwarding.removePort(id)
    }

    func hasPort(_ id: UInt16) -> Bool {
        forwarding.hasPort(id)
    }

    func members(_ domain: UInt16) -> [UInt16] {
        forwarding.floodMembers(domain).sorted()
    }

    func addStatic(_ mac: UInt64, vlan: UInt16 = 0, domain: UInt16 = 1, port: UInt16) -> Bool {
        forwarding.stations.addStatic(mac: mac, vlan: vlan, domain: domain, port: port, now: now)
    }

    func entries() -> [StationEntry] {
        forwarding.stations.entries(now: now)
    }
}

extension TableRig {
    func learn(_ mac: UInt64, vlan: UInt16 = 0, domain: UInt16 = 1, port: UInt16, now: UInt32) -> LearnResult {
        table.learn(mac: mac, vlan: vlan, domain: domain, port: port, now: now)
    }

    func lookup(_ mac: UInt64, vlan: UInt16 = 0, domain: UInt16 = 1, now: UInt32) -> UInt16 {
        table.lookup(mac: mac, vlan: vlan, domain: domain, now: now)
    }

    func addStatic(_ mac: UInt64, vlan: UInt16 = 0, domain: UInt16 = 1, port: UInt16, now: UInt32 = 0) -> Bool {
        table.addStatic(mac: mac, vlan: vlan, domain: domain, port: port, now: now)
    }

    func remove(_ mac: UInt64, vlan: UInt16 = 0, domain: UInt16 = 1) -> Bool {
        table.remove(mac: mac, vlan: vlan, domain: domain)
    }

    func age(budget: Int, now: UInt32) -> Int {
        table.age(budget: budget, now: now)
    }

    func flush(port: UInt16, includingStatic: Bool = false) -> Int {
        table.flush(port: port, includingStatic: includingStatic)
    }

    func flush(domain: UInt16, includingStatic: Bool = false) -> Int {
        table.flush(domain: domain, includingStatic: includingStatic)
    }

    func entries(domain: UInt16? = nil, now: UInt32) -> [StationEntry] {
        table.entries(domain: domain, now: now)
    }

    func count(_ port: UInt16) -> Int {
        table.learnedCount(port: port)
    }

    var statistics: StationTable.Statistics { table.statistics }
}
