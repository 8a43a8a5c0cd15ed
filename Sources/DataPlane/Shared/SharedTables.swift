public import Addresses
import CLinux
import Glibc
public import SystemPackage

/// The memory that daemon and engine share and that outlives both: counters of every port and the MAC table of every
/// worker, without pointers, in a file under /run. The engine writes, the daemon reads; only `resetCounters` and
/// `setKernelDrops` are the daemon's.
///
/// Layout: one page of header, 768 bytes of counters for each port and for each domain's tunnel side, then for each
/// worker a MAC table and a table of VTEPs, then the flows of the first worker, and at the end what workers tell of
/// themselves, all page-aligned. What comes after the flows was added later: a file that ends with them is one of an
/// earlier version. It is made longer where it lies, which the engine that has it mapped doesn't notice.
public struct SharedTables: ~Copyable, @unchecked Sendable {
    // Sendable: the fields never change, and what the mapping holds is written in aligned 8-byte words.

    /// Ports that one engine can hold, with number 0 for none.
    public static var maximumPorts: Int { @_noAllocation @_noLocks get { StationTable.portLimit } }
    /// Domains that one engine can hold, with number 0 for none.
    public static var maximumDomains: Int { @_noAllocation @_noLocks get { StationTable.domainLimit } }
    /// Stations that one worker can remember.
    public static let stationCapacity = 16_384

    private static var page: Int { @_noAllocation @_noLocks get { 4_096 } }
    private static let magic: UInt64 = 0x3453_4C42_5444_4548  // "HEDTBLS4"
    private static let countersBytes =
        (maximumPorts + maximumDomains) * CounterIndex.count * MemoryLayout<UInt64>.size

    /// Why a file can't serve as tables.
    public enum OpenError: Error, Sendable, Hashable {
        /// The kernel refused.
        case system(Errno)
        /// The file is of another version or damaged.
        case badLayout
    }

    private let memory: UnsafeMutableRawPointer
    private let bytes: Int
    /// Workers that have a MAC table here.
    public let workers: Int

    /// Opens or makes the file at `path` and returns its descriptor (the caller's). A file of another layout is made
    /// anew: its counters start at zero and stations are learned again.
    public static func open(path: String, workers: Int) throws(OpenError) -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system(Errno(rawValue: Glibc.errno)) }
        if let tables = try? SharedTables(descriptor: descriptor), tables.workers == workers {
            try allocate(descriptor, workers: workers)
            return descriptor
        }
        // Emptied first, so that all of it reads as zero.
        guard ftruncate(descriptor, 0) == 0, ftruncate(descriptor, off_t(size(workers: workers))) == 0 else {
            let error = Errno(rawValue: Glibc.errno)
            close(descriptor)
            throw .system(error)
        }
        try allocate(descriptor, workers: workers)
        var header: [UInt64] = [magic, UInt64(workers), UInt64(maximumPorts), UInt64(stationCapacity)]
        guard pwrite(descriptor, &header, 32, 0) == 32 else {
            close(descriptor)
            throw .system(.ioError)
        }
        return descriptor
    }

    /// Takes the room at once: a page that is missing later, when the file system is full, ends whoever touches it
    /// (SIGBUS). Closes the descriptor when there is none.
    private static func allocate(_ descriptor: Int32, workers: Int) throws(OpenError) {
        let result = posix_fallocate(descriptor, 0, off_t(size(workers: workers)))
        guard result == 0 else {
            close(descriptor)
            throw .system(Errno(rawValue: result))
        }
    }

    /// Maps the tables; the descriptor stays the caller's and may be closed.
    public init(descriptor: Int32) throws(OpenError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(Errno(rawValue: Glibc.errno)) }
        guard status.st_size >= Self.page else { throw .badLayout }
        let size = Int(status.st_size)
        guard let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), mapped != MAP_FAILED
        else { throw .system(Errno(rawValue: Glibc.errno)) }
        let header = mapped.assumingMemoryBound(to: UInt64.self)
        guard header[0] == Self.magic, (1...64).contains(header[1]), header[2] == UInt64(Self.maximumPorts),
            header[3] == UInt64(Self.stationCapacity), size >= Self.earlierSize(workers: Int(header[1])),
            size <= Self.size(workers: Int(header[1]))
        else {
            munmap(mapped, size)
            throw .badLayout
        }
        memory = mapped
        bytes = size
        workers = Int(header[1])
    }

    deinit {
        munmap(memory, bytes)
    }

    /// What a port has counted. Any thread, any process.
    public func counters(port: UInt16) -> PortCounters {
        PortCounters(reading: UnsafePointer(numbers(of: port)))
    }

    /// Starts a port's counters at zero: before its number is given to another port.
    public func resetCounters(port: UInt16) {
        let numbers = numbers(of: port)
        for index in 0..<CounterIndex.count { numbers[index] = 0 }
    }

    /// Sets what the kernel dropped before the port's receive queue, as a total. Only the daemon writes this number.
    public func setKernelDrops(port: UInt16, total: UInt64) {
        numbers(of: port)[CounterIndex.drops + Int(DropReason.kernelQueue.rawValue)] = total
    }

    /// The numbers of a port; valid as long as the mapping.
    @_noAllocation @_noLocks @inline(__always)
    func numbers(of port: UInt16) -> UnsafeMutablePointer<UInt64> {
        // Invariant: port is masked to the table, which `init` proved to lie inside the mapping.
        let index = Int(port) & (Self.maximumPorts - 1)
        return (memory + Self.page).assumingMemoryBound(to: UInt64.self) + index * CounterIndex.count
    }

    /// What the tunnel side of a domain has counted. Any thread, any process.
    public func counters(overlay domain: UInt16) -> PortCounters {
        PortCounters(reading: UnsafePointer(numbers(overlay: domain)))
    }

    /// Starts the counters of a domain's tunnel side at zero: before its number is given to another domain.
    public func resetCounters(overlay domain: UInt16) {
        let numbers = numbers(overlay: domain)
        for index in 0..<CounterIndex.count { numbers[index] = 0 }
    }

    /// The numbers of a domain's tunnel side; valid as long as the mapping.
    @_noAllocation @_noLocks @inline(__always)
    func numbers(overlay domain: UInt16) -> UnsafeMutablePointer<UInt64> {
        // Invariant: as in `numbers(of:)`; these follow the ports'.
        let index = Self.maximumPorts &+ (Int(domain) & (Self.maximumDomains - 1))
        return (memory + Self.page).assumingMemoryBound(to: UInt64.self) + index * CounterIndex.count
    }

    /// What an engine knows of a domain's stations, ordered by VLAN and MAC; a learned station that is as old as the
    /// domain's ageing or older is left out. Any thread, any process; O(capacity).
    public func stations(domain: DomainConfiguration) -> [StationEntry] {
        let now = UInt32(truncatingIfNeeded: monotonicNanoseconds() / 1_000_000)
        let entries = StationTable.entries(
            in: stationMemory(worker: domain.worker(of: workers)), byteCount: Self.stationTableBytes,
            domain: domain.id, ageing: domain.ageingMilliseconds, now: now)
        return entries ?? []
    }

    /// Flows of a domain, or of all (nil). Any thread, any process; O(capacity).
    package func flows(domain: UInt16?, limit: Int) -> [FlowEntry] {
        let now = UInt32(truncatingIfNeeded: monotonicNanoseconds() / 1_000_000)
        return FlowTable.entries(
            in: flowMemory, byteCount: FlowTable.bytes, domain: domain, limit: limit, now: now)
    }

    /// The address of a VTEP that is a station's place; nil if the number is no VTEP's. Any thread, any process.
    public func vtep(_ place: UInt16) -> IPAddress? {
        // Overlays are the first worker's.
        guard let (high, low) = VTEPTable.address(place, in: vtepMemory(worker: 0)) else { return nil }
        return IPAddress(high: high, low: low)
    }

    /// Where the table of a worker's VTEPs lies.
    package func vtepMemory(worker: Int) -> UnsafeMutableRawPointer {
        stationMemory(worker: worker) + Self.stationTableBytes
    }

    /// The MAC table of one worker, with what an earlier engine learned if it is sound; nil if there is no such worker.
    /// Valid as long as the mapping; for one writer.
    package func stations(worker: Int, now: UInt32) -> StationTable? {
        guard worker >= 0, worker < workers else { return nil }
        let place = stationMemory(worker: worker)
        if let known = StationTable(attaching: place, byteCount: Self.stationTableBytes, now: now) { return known }
        return StationTable(formatting: place, byteCount: Self.stationTableBytes, capacity: Self.stationCapacity)
    }

    /// Where the flows lie: `FlowTable.bytes`. For one writer, the first worker.
    package var flowMemory: UnsafeMutableRawPointer {
        memory + Self.earlierSize(workers: workers) - Self.flowBytes
    }

    /// What a worker told of itself last; nil: nothing, or there is no such worker. Any thread, any process.
    public func workerNumbers(_ worker: Int) -> WorkerNumbers? {
        numbers(worker: worker).flatMap { WorkerNumbers(reading: UnsafePointer($0)) }
    }

    /// Where a worker's numbers lie; nil: the file is of an earlier version, or there is no such worker. Valid as long as
    /// the mapping; for one writer.
    func numbers(worker: Int) -> UnsafeMutablePointer<UInt64>? {
        guard worker >= 0, worker < workers, bytes == Self.size(workers: workers) else { return nil }
        // Invariant: below `workers`, so inside the last pages, which have room for as many as there can be.
        return (memory + Self.earlierSize(workers: workers)).assumingMemoryBound(to: UInt64.self)
            + worker * WorkerNumberIndex.count
    }

    /// Room for 64 workers.
    private static var workerBytes: Int {
        (64 * WorkerNumberIndex.count * MemoryLayout<UInt64>.size + page - 1) / page * page
    }

    private static var flowBytes: Int { (FlowTable.bytes + page - 1) / page * page }

    func stationMemory(worker: Int) -> UnsafeMutableRawPointer {
        memory + Self.page + Self.countersBytes + worker * (Self.stationTableBytes + VTEPTable.bytes)
    }

    static var stationTableBytes: Int {
        (StationTable.bytes(capacity: stationCapacity) + page - 1) / page * page
    }

    private static func size(workers: Int) -> Int { earlierSize(workers: workers) + workerBytes }

    /// Without what workers tell of themselves.
    private static func earlierSize(workers: Int) -> Int {
        page + countersBytes + workers * (stationTableBytes + VTEPTable.bytes) + flowBytes
    }
}
