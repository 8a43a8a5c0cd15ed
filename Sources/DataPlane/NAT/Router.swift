import Addresses
import Glibc

/// The router of one worker: what leaves its networks and what enters them. Decides what happens to a packet and rewrites
/// it in place; sends nothing. Files beside this one: +Outgoing and +Incoming (the two ways of a packet), +Hairpin,
/// +Errors (ICMP errors), +Fragments, +Configuration.
///
/// Owned by the worker's thread; the memory of its flows is shared with whoever lists them.
struct Router: ~Copyable {
    /// An interface of the host, by the number of its port.
    struct Uplink {
        var isPresent = false
        var mac: UInt64 = 0
        /// Largest packet.
        var mtu = 0
        /// What translated packets come from; the port is without meaning; no address: that family doesn't leave.
        var ipv4 = TransportAddress()
        var ipv6 = TransportAddress()

        init() {}
    }

    /// The router's side of a domain.
    struct Gateway {
        var isPresent = false
        var port: UInt16 = 0
        /// Where questions for names go; 0: nowhere but to the host.
        var namePort: UInt16 = 0
        /// Who messages are from, also the MAC address of what is sent to endpoints.
        var router = RouterMessage.Router()
        var isInternal = false
        var isRouted = false
        /// Largest packet that endpoints take.
        var mtu = 0
        /// IPv4 and IPv6; nothing is contained in an absent one.
        var subnets = (Subnet(), Subnet())

        init() {}
    }

    /// A prefix as two words and their masks.
    struct Subnet {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var highMask: UInt64 = 0
        var lowMask: UInt64 = 0
        var isPresent = false

        init() {}

        @inline(__always) @_noAllocation @_noLocks
        func contains(_ address: TransportAddress) -> Bool {
            isPresent && (address.high ^ high) & highMask == 0 && (address.low ^ low) & lowMask == 0
        }
    }

    var flows: FlowTable
    var routes = RouteTable()
    var nextHops = NextHopTable()
    var publishes = PublishTable()
    var hostAddresses = HostAddressTable()
    var fragments = FragmentTable()
    var pending = PendingPackets()
    /// Questions for next hops that the control side doesn't know of yet.
    var questions = OpenQuestions()
    /// Where packets of a flow came from last, by its number: the MAC address of who brought them.
    let remoteMACs: UnsafeMutablePointer<UInt64>
    let uplinks: UnsafeMutablePointer<Uplink>
    let gateways: UnsafeMutablePointer<Gateway>
    /// What each port may still ask of a name service.
    let questionBuckets: UnsafeMutablePointer<QuestionBucket>
    /// Domains with `isRouted`, for packets that come for their endpoints.
    var routedDomains = InlineArray<64, UInt16>(repeating: 0)
    var routedCount = 0
    /// The pool, to tell a flow's port from one of the host's at a glance.
    var poolFirst: UInt16 = 0
    var poolCount = 0
    /// Identifications of datagrams that leave in fragments.
    var identification: UInt16 = 0

    /// Makes a router without uplinks. `memory`: `FlowTable.bytes`, of an engine before this one or zero; the caller keeps
    /// it.
    init(memory: UnsafeMutableRawPointer, now: UInt32) {
        flows = FlowTable(memory: memory, now: now)
        // An absent uplink is all zero, as is the bucket of a port that never asked.
        uplinks = zeroed(Uplink.self, count: Switch.portLimit)
        remoteMACs = .allocate(capacity: FlowTable.capacity)
        remoteMACs.initialize(repeating: 0, count: FlowTable.capacity)
        gateways = .allocate(capacity: Switch.domainLimit)
        gateways.initialize(repeating: Gateway(), count: Switch.domainLimit)
        questionBuckets = zeroed(QuestionBucket.self, count: Switch.portLimit)
    }

    deinit {
        remoteMACs.deallocate()
        Glibc.free(uplinks)
        gateways.deallocate()
        Glibc.free(questionBuckets)
    }

    /// An uplink. Any number is safe: it is masked.
    @inline(__always) @_noAllocation @_noLocks
    func uplink(_ port: UInt16) -> UnsafeMutablePointer<Uplink> {
        uplinks + (Int(port) & (Switch.portLimit &- 1))
    }

    /// A domain's gateway. Any number is safe: it is masked.
    @inline(__always) @_noAllocation @_noLocks
    func gateway(_ domain: UInt16) -> UnsafeMutablePointer<Gateway> {
        gateways + (Int(domain) & (Switch.domainLimit &- 1))
    }

    /// Whether a frame's packet is for one of the host's addresses, or isn't IP. What is cut isn't.
    @_noAllocation @_noLocks
    func isForHost(_ frame: UnsafeRawPointer, length: Int) -> Bool {
        guard let view = EthernetView(frame, length: length) else { return false }
        let network = frame + Ethernet.headerLength
        let available = length &- Ethernet.headerLength
        if view.etherType == EtherType.ipv4 {
            guard let packet = IPv4View(network, available: available) else { return false }
            let address = TransportAddress(ipv4: packet.destination, port: 0)
            return hostAddresses.contains(high: address.high, low: address.low)
        }
        if view.etherType == EtherType.ipv6 {
            guard available >= IPv6View.headerLength else { return false }
            let high = network.bigEndian64(at: 24)
            // Link-local packets are nobody's to forward.
            return high &>> 54 == 0x3FA || hostAddresses.contains(high: high, low: network.bigEndian64(at: 32))
        }
        return !RoutedFrame.isHiddenPacket(frame, length: length)
    }

    /// Who brought a flow's packets last. Any number is safe: it is masked.
    @inline(__always) @_noAllocation @_noLocks
    func remoteMAC(_ flow: UInt32) -> UnsafeMutablePointer<UInt64> {
        remoteMACs + (Int(flow) & (FlowTable.capacity &- 1))
    }

    /// Whether a port belongs to the pool.
    @inline(__always) @_noAllocation @_noLocks
    func isInPool(_ port: UInt16) -> Bool {
        Int(port &- poolFirst) < poolCount
    }
}
