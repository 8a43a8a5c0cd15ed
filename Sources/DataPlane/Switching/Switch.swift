/// The learning switch of one worker: its domains, ports and stations, and what happens to a frame.
///
/// Owned by the worker's thread; nothing in it is shared but the memory of its stations. Configuration may allocate,
/// `verdict` and `egress` never do.
public struct Switch: ~Copyable {
    /// Ports and domains are numbered from 1 to below this.
    public static var identifiers: Int { @_noAllocation @_noLocks get { StationTable.identifiers } }

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
        ports = .allocate(capacity: StationTable.identifiers)
        ports.initialize(repeating: SwitchPort(), count: StationTable.identifiers)
        guards = .allocate(capacity: StationTable.identifiers)
        guards.initialize(repeating: SourceGuard(mac: 0), count: StationTable.identifiers)
        domains = .allocate(capacity: StationTable.identifiers)
        domains.initialize(repeating: Domain(), count: StationTable.identifiers)
        overlays = .allocate(capacity: StationTable.identifiers)
        overlays.initialize(repeating: Overlay(), count: StationTable.identifiers)
        tunnels = .allocate(capacity: StationTable.identifiers)
        tunnels.initialize(repeating: Tunnel(), count: StationTable.identifiers)
    }

    /// Bytes of memory for VTEPs.
    package static var vtepBytes: Int { VTEPTable.bytes }

    deinit {
        for index in 0..<StationTable.identifiers {
            domains[index].dispose()
            overlays[index].peers?.deallocate()
        }
        ports.deallocate()
        guards.deallocate()
        domains.deallocate()
        overlays.deallocate()
        tunnels.deallocate()
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
        ports + (Int(id) & (Self.identifiers &- 1))
    }

    /// A domain's record. Any number is safe: it is masked.
    @inline(__always) @_noAllocation @_noLocks
    func domain(_ id: UInt16) -> UnsafeMutablePointer<Domain> {
        domains + (Int(id) & (Self.identifiers &- 1))
    }
}
