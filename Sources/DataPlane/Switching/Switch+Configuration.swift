extension Switch {
    /// Whether a number may name a port.
    static func isPort(_ id: UInt16) -> Bool {
        id > 0 && Int(id) < portLimit
    }

    /// Whether a number may name a domain.
    static func isDomain(_ id: UInt16) -> Bool {
        id > 0 && Int(id) < domainLimit
    }

    /// Makes a domain, or changes its ageing.
    ///
    /// - Parameters:
    ///   - id: 1…4095.
    ///   - ageingMilliseconds: how long a station that isn't heard of is remembered.
    /// - Returns: false if `id` can't be.
    @discardableResult
    public mutating func addDomain(_ id: UInt16, ageingMilliseconds: UInt32) -> Bool {
        guard Self.isDomain(id) else { return false }
        domain(id).pointee.isPresent = true
        stations.setAgeing(domain: id, milliseconds: ageingMilliseconds)
        return true
    }

    /// Sets which port a domain's router is behind, and its MAC address; 0: none.
    mutating func setGateway(_ id: UInt16, port: UInt16, mac: UInt64) {
        guard hasDomain(id) else { return }
        domain(id).pointee.gatewayPort = port
        domain(id).pointee.gatewayMAC = port == 0 ? 0 : mac
    }

    /// Removes a domain, its stations, and its ports' membership.
    ///
    /// - Parameter id: 1…4095.
    /// - Returns: false if there is no such domain.
    @discardableResult
    public mutating func removeDomain(_ id: UInt16) -> Bool {
        guard hasDomain(id) else { return false }
        for member in floodMembers(id) {
            port(member).pointee = SwitchPort()
            guardedStations.remove(port: member)
        }
        for index in 0..<Self.portLimit where ports[index].isNames && ports[index].domain == id {
            ports[index] = SwitchPort()
        }
        domain(id).pointee.dispose()
        _ = setOverlay(id, nil)
        domain(id).pointee = Domain()
        stations.flush(domain: id, includingStatic: true)
        return true
    }

    /// Whether a domain exists.
    public func hasDomain(_ id: UInt16) -> Bool {
        Self.isDomain(id) && domain(id).pointee.isPresent
    }

    /// Whether a port is in a domain.
    public func hasPort(_ id: UInt16) -> Bool {
        Self.isPort(id) && port(id).pointee.domain != 0
    }

    /// The domain of a port; 0 if it has none.
    public func domain(ofPort id: UInt16) -> UInt16 {
        Self.isPort(id) ? port(id).pointee.domain : 0
    }

    /// Makes a port or changes it. Its learned stations are forgotten when its domain or VLAN changes; those of the
    /// whole domain are when it begins or ceases to tell VLANs apart.
    ///
    /// - Parameters:
    ///   - id: 1…16383.
    ///   - domainID: an existing domain.
    ///   - isolated: frames don't pass between two isolated ports.
    ///   - accessVLAN: 0: a trunk, tags pass untouched. 1…4094: an access port of that VLAN.
    ///   - mtu: largest layer-3 payload that may leave in one frame that isn't a super-frame.
    ///   - sourceGuard: nil: anybody may speak.
    ///   - isNames: the name service is behind it.
    /// - Returns: false, and nothing is changed, if an argument can't be.
    @discardableResult
    public mutating func setPort(
        _ id: UInt16, domain domainID: UInt16, isolated: Bool = false, accessVLAN: UInt16 = 0, mtu: UInt32 = 1500,
        sourceGuard: SourceGuard? = nil, isNames: Bool = false
    ) -> Bool {
        guard Self.isPort(id), hasDomain(domainID), accessVLAN <= VLANTag.largestIdentifier else { return false }
        let old = port(id).pointee
        let wasAware = isVLANAware(domainID)
        if old.domain != 0 {
            let oldWasAware = isVLANAware(old.domain)
            leave(id)
            if old.domain != domainID {
                stations.flush(port: id, includingStatic: true)
                reconsiderVLANs(old.domain, wasAware: oldWasAware)
            } else if old.accessVLAN != accessVLAN {
                stations.flush(port: id, includingStatic: false)
            }
        }
        var record = SwitchPort()
        record.domain = domainID
        record.accessVLAN = accessVLAN
        record.isIsolated = isolated
        record.isGuarded = sourceGuard != nil
        record.isNames = isNames
        record.maximumLength = mtu > UInt32.max - SwitchPort.mtuOverhead ? .max : mtu + SwitchPort.mtuOverhead
        if let sourceGuard {
            guards[Int(id)] = sourceGuard
            guardedStations.set(port: id, mac: sourceGuard.mac, vlan: accessVLAN, domain: domainID)
        } else {
            guardedStations.remove(port: id)
        }
        join(id, record)
        reconsiderVLANs(domainID, wasAware: wasAware)
        return true
    }

    /// Takes a port out of its domain and forgets its stations, static ones too.
    ///
    /// - Parameter id: 1…16383.
    /// - Returns: false if it is in no domain.
    @discardableResult
    public mutating func removePort(_ id: UInt16) -> Bool {
        guard hasPort(id) else { return false }
        let home = port(id).pointee.domain
        let wasAware = isVLANAware(home)
        leave(id)
        port(id).pointee = SwitchPort()
        guardedStations.remove(port: id)
        stations.flush(port: id, includingStatic: true)
        reconsiderVLANs(home, wasAware: wasAware)
        return true
    }

    /// Whether a domain has access ports.
    private func isVLANAware(_ id: UInt16) -> Bool {
        domain(id).pointee.accessCount != 0
    }

    /// Forgets the stations that were learned in the other way if a domain begins or ceases to tell VLANs apart. Those
    /// that fit stay: a new engine gets its ports one by one, and goes on with the table of the one before.
    private mutating func reconsiderVLANs(_ id: UInt16, wasAware: Bool) {
        let isAware = isVLANAware(id)
        if isAware != wasAware { stations.flush(domain: id, untagged: isAware) }
    }

    /// Takes a port out of its domain's list.
    private mutating func leave(_ id: UInt16) {
        let record = port(id).pointee
        if record.isNames { return }
        let home = domain(record.domain)
        if let moved = home.pointee.remove(at: Int(record.memberIndex)) {
            port(moved).pointee.memberIndex = record.memberIndex
        }
        if !record.isIsolated { home.pointee.openCount -= 1 }
        if home.pointee.parentPort == id { home.pointee.parentPort = 0 }
        if record.accessVLAN != 0 { home.pointee.accessCount -= 1 }
    }

    /// Puts a port into the list of its record's domain.
    private mutating func join(_ id: UInt16, _ record: SwitchPort) {
        var record = record
        let home = domain(record.domain)
        if record.isNames {
            port(id).pointee = record
            return
        }
        // At most 16,383 members.
        record.memberIndex = UInt16(truncatingIfNeeded: home.pointee.append(id))
        if !record.isIsolated { home.pointee.openCount += 1 }
        if record.accessVLAN != 0 { home.pointee.accessCount += 1 }
        port(id).pointee = record
    }
}
