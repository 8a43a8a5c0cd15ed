extension Switch {
    /// Whether a number may name a port or a domain.
    private static func isIdentifier(_ id: UInt16) -> Bool {
        id > 0 && Int(id) < identifiers
    }

    /// Makes a domain, or changes its ageing.
    ///
    /// - Parameters:
    ///   - id: 1…4095.
    ///   - ageingMilliseconds: how long a station that isn't heard of is remembered.
    /// - Returns: false if `id` can't be.
    @discardableResult
    public mutating func addDomain(_ id: UInt16, ageingMilliseconds: UInt32) -> Bool {
        guard Self.isIdentifier(id) else { return false }
        domain(id).pointee.isPresent = true
        stations.setAgeing(domain: id, milliseconds: ageingMilliseconds)
        return true
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
        }
        domain(id).pointee.dispose()
        domain(id).pointee = Domain()
        stations.flush(domain: id, includingStatic: true)
        return true
    }

    /// Whether a domain exists.
    public func hasDomain(_ id: UInt16) -> Bool {
        Self.isIdentifier(id) && domain(id).pointee.isPresent
    }

    /// Whether a port is in a domain.
    public func hasPort(_ id: UInt16) -> Bool {
        Self.isIdentifier(id) && port(id).pointee.domain != 0
    }

    /// The domain of a port; 0 if it has none.
    public func domain(ofPort id: UInt16) -> UInt16 {
        Self.isIdentifier(id) ? port(id).pointee.domain : 0
    }

    /// Makes a port or changes it. Its learned stations are forgotten when its domain or VLAN changes; all learned
    /// stations of the domain are when it becomes or stops being VLAN-aware.
    ///
    /// - Parameters:
    ///   - id: 1…4095.
    ///   - domainID: an existing domain.
    ///   - isolated: frames don't pass between two isolated ports.
    ///   - accessVLAN: 0: a trunk, tags pass untouched. 1…4094: an access port of that VLAN.
    ///   - mtu: largest layer-3 payload that may leave in one frame that isn't a super-frame.
    ///   - sourceGuard: nil: anybody may speak.
    /// - Returns: false, and nothing is changed, if an argument can't be.
    @discardableResult
    public mutating func setPort(
        _ id: UInt16, domain domainID: UInt16, isolated: Bool = false, accessVLAN: UInt16 = 0, mtu: UInt32 = 1500,
        sourceGuard: SourceGuard? = nil
    ) -> Bool {
        guard Self.isIdentifier(id), hasDomain(domainID), accessVLAN <= VLANTag.largestIdentifier else { return false }
        let old = port(id).pointee
        if old.domain != 0 {
            leave(id)
            if old.domain != domainID || old.accessVLAN != accessVLAN {
                stations.flush(port: id, includingStatic: old.domain != domainID)
            }
        }
        var record = SwitchPort()
        record.domain = domainID
        record.accessVLAN = accessVLAN
        record.isIsolated = isolated
        record.isGuarded = sourceGuard != nil
        record.maximumLength = mtu > UInt32.max - SwitchPort.mtuOverhead ? .max : mtu + SwitchPort.mtuOverhead
        if let sourceGuard { guards[Int(id)] = sourceGuard }
        join(id, record)
        return true
    }

    /// Takes a port out of its domain and forgets its stations, static ones too.
    ///
    /// - Parameter id: 1…4095.
    /// - Returns: false if it is in no domain.
    @discardableResult
    public mutating func removePort(_ id: UInt16) -> Bool {
        guard hasPort(id) else { return false }
        leave(id)
        port(id).pointee = SwitchPort()
        stations.flush(port: id, includingStatic: true)
        return true
    }

    /// Takes a port out of its domain's list.
    private mutating func leave(_ id: UInt16) {
        let record = port(id).pointee
        let home = domain(record.domain)
        if let moved = home.pointee.remove(at: Int(record.memberIndex)) {
            port(moved).pointee.memberIndex = record.memberIndex
        }
        if !record.isIsolated { home.pointee.openCount -= 1 }
        if record.accessVLAN != 0 {
            home.pointee.accessCount -= 1
            if home.pointee.accessCount == 0 { stations.flush(domain: record.domain, includingStatic: false) }
        }
    }

    /// Puts a port into the list of its record's domain.
    private mutating func join(_ id: UInt16, _ record: SwitchPort) {
        var record = record
        let home = domain(record.domain)
        // At most 4095 members.
        record.memberIndex = UInt16(truncatingIfNeeded: home.pointee.append(id))
        if !record.isIsolated { home.pointee.openCount += 1 }
        if record.accessVLAN != 0 {
            home.pointee.accessCount += 1
            if home.pointee.accessCount == 1 { stations.flush(domain: record.domain, includingStatic: false) }
        }
        port(id).pointee = record
    }
}
