import Addresses

extension Switch {
    /// Gives a domain its VXLAN side, changes it, or takes it away.
    ///
    /// - Returns: false, and nothing is changed, if there is no such domain, the VNI is another domain's, or a peer
    ///   isn't of the tunnel's address family. The tunnel may come later: until then its frames are dropped.
    mutating func setOverlay(_ id: UInt16, _ configuration: OverlayConfiguration?) -> Bool {
        guard hasDomain(id) else { return false }
        let old = overlay(id).pointee
        guard let configuration else {
            if old.isPresent { removeOverlay(id) }
            return true
        }
        let tunnel = tunnel(configuration.tunnel).pointee
        guard Self.isPort(configuration.tunnel) else { return false }
        guard !tunnel.isPresent || configuration.peers.allSatisfy({ tunnel.reaches($0.words) }) else { return false }
        let owner = networks.domain(tunnel: configuration.tunnel, vni: configuration.vni)
        guard owner == 0 || owner == id else { return false }
        if owner == 0 {
            if old.isPresent { networks.remove(domain: id) }
            let isNew = networks.insert(tunnel: configuration.tunnel, vni: configuration.vni, domain: id)
            guard isNew else { return false }
        }
        var new = Overlay()
        new.isPresent = true
        new.vni = configuration.vni
        new.tunnel = configuration.tunnel
        new.isLearning = configuration.learning
        new.acceptsAnyPeer = configuration.acceptsAnyPeer
        new.answersNeighbours = configuration.answersNeighbours
        new.mtu = Int(min(configuration.mtu, 65_535))
        new.router = TooBigMessage.Router(
            mac: configuration.routerMAC.value, ipv4: configuration.routerIPv4?.value ?? 0,
            ipv6High: configuration.routerIPv6?.high ?? 0, ipv6Low: configuration.routerIPv6?.low ?? 0)
        let peers = old.peers ?? .allocate(capacity: OverlayConfiguration.maximumPeers)
        let before = (0..<old.peerCount).map { peers[$0] }
        var numbers: [UInt16] = []
        for peer in configuration.peers.prefix(OverlayConfiguration.maximumPeers) {
            let number = internVTEP(peer.words)
            // With no room for its number it gets nothing, and the domain the rest.
            if number == 0 || numbers.contains(number) { continue }
            // At once: room for the next one is made of what nobody refers to.
            vteps.retain(number)
            peers[numbers.count] = number
            numbers.append(number)
        }
        for number in before { vteps.release(number) }
        // Where frames may not go any more nobody is known, whoever learned it: also an engine before this one.
        if !new.acceptsAnyPeer { stations.flush(domain: id, behindOthersThan: numbers) }
        new.peers = peers
        new.peerCount = numbers.count
        overlay(id).pointee = new
        return true
    }

    private mutating func removeOverlay(_ id: UInt16) {
        let old = overlay(id).pointee
        networks.remove(domain: id)
        neighbours.remove(domain: id)
        if let peers = old.peers {
            for position in 0..<old.peerCount { vteps.release(peers[position]) }
            peers.deallocate()
        }
        overlay(id).pointee = Overlay()
    }

    /// Makes a tunnel or changes it. `sourcePorts`: the senders' UDP ports; with none nothing leaves by the device.
    mutating func setTunnel(_ configuration: TunnelConfiguration, sourcePorts: [UInt16] = []) -> Bool {
        guard Self.isPort(configuration.id), configuration.senders.count.nonzeroBitCount == 1,
            configuration.senders.count <= TunnelConfiguration.maximumSenders
        else { return false }
        var new = Tunnel()
        new.isPresent = true
        new.udpPort = configuration.udpPort
        new.family = configuration.local.family == .v4 ? Tunnel.internet : 10
        new.senderCount = configuration.senders.count
        for (position, sender) in configuration.senders.enumerated() { new.senders[position] = sender }
        if sourcePorts.count == new.senderCount, configuration.interface != 0 {
            new.device = configuration.device
            new.interface = configuration.interface
            new.local = configuration.local.words
            for (position, port) in sourcePorts.enumerated() { new.sourcePorts[position] = port }
        }
        tunnel(configuration.id).pointee = new
        return true
    }

    /// Takes a tunnel away; domains that use it send nothing by it any more.
    mutating func removeTunnel(_ id: UInt16) {
        tunnel(id).pointee = Tunnel()
    }

    /// The number of a VTEP, for which others that nobody refers to may have to be forgotten; 0: no room.
    @_noAllocation @_noLocks
    mutating func internVTEP(_ address: (high: UInt64, low: UInt64)) -> UInt16 {
        let number = vteps.intern(high: address.high, low: address.low)
        if number != 0 { return number }
        stations.forgetUnreferred(&vteps)
        return vteps.intern(high: address.high, low: address.low)
    }

    /// Sets a station behind a VTEP by hand.
    mutating func addRemoteStation(
        mac: UInt64, vlan: UInt16, domain: UInt16, vtep: IPAddress, now: UInt32
    ) -> Bool {
        let overlay = overlay(domain).pointee
        let tunnel = tunnel(overlay.tunnel).pointee
        guard overlay.isPresent, !tunnel.isPresent || tunnel.reaches(vtep.words) else { return false }
        let number = internVTEP(vtep.words)
        guard number != 0, stations.addStatic(mac: mac, vlan: vlan, domain: domain, port: number, now: now) else {
            return false
        }
        return true
    }

    /// A domain's VXLAN side. Any number is safe: it is masked.
    @inline(__always) @_noAllocation @_noLocks
    func overlay(_ domain: UInt16) -> UnsafeMutablePointer<Overlay> {
        overlays + (Int(domain) & (Self.domainLimit &- 1))
    }

    /// A tunnel. Any number is safe: it is masked.
    @inline(__always) @_noAllocation @_noLocks
    func tunnel(_ id: UInt16) -> UnsafeMutablePointer<Tunnel> {
        tunnels + (Int(id) & (Self.portLimit &- 1))
    }

    /// The VTEPs that a domain's flooded frames go to. Valid until the next change of the configuration.
    @inline(__always) @_noAllocation @_noLocks
    func floodPeers(_ domain: UInt16) -> UnsafeBufferPointer<UInt16> {
        let record = overlay(domain)
        return UnsafeBufferPointer(start: record.pointee.peers, count: record.pointee.peerCount)
    }
}
