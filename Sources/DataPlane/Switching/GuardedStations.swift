import Glibc

/// Which stations have a port with a source guard for them, whatever was heard of them: chains of ports by a hash of
/// domain and MAC. Owned by a worker.
struct GuardedStations: ~Copyable {
    /// Chains and ports, a power of two.
    private static var size: Int { @_noAllocation @_noLocks get { StationTable.portLimit } }

    /// The first port of each chain; 0: none.
    private let heads: UnsafeMutablePointer<UInt16>
    /// The port that follows in the chain; 0: none.
    private let nexts: UnsafeMutablePointer<UInt16>
    /// Of each port domain (63…48) and MAC (47…0); 0: in no chain.
    private let keys: UnsafeMutablePointer<UInt64>
    /// Of each port: see `SwitchPort.accessVLAN`.
    private let vlans: UnsafeMutablePointer<UInt16>

    init() {
        heads = zeroed(UInt16.self, count: Self.size)
        nexts = zeroed(UInt16.self, count: Self.size)
        keys = zeroed(UInt64.self, count: Self.size)
        vlans = zeroed(UInt16.self, count: Self.size)
    }

    deinit {
        Glibc.free(heads)
        Glibc.free(nexts)
        Glibc.free(keys)
        Glibc.free(vlans)
    }

    /// Whether a station of a VLAN is a guarded port's. A trunk's station is that in every VLAN.
    @inline(__always) @_noAllocation @_noLocks
    func contains(mac: UInt64, vlan: UInt16, domain: UInt16) -> Bool {
        port(mac: mac, vlan: vlan, domain: domain) != 0
    }

    /// The guarded port of a station of a VLAN; 0: it has none.
    @inline(__always) @_noAllocation @_noLocks
    func port(mac: UInt64, vlan: UInt16, domain: UInt16) -> UInt16 {
        let key = Self.key(mac, domain)
        var port = heads[Self.chain(key)]
        // Invariant: a port is in one chain and once, so every chain ends.
        while port != 0 {
            let index = Int(port) & (Self.size &- 1)
            if keys[index] == key, vlans[index] == 0 || vlans[index] == vlan { return port }
            port = nexts[index]
        }
        return 0
    }

    /// Says whose port it is, instead of what was said before.
    mutating func set(port: UInt16, mac: UInt64, vlan: UInt16, domain: UInt16) {
        remove(port: port)
        let index = Int(port) & (Self.size - 1)
        let key = Self.key(mac, domain)
        guard port != 0, key != 0 else { return }
        let chain = Self.chain(key)
        keys[index] = key
        vlans[index] = vlan
        nexts[index] = heads[chain]
        heads[chain] = UInt16(index)
    }

    /// Forgets a port; fine if nothing was said of it.
    mutating func remove(port: UInt16) {
        let index = Int(port) & (Self.size - 1)
        let key = keys[index]
        guard key != 0 else { return }
        keys[index] = 0
        let chain = Self.chain(key)
        if heads[chain] == UInt16(index) {
            heads[chain] = nexts[index]
            return
        }
        var before = heads[chain]
        while before != 0, nexts[Int(before)] != UInt16(index) { before = nexts[Int(before)] }
        if before != 0 { nexts[Int(before)] = nexts[index] }
    }

    @inline(__always) @_noAllocation @_noLocks
    private static func key(_ mac: UInt64, _ domain: UInt16) -> UInt64 {
        mac & 0xFFFF_FFFF_FFFF | UInt64(domain) &<< 48
    }

    @inline(__always) @_noAllocation @_noLocks
    private static func chain(_ key: UInt64) -> Int {
        // The upper bits are the well mixed ones: as many as `size` has.
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> 50) & (size &- 1)
    }
}
