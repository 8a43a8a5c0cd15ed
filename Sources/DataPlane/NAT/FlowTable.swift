import Glibc

/// The translated flows of all networks with a gateway: which inside end is which outside end towards which remote.
///
/// The flows lie in memory that the caller provides and keeps (a shared mapped file: the daemon reads it, a new engine
/// goes on with it); everything that finds, orders and counts them is private memory, made anew from the flows. One
/// thread owns the table. Nothing on the way of a frame allocates; every step is bounded.
///
/// Time: milliseconds of one clock, which may come round; `age` must see the whole table at least once in 24 days. What is
/// expired is judged by the latest time that the table was told.
///
/// Memory: 16.0 MiB shared; 14.2 MiB private, of which pages that no flow needs are never touched.
package struct FlowTable: ~Copyable {
    /// Entries, with number 0 for none.
    package static var capacity: Int { @_noAllocation @_noLocks get { 131_072 } }

    /// How many flows there may be; may be changed at any time, flows that are beyond it stay.
    package var limits = FlowLimits()
    /// What happened.
    package internal(set) var statistics = FlowStatistics()
    /// Flows in the table, closed ones and those that are expired but not swept yet among them.
    package internal(set) var count = 0

    /// The entries, in the caller's memory.
    let entries: UnsafeMutablePointer<Flow>
    let hash: FlowKeyHash
    /// By inside and remote; every flow.
    let outgoing = FlowIndex()
    /// By outside and remote; every flow.
    let incoming = FlowIndex()
    /// By domain, inside and outside address; one flow of each mapped inside socket (UDP).
    let mappings = FlowIndex()
    /// By outside; one flow of each mapped inside socket (UDP).
    let mapped = FlowIndex()
    /// By outside and the remote's address; one flow of those that the inside has sent (UDP).
    let permissions = FlowIndex()

    /// Free entries, closed flows, and opening ones, by age of that state.
    let ages = FlowChain()
    /// Opening flows of each endpoint.
    let openings = FlowChain()
    /// Flows of one mapped inside socket.
    let siblings = FlowChain()
    /// Of those, the ones that the inside has sent to one address.
    let permitted = FlowChain()

    let lists: FlowLists
    var pool = PortPool()
    /// The latest time.
    var clock: UInt32
    /// The number of the last random port.
    var drawn: UInt64 = 0
    /// Entries from here on were never used.
    var fresh: UInt32 = 1
    /// The entry that `age` looks at next.
    var cursor: UInt32 = 1
    /// Flows in state opening.
    package internal(set) var openingCount = 0

    /// Goes on with the flows that are in the memory, or begins with none.
    ///
    /// - Parameters:
    ///   - memory: `bytes` of it, 64-byte aligned: zero, or of an engine before this one. Flows that are whole are taken
    ///     over, whatever else is there is cleared. The caller keeps it mapped for as long as the table is used.
    ///   - now: milliseconds of the clock that the flows' times are of.
    package init(memory: UnsafeMutableRawPointer, now: UInt32) {
        entries = (memory + Self.headerBytes).bindMemory(to: Flow.self, capacity: Self.capacity)
        hash = FlowKeyHash(key: (UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max)))
        lists = FlowLists()
        clock = now
        setPool(first: 61_440, count: 4_096, excluding: [])
        adopt(memory, now: now)
    }

    deinit {
        outgoing.free()
        incoming.free()
        mappings.free()
        mapped.free()
        permissions.free()
        ages.free()
        openings.free()
        siblings.free()
        permitted.free()
        lists.free()
        pool.free()
    }

    /// Sets the ports that new outgoing flows get; flows that are there keep theirs.
    ///
    /// - Parameters:
    ///   - first: the first port.
    ///   - count: how many; 0: no outgoing flow can be made.
    ///   - excluding: ports of those that somebody else has.
    package mutating func setPool(first: UInt16, count: Int, excluding: [UInt16]) {
        pool.set(first: first, count: count, excluding: excluding)
    }

    /// An entry; any number is safe, 0 is one that never holds a flow.
    @inline(__always) @_noAllocation @_noLocks
    package func flow(_ index: UInt32) -> UnsafeMutablePointer<Flow> {
        entries + (Int(index) & (Self.capacity &- 1))
    }

    /// Flows of an endpoint that count against its limit.
    package func count(insidePort: UInt16) -> Int {
        Int(lists.endpoint(insidePort).pointee.flows)
    }

    /// Flows of an endpoint in state opening.
    package func openingCount(insidePort: UInt16) -> Int {
        Int(lists.endpoint(insidePort).pointee.opening)
    }

    /// Outside ports that an endpoint holds for UDP.
    package func portCount(insidePort: UInt16) -> Int {
        Int(lists.endpoint(insidePort).pointee.ports)
    }

    /// Forgets a flow; nothing if the entry holds none.
    @_noAllocation @_noLocks
    package mutating func remove(_ index: UInt32) {
        let flow = flow(index)
        let number = index & UInt32(truncatingIfNeeded: Self.capacity &- 1)
        guard number != 0, flow.pointee.seal != 0 else { return }
        leave(number)
        unlink(number)
        storeSeal(flow, 0)
        flow.pointee.state = .unused
        ages.append(number, to: lists.unused)
        count &-= 1
    }
}

/// The ends of all lists of flows, and the counts of endpoints; private memory.
struct FlowLists {
    /// What one endpoint has.
    struct Endpoint: BitwiseCopyable {
        /// Flows that aren't closed.
        var flows: UInt32 = 0
        /// Flows in state opening.
        var opening: UInt32 = 0
        /// Inside sockets with an outside port of their own whose flows aren't all closed.
        var ports: UInt32 = 0
    }

    private let endpoints: UnsafeMutablePointer<Endpoint>
    private let lists: UnsafeMutablePointer<FlowChain.List>
    /// Two for each endpoint.
    private let openings: UnsafeMutablePointer<FlowChain.List>
    /// How many ports towards a remote were tried (RFC 6056, 3.3.4).
    private let tried: UnsafeMutablePointer<UInt32>

    init() {
        endpoints = zeroed(Endpoint.self, count: SharedTables.maximumPorts)
        lists = zeroed(FlowChain.List.self, count: 4)
        openings = zeroed(FlowChain.List.self, count: 2 * SharedTables.maximumPorts)
        tried = zeroed(UInt32.self, count: 4_096)
    }

    /// Frees the memory.
    func free() {
        Glibc.free(endpoints)
        Glibc.free(lists)
        Glibc.free(openings)
        Glibc.free(tried)
    }

    /// Masked: always one of the endpoints.
    @inline(__always) @_noAllocation @_noLocks
    func endpoint(_ port: UInt16) -> UnsafeMutablePointer<Endpoint> {
        endpoints + (Int(port) & (SharedTables.maximumPorts &- 1))
    }

    /// Masked: always one of the counts.
    @inline(__always) @_noAllocation @_noLocks
    func tries(_ hash: UInt64) -> UnsafeMutablePointer<UInt32> {
        tried + Int(truncatingIfNeeded: hash &>> 52)
    }

    /// Opening flows of an endpoint. Masked: always one of the lists.
    @inline(__always) @_noAllocation @_noLocks
    func opening(_ port: UInt16, fromOutside: Bool) -> UnsafeMutablePointer<FlowChain.List> {
        openings + ((Int(port) & (SharedTables.maximumPorts &- 1)) &* 2 &+ (fromOutside ? 1 : 0))
    }

    /// Opening flows of all endpoints.
    @inline(__always) @_noAllocation @_noLocks
    func opening(fromOutside: Bool) -> UnsafeMutablePointer<FlowChain.List> {
        lists + (fromOutside ? 1 : 0)
    }

    /// Closed flows.
    var closed: UnsafeMutablePointer<FlowChain.List> { @_noAllocation @_noLocks get { lists + 2 } }
    /// Entries that were used and hold no flow.
    var unused: UnsafeMutablePointer<FlowChain.List> { @_noAllocation @_noLocks get { lists + 3 } }
}
