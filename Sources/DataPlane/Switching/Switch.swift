import Glibc

/// The learning switch of one worker: its domains, ports and stations, and what happens to a frame.
///
/// Owned by the worker's thread; nothing in it is shared but the memory of its stations. Configuration may allocate,
/// `verdict` and `egress` never do.
public struct Switch: ~Copyable {
    /// Ports are numbered from 1 to below this.
    public static var portLimit: Int { @_noAllocation @_noLocks get { StationTable.portLimit } }
    /// Domains are numbered from 1 to below this.
    public static var domainLimit: Int { @_noAllocation @_noLocks get { StationTable.domainLimit } }

    /// The MAC table.
    public var stations: StationTable
    let ports: UnsafeMutablePointer<SwitchPort>
    let guards: UnsafeMutablePointer<SourceGuard>
    let domains: UnsafeMutablePointer<Domain>
    let overlays: UnsafeMutablePointer<Overlay>
    let tunnels: UnsafeMutablePointer<Tunnel>
    var vteps: VTEPTable
    var networks = VNITable()
    var neighbours = NeighbourTable()
    var guardedStations = GuardedStations()

    /// Makes a switch without domains and ports.
    ///
    /// - Parameters:
    ///   - stations: empty, or filled by an engine that was here before.
    ///   - vteps: `vtepBytes` of memory that the caller keeps, zero or filled by an engine that was here before; nil:
    ///     the switch has memory of its own.
    public init(stations: consuming StationTable, vteps: UnsafeMutableRawPointer? = nil) {
        self.stations = stations
        self.vteps = VTEPTable(memory: vteps)
        // Of what each port has, an absent one's is all zero: pages of ports that nobody uses take no memory.
        ports = zeroed(SwitchPort.self, count: Self.portLimit)
        guards = zeroed(SourceGuard.self, count: Self.portLimit)
        tunnels = zeroed(Tunnel.self, count: Self.portLimit)
        domains = .allocate(capacity: Self.domainLimit)
        domains.initialize(repeating: Domain(), count: Self.domainLimit)
        overlays = .allocate(capacity: Self.domainLimit)
        overlays.initialize(repeating: Overlay(), count: Self.domainLimit)
    }

    /// Bytes of memory for VTEPs.
    package static var vtepBytes: Int { VTEPTable.bytes }

    deinit {
        for index in 0..<Self.domainLimit {
            domains[index].dispose()
            overlays[index].peers?.deallocate()
        }
        Glibc.free(ports)
        Glibc.free(guards)
        Glibc.free(tunnels)
        domains.deallocate()
        overlays.deallocate()
    }

    /// The ports of a domain, in no order. Valid until the next change of the configuration.
    @inline(__always) @_noAllocation @_noLocks
    public func floodMembers(_ domain: UInt16) -> UnsafeBufferPointer<UInt16> {
        let record = self.domain(domain)
        return UnsafeBufferPointer(start: record.pointee.members, count: record.pointee.memberCount)
    }

    /// A port's record. Any number is safe: it is masked.
    @inline(__always) @_noAllocation @_noLocks
    func port(_ id: UInt16) -> UnsafeMutablePointer<SwitchPort> {
        ports + (Int(id) & (Self.portLimit &- 1))
    }

    /// A domain's record. Any number is safe: it is masked.
    @inline(__always) @_noAllocation @_noLocks
    func domain(_ id: UInt16) -> UnsafeMutablePointer<Domain> {
        domains + (Int(id) & (Self.domainLimit &- 1))
    }
}
