import Addresses

@testable import DataPlane

// As in SwitchRig+Configuration: calls of a class, since `#expect` can't hold what isn't copyable.
extension SwitchRig {
    /// A tunnel of one sender for each number.
    @discardableResult
    func setTunnel(_ id: UInt16 = 100, senders: [UInt16] = [101], local: IPAddress = Underlay.local) -> Bool {
        forwarding.setTunnel(TunnelConfiguration(id: id, senders: senders, local: local))
    }

    /// An overlay of tunnel 100; nil takes it away.
    @discardableResult
    func setOverlay(_ domain: UInt16 = 1, _ overlay: OverlayConfiguration?) -> Bool {
        forwarding.setOverlay(domain, overlay)
    }

    func addRemote(_ mac: UInt64, vlan: UInt16 = 0, domain: UInt16 = 1, behind peer: IPAddress) -> Bool {
        forwarding.addRemoteStation(mac: mac, vlan: vlan, domain: domain, vtep: peer, now: now)
    }

    /// A VTEP's number; 0: it isn't known.
    func number(_ peer: IPAddress) -> UInt16 {
        let (high, low) = peer.words
        return forwarding.vteps.number(high: high, low: low)
    }

    func intern(_ peer: IPAddress) -> UInt16 {
        forwarding.internVTEP(peer.words)
    }

    /// Of a VTEP's number; nil: it is nobody's.
    func address(_ number: UInt16) -> IPAddress? {
        let (high, low) = forwarding.vteps.address(number)
        return high | low == 0 ? nil : IPAddress(high: high, low: low)
    }

    func isReferred(_ peer: IPAddress) -> Bool {
        let number = number(peer)
        return number != 0 && forwarding.vteps.isReferred(number)
    }

    func peers(_ domain: UInt16 = 1) -> [IPAddress?] {
        forwarding.floodPeers(domain).map { address($0) }
    }

    func domain(vni: UInt32, tunnel: UInt16 = 100) -> UInt16 {
        forwarding.networks.domain(tunnel: tunnel, vni: vni)
    }

    /// Where a station lives; 0: not known.
    func place(_ mac: UInt64, vlan: UInt16 = 0, domain: UInt16 = 1) -> UInt16 {
        forwarding.stations.lookup(mac: mac, vlan: vlan, domain: domain, now: now)
    }

    /// The verdict on a frame that came out of a tunnel.
    func fromTunnel(
        _ frame: [UInt8], behind peer: IPAddress, domain: UInt16 = 1, header: [UInt8] = TestFrames.vnet()
    ) -> Verdict {
        let slot = ExactBytes(header + frame)
        let number = intern(peer)
        return forwarding.verdict(
            vtep: number, domain: domain, header: slot.start, frame: slot.start + VirtioNetHeader.length,
            length: frame.count, now: now)
    }
}
