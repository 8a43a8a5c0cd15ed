extension Switch {
    /// What happens to a frame that came in. Checks everything, in this order: length, virtio_net_hdr, reserved group
    /// addresses, source address, VLAN, source guard; then learns the source and looks the destination up.
    ///
    /// - Parameters:
    ///   - ingress: the port by which it came.
    ///   - header: the virtio_net_hdr (10 bytes) with the frame right behind it; it is made canonical (see
    ///     `VirtioNetHeader.check`), the frame is only read.
    ///   - length: of the frame without the virtio_net_hdr.
    ///   - now: milliseconds.
    @_noAllocation @_noLocks
    public mutating func verdict(
        ingress: UInt16, header: UnsafeMutableRawPointer, length: Int, now: UInt32
    ) -> Verdict {
        let arrival = admit(ingress: ingress, header: header, length: length)
        if arrival.reason.isDrop { return arrival.dropped }
        if arrival.learns { _ = learn(arrival, now: now) }
        return decide(arrival, now: now, after: nil)
    }

    /// What is known of a frame before anything is learned from it.
    struct Arrival {
        /// Why it may not come in, or `.none`.
        var reason: DropReason = .none
        var look = Examination()
        let domain: UInt16
        /// Port or VTEP by which it came.
        let ingress: UInt16
        /// The ingress port's record; of a VTEP port 0's, which is nobody's: not isolated, a trunk.
        let source: SwitchPort
        /// Whether its source is to be learned.
        var learns = false
        /// In a domain with a parent: the port whose endpoint has the source address, of frames from the LAN; else 0.
        var owner: UInt16 = 0

        @inline(__always) @_noAllocation @_noLocks
        init(by ingress: UInt16, source: SwitchPort, domain: UInt16) {
            self.ingress = ingress
            self.source = source
            self.domain = domain
        }

        var dropped: Verdict {
            @inline(__always) @_noAllocation @_noLocks get { .drop(reason, domain: domain, vlan: look.vlan) }
        }

        var identifier: UInt16 {
            @inline(__always) @_noAllocation @_noLocks get { look.vlan & VLANTag.identifierMask }
        }
    }

    /// Checks a frame. Changes nothing but the virtio_net_hdr, which is made canonical.
    @inline(__always) @_noAllocation @_noLocks
    func admit(ingress: UInt16, header: UnsafeMutableRawPointer, length: Int) -> Arrival {
        let source = port(ingress).pointee
        let domain = source.domain
        var arrival = Arrival(by: ingress, source: source, domain: domain)
        if domain == 0 {
            arrival.reason = .noDomain
            return arrival
        }
        let bytes = UnsafeRawPointer(header) + VirtioNetHeader.length
        arrival.look = examine(header, frame: bytes, length: length, domain: domain, accessVLAN: source.accessVLAN)
        arrival.reason = arrival.look.reason
        if arrival.reason.isDrop { return arrival }
        if source.isGuarded {
            arrival.reason = guards[Int(ingress) & (Self.portLimit &- 1)].check(bytes, length: length)
            if arrival.reason.isDrop { return arrival }
        }
        if self.domain(domain).pointee.hasParent {
            admitByParent(&arrival)
        } else if source.isNames {
            // It speaks with the gateway's MAC address, which stays the host port's.
            if !NameTraffic.isAnswer(bytes, length: length) {
                arrival.reason = .notAnAnswer
            } else if arrival.look.destination == self.domain(domain).pointee.gatewayMAC {
                arrival.reason = .samePort
            }
        } else {
            arrival.learns = true
        }
        return arrival
    }

    /// Learns the source of a frame that was admitted.
    @inline(__always) @_noAllocation @_noLocks
    mutating func learn(_ arrival: Arrival, now: UInt32) -> LearnResult {
        stations.learn(
            mac: arrival.look.source, vlan: arrival.identifier, domain: arrival.domain, port: arrival.ingress, now: now)
    }

    /// Where a frame that was admitted goes. Changes nothing.
    ///
    /// - Parameter foresight: nil: what is to be learned has been learned; else it is taken for learned.
    @inline(__always) @_noAllocation @_noLocks
    func decide(_ arrival: Arrival, now: UInt32, after foresight: LearningForesight?) -> Verdict {
        let look = arrival.look
        let vlan = look.vlan
        let domain = arrival.domain
        if self.domain(domain).pointee.hasParent { return decideByParent(arrival) }
        if !Ethernet.isGroup(look.destination) {
            if let verdict = routed(look, domain: domain, ingress: arrival.ingress) { return verdict }
            let target = target(arrival, now: now, after: foresight)
            if target >= VTEPTable.firstNumber {
                // A station of an engine before this one may live behind a domain's end that isn't there any more.
                if overlay(domain).pointee.isPresent { return .tunnel(to: target, domain: domain, vlan: vlan) }
                return flood(ingress: arrival.ingress, source: arrival.source, vlan: vlan)
            }
            let record = port(target).pointee
            // Not known, or known to an engine before this one behind a port that isn't there any more.
            if target != 0, record.domain == domain {
                if target == arrival.ingress { return .drop(.samePort, domain: domain, vlan: vlan) }
                if record.isIsolated, arrival.source.isIsolated { return .drop(.isolated, domain: domain, vlan: vlan) }
                return .forward(to: target, domain: domain, vlan: vlan)
            }
        }
        return flood(ingress: arrival.ingress, source: arrival.source, vlan: vlan)
    }

    /// The port or VTEP of a frame's destination; 0: not known.
    @inline(__always) @_noAllocation @_noLocks
    func target(_ arrival: Arrival, now: UInt32, after foresight: LearningForesight?) -> UInt16 {
        let mac = arrival.look.destination
        if let foresight {
            let learned = StationBuckets.key(mac: arrival.look.source, vlan: arrival.identifier)
            return stations.lookup(
                mac: mac, vlan: arrival.identifier, domain: arrival.domain, now: now, after: foresight, of: learned)
        }
        return stations.lookup(mac: mac, vlan: arrival.identifier, domain: arrival.domain, now: now)
    }

    /// The verdict of a frame to the domain's router, wherever that was heard of last; nil: it is to another station.
    @inline(__always) @_noAllocation @_noLocks
    func routed(_ look: Examination, domain: UInt16, ingress: UInt16) -> Verdict? {
        let home = self.domain(domain)
        guard look.destination == home.pointee.gatewayMAC, home.pointee.gatewayPort != ingress,
            port(home.pointee.gatewayPort).pointee.domain == domain, look.vlan & VLANTag.identifierMask == 0
        else { return nil }
        return .route(by: home.pointee.gatewayPort, domain: domain, vlan: look.vlan)
    }

    /// What the checks that hold for every frame found.
    struct Examination {
        /// Why it may not come in, or `.none`.
        var reason: DropReason = .none
        /// As in `Verdict`.
        var vlan: UInt16 = 0
        var destination: UInt64 = 0
        /// 48-bit numbers, both.
        var source: UInt64 = 0

        @inline(__always) @_noAllocation @_noLocks
        init() {}
    }

    /// Checks length, virtio_net_hdr, reserved group addresses, source address and VLAN, in this order.
    @inline(__always) @_noAllocation @_noLocks
    func examine(
        _ header: UnsafeMutableRawPointer, frame bytes: UnsafeRawPointer, length: Int, domain: UInt16,
        accessVLAN: UInt16
    ) -> Examination {
        var look = Examination()
        // From here on the 14 bytes of the Ethernet header may be read.
        guard let frame = EthernetView(bytes, length: length) else {
            look.reason = .tooShort
            return look
        }
        if length > Ethernet.maximumLength {
            look.reason = .tooLong
            return look
        }
        look.reason = VirtioNetHeader.check(header, frame: bytes, length: length)
        if look.reason.isDrop { return look }
        look.vlan = VirtioNetHeader.isSuperframe(UnsafeRawPointer(header)) ? Verdict.superframeBit : 0
        look.destination = frame.destination
        let sourceAndType = frame.sourceAndType
        look.source = sourceAndType &>> 16
        let etherType = UInt16(truncatingIfNeeded: sourceAndType)
        if Ethernet.isReservedGroup(look.destination) {
            look.reason = .reservedGroup
        } else if Ethernet.isGroup(look.source) {
            look.reason = .groupSource
        } else if look.source == 0 {
            look.reason = .zeroSource
        } else if EtherType.isTag(etherType), length < Self.shortestTagged {
            // Linux wants two bytes more than the tag, and drops what is shorter.
            look.reason = .truncated
        } else if self.domain(domain).pointee.accessCount != 0 {
            look.reason = classify(frame, etherType: etherType, access: accessVLAN, vlan: &look.vlan)
        }
        return look
    }

    /// Ethernet header, one tag, and two bytes of payload (Linux: skb_vlan_untag).
    static var shortestTagged: Int { @_noAllocation @_noLocks get { 20 } }

    /// To all who may have it, or a drop if nobody may.
    @inline(__always) @_noAllocation @_noLocks
    func flood(ingress: UInt16, source: SwitchPort, vlan: UInt16) -> Verdict {
        let home = domain(source.domain)
        let verdict = Verdict.flood(source.domain, vlan: vlan)
        // Tunnels are trunks that are never isolated.
        if overlay(source.domain).pointee.peerCount > 0 { return verdict }
        if vlan & Verdict.awareBit == 0 {
            // An isolated port itself isn't among the open ones.
            let others = source.isIsolated ? home.pointee.openCount : home.pointee.memberCount &- 1
            return others > 0 ? verdict : .drop(.noOtherPort, domain: source.domain, vlan: vlan)
        }
        var index = 0
        let members = floodMembers(source.domain)
        while index < members.count {
            if isMember(members[unchecked: index], ingress: ingress, source: source, verdict: verdict) {
                return verdict
            }
            index &+= 1
        }
        return .drop(.noOtherPort, domain: source.domain, vlan: vlan)
    }

    /// Whether a flooded frame goes out by a port.
    @inline(__always) @_noAllocation @_noLocks
    func isMember(_ id: UInt16, ingress: UInt16, source: SwitchPort, verdict: Verdict) -> Bool {
        if id == ingress || id == verdict.port { return false }
        let target = port(id).pointee
        if target.isIsolated, source.isIsolated { return false }
        // The host is no neighbour of the name service: they have the same addresses.
        if source.isNames, id == domain(source.domain).pointee.gatewayPort { return false }
        return !verdict.isVLANAware || target.accessVLAN == 0 || target.accessVLAN == verdict.vlanIdentifier
    }
}

extension UnsafeBufferPointer where Element == UInt16 {
    /// An element without a check in debug builds either; the caller holds `index < count`.
    subscript(unchecked index: Int) -> UInt16 {
        @_noAllocation @_noLocks get {
            guard let baseAddress else { return 0 }
            return baseAddress[index]
        }
    }
}
