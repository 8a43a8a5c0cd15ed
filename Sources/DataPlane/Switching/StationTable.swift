import Glibc

/// The MAC table: which station lives behind which port, for all domains of one worker.
///
/// It lives in memory that the caller provides and keeps (a shared mapped file, so that the daemon can read it and a
/// new engine can go on with it): a header of 64 bytes, then buckets of four entries of 16 bytes. There are no
/// pointers in it. A station may stand in either of two buckets that a keyed hash of MAC, VLAN and domain names.
///
///     word 0: MAC (63…16) · VLAN (15…4) · static (1) · valid (0)      0: free
///     word 1: domain (63…48) · port or VTEP (47…32) · last seen, milliseconds (31…0)
///
/// One thread writes. Every word is written by one aligned 8-byte store, word 1 before word 0, so that a reader in
/// another process (`entries(in:…)`) sees no torn word.
///
/// Bounded and fair: where both buckets of a new station are full, it takes the place of the oldest learned station
/// of the port that holds most stations in the whole table, and only if that port holds more than its own; else of
/// its own port's oldest; else it isn't learned. No port holds more than `portCap` learned stations.
public struct StationTable: ~Copyable {
    /// Ports are numbered from 1 to below this.
    public static var portLimit: Int { @_noAllocation @_noLocks get { 16_384 } }
    /// Domains are numbered from 1 to below this.
    public static var domainLimit: Int { @_noAllocation @_noLocks get { 4_096 } }
    /// A station's place is a port, or from `portLimit` on a VTEP; all are below this, a power of two.
    static var places: Int { @_noAllocation @_noLocks get { 32_768 } }
    /// Stations in a table unless told otherwise.
    public static let defaultCapacity = 16384
    /// Learned stations of one port unless told otherwise.
    public static let defaultPortCap: UInt32 = 4096
    /// What a domain's ageing is until it is set: 802.1D-2004, table 7-5.
    public static let defaultAgeing: UInt32 = 300_000

    /// An entry that is heard of again is written only if it is older than this, so that its cache line stays clean.
    static var refreshInterval: UInt32 { @_noAllocation @_noLocks get { 100 } }

    /// The entries. Valid as long as the caller's memory.
    let buckets: StationBuckets
    /// Learned stations of each port and VTEP. Owned.
    let learnedCounts: UnsafeMutablePointer<UInt32>
    /// Ageing of each domain in milliseconds. Owned.
    let ageing: UnsafeMutablePointer<UInt32>
    let portCap: UInt32
    /// The bucket that `age` looks at next.
    var sweepCursor: UInt64 = 0
    /// What happened to stations since this value was made.
    public internal(set) var statistics = Statistics()

    /// Counts of what happened.
    public struct Statistics: Sendable, Hashable {
        /// Stations learned that weren't known.
        public var learned: UInt64 = 0
        /// Stations seen behind another port than before.
        public var moved: UInt64 = 0
        /// Learned stations that had to give way to a newcomer.
        public var evicted: UInt64 = 0
        /// Newcomers that weren't learned for lack of room or because of their port's cap.
        public var refused: UInt64 = 0
        /// Stations forgotten because nothing was heard of them.
        public var aged: UInt64 = 0

        /// All zero.
        public init() {}
    }

    init(buckets: StationBuckets, portCap: UInt32) {
        self.buckets = buckets
        self.portCap = max(1, portCap)
        learnedCounts = zeroed(UInt32.self, count: Self.places)
        ageing = .allocate(capacity: Self.domainLimit)
        ageing.initialize(repeating: Self.defaultAgeing, count: Self.domainLimit)
    }

    deinit {
        Glibc.free(learnedCounts)
        ageing.deallocate()
    }

    /// Sets after how many milliseconds without a frame a station of the domain is forgotten. At most 2^31 − 1, more
    /// is taken for that.
    public mutating func setAgeing(domain: UInt16, milliseconds: UInt32) {
        guard Int(domain) < Self.domainLimit else { return }
        ageing[Int(domain)] = min(milliseconds, UInt32(Int32.max))
    }

    /// How many stations of a port were learned and are in the table, aged ones that weren't swept yet among them.
    public func learnedCount(port: UInt16) -> Int {
        Int(port) < Self.places ? Int(learnedCounts[Int(port)]) : 0
    }

    /// The port or VTEP behind which a station lives; 0 if it isn't known, or nothing was heard of it for too long.
    @inline(__always) @_noAllocation @_noLocks
    public func lookup(mac: UInt64, vlan: UInt16, domain: UInt16, now: UInt32) -> UInt16 {
        let key = StationBuckets.key(mac: mac, vlan: vlan)
        let hash = buckets.hash(key: key, domain: domain)
        guard let entry = buckets.find(key: key, domain: domain, hash: hash) else { return 0 }
        let place = buckets.load(entry, 1)
        if isExpired(buckets.load(entry, 0), place, now: now) { return 0 }
        return UInt16(truncatingIfNeeded: place &>> 32)
    }
}

extension StationTable {
    /// Whether nothing was heard of a learned station for its domain's ageing time. A time that lies ahead (the
    /// worker's clock is read once a batch) counts as now.
    @inline(__always) @_noAllocation @_noLocks
    func isExpired(_ key: UInt64, _ place: UInt64, now: UInt32) -> Bool {
        if key & StationBuckets.staticBit != 0 { return false }
        let age = now &- UInt32(truncatingIfNeeded: place)
        if age > UInt32(Int32.max) { return false }
        // Masked: always one of the table's domains.
        return age >= ageing[Int(place &>> 48) & (Self.domainLimit &- 1)]
    }

    /// One more or one fewer learned station of a port.
    @inline(__always) @_noAllocation @_noLocks
    func count(port: UInt16, _ change: UInt32) {
        let index = Int(port) & (Self.places &- 1)
        learnedCounts[index] = learnedCounts[index] &+ change
    }

    /// Empties a valid entry.
    @inline(__always) @_noAllocation @_noLocks
    func clear(_ entry: UnsafeMutableRawPointer) {
        let key = buckets.load(entry, 0)
        if key & StationBuckets.staticBit == 0 {
            count(port: UInt16(truncatingIfNeeded: buckets.load(entry, 1) &>> 32), .max)
        }
        buckets.store(entry, 0, 0)
    }
}
