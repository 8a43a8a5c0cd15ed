/// What the switch knows of a domain's VXLAN side. A plain value; the switch owns the list of peers.
struct Overlay {
    /// Whether the domain has one.
    var isPresent = false
    var vni: UInt32 = 0
    /// The tunnel's number.
    var tunnel: UInt16 = 0
    var isLearning = false
    var acceptsAnyPeer = false
    var answersNeighbours = false
    /// Largest layer-3 payload of an inner frame without tags.
    var mtu = 0
    /// Numbers of VTEPs. nil: none yet; else `OverlayConfiguration.maximumPeers` places.
    var peers: UnsafeMutablePointer<UInt16>?
    var peerCount = 0
    /// Who "too big" messages come from.
    var router = TooBigMessage.Router()

    init() {}

    /// Whether datagrams of a VTEP are for this network. At most 64 comparisons.
    @_noAllocation @_noLocks @inline(__always)
    func hasPeer(_ vtep: UInt16) -> Bool {
        guard let peers else { return false }
        for position in 0..<peerCount where peers[position] == vtep { return true }
        return false
    }
}

/// A tunnel end as a worker knows it.
struct Tunnel {
    var isPresent = false
    /// The UDP port that peers expect datagrams at.
    var udpPort: UInt16 = 0
    /// Of the addresses: `internet` or AF_INET6 (10).
    var family: UInt16 = 0
    /// A power of two; 0: it can't send.
    var senderCount = 0
    var senders = InlineArray<32, UInt16>(repeating: 0)
    /// The senders' UDP ports.
    var sourcePorts = InlineArray<32, UInt16>(repeating: 0)
    /// The port that super-frames leave by whole; 0: none, or the kernel has refused one.
    var device: UInt16 = 0
    /// The interface by which peers are reached; not 0 if `device` isn't.
    var interface: UInt32 = 0
    /// This host's address, mapped if it is IPv4; only if `device` isn't 0.
    var local: (high: UInt64, low: UInt64) = (0, 0)
    /// The kernel has refused to cut trains for it (EIO: the way out has no checksum offload).
    var isPlain = false

    /// Whether an address is of the tunnel's family.
    @_noAllocation @_noLocks @inline(__always)
    func reaches(_ address: (high: UInt64, low: UInt64)) -> Bool {
        (family == Self.internet) == (address.high == 0 && address.low &>> 32 == 0xFFFF)
    }

    /// AF_INET.
    static var internet: UInt16 { @_noAllocation @_noLocks get { 2 } }

    init() {}
}
