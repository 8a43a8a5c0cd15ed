import DataPlane
import Testing

/// A table with memory of its own, and short ways to what tests do again and again.
final class FlowRig {
    let memory: UnsafeMutableRawPointer
    var table: FlowTable
    var now: UInt32
    /// Whether all that is done is foreseen first, which costs time and memory.
    let foresees: Bool

    /// The host's address.
    static let host = TransportAddress(ipv4: 0xC633_6401, port: 0)
    static let tcp: UInt8 = 6
    static let udp: UInt8 = 17
    static let echo: UInt8 = 1

    /// - Parameter copying: memory of another table, which is attached; nil: an empty table.
    init(copying: UnsafeMutableRawPointer? = nil, now: UInt32 = 1_000_000, foresees: Bool = true) {
        self.foresees = foresees
        memory = .allocate(byteCount: FlowTable.bytes, alignment: 64)
        if let copying {
            memory.copyMemory(from: copying, byteCount: FlowTable.bytes)
        } else {
            memory.initializeMemory(as: UInt8.self, repeating: 0, count: FlowTable.bytes)
        }
        table = FlowTable(memory: memory, now: now)
        self.now = now
    }

    deinit {
        memory.deallocate()
    }

    /// 10.0.0.`number` of an endpoint.
    static func inside(_ number: UInt32, _ port: UInt16) -> TransportAddress {
        TransportAddress(ipv4: 0x0A00_0000 + number, port: port)
    }

    /// 203.0.113.`number`.
    static func remote(_ number: UInt32, _ port: UInt16) -> TransportAddress {
        TransportAddress(ipv4: 0xCB00_7100 &+ number, port: port)
    }

    static func outside(_ port: UInt16) -> TransportAddress {
        TransportAddress(high: host.high, low: host.low, port: port)
    }

    /// A flow from endpoint `endpoint`, whose port number is the same.
    func out(
        _ proto: UInt8, _ inside: TransportAddress, _ remote: TransportAddress, endpoint: UInt16 = 2, domain: UInt16 = 1
    ) -> FlowCreation {
        foreseen(
            { .outgoing(proto, inside, remote, endpoint: endpoint, domain: domain) },
            {
                $0.createOutgoing(
                    proto, domain: domain, insidePort: endpoint, insideMAC: 0x0200_0000_0002, inside: inside,
                    remote: remote, outsideHigh: Self.host.high, outsideLow: Self.host.low, uplink: 1, now: now)
            })
    }

    /// The same; 0 if there is none.
    func open(
        _ proto: UInt8, _ inside: TransportAddress, _ remote: TransportAddress, endpoint: UInt16 = 2, domain: UInt16 = 1
    ) -> UInt32 {
        number(out(proto, inside, remote, endpoint: endpoint, domain: domain))
    }

    /// A flow to a published port of `endpoint`.
    func come(
        _ proto: UInt8, to outside: TransportAddress, of inside: TransportAddress, from remote: TransportAddress,
        endpoint: UInt16 = 2, publish: UInt32 = 7
    ) -> FlowCreation {
        foreseen(
            { .incoming(proto, outside, inside, remote, endpoint: endpoint, publish: publish) },
            {
                $0.createIncoming(
                    proto, domain: 1, insidePort: endpoint, insideMAC: 0x0200_0000_0002, inside: inside,
                    outside: outside, remote: remote, uplink: 1, publish: publish, now: now)
            })
    }

    func number(_ creation: FlowCreation) -> UInt32 {
        if case .made(let number) = creation { return number }
        return 0
    }

    func refusal(_ creation: FlowCreation) -> FlowRefusal? {
        if case .refused(let refusal) = creation { return refusal }
        return nil
    }

    func findOut(_ proto: UInt8, _ inside: TransportAddress, _ remote: TransportAddress, domain: UInt16 = 1) -> UInt32 {
        table.age(budget: 0, now: now)
        return table.findOutgoing(proto, domain: domain, inside: inside, remote: remote)
    }

    func findIn(_ proto: UInt8, _ outside: TransportAddress, _ remote: TransportAddress) -> UInt32 {
        table.age(budget: 0, now: now)
        return table.findIncoming(proto, outside: outside, remote: remote)
    }

    func admit(_ outside: TransportAddress, _ remote: TransportAddress) -> UInt32 {
        foreseenAdmission(outside, remote)
    }

    var count: Int { table.count }
    var statistics: FlowStatistics { table.statistics }

    /// Flows, opening flows and UDP ports of an endpoint.
    func held(_ endpoint: UInt16) -> (flows: Int, opening: Int, ports: Int) {
        (
            table.count(insidePort: endpoint), table.openingCount(insidePort: endpoint),
            table.portCount(insidePort: endpoint)
        )
    }

    func remove(where kind: (inout FlowTable) -> Int) -> Int {
        kind(&table)
    }

    /// The flow in an entry.
    func flow(_ number: UInt32) -> Flow {
        table.flow(number).pointee
    }

    func port(_ number: UInt32) -> UInt16 {
        number == 0 ? 0 : flow(number).outside.port
    }

    func state(_ number: UInt32) -> FlowState {
        flow(number).state
    }

    func age(all: Bool = true) -> Int {
        table.age(budget: all ? FlowTable.capacity : 100, now: now)
    }

    /// A datagram or echo of a flow.
    @discardableResult
    func pass(_ number: UInt32, fromInside: Bool, bytes: Int = 100, frames: UInt32 = 1) -> Bool {
        foreseenFollowing(number, fromInside: fromInside, frames: frames, bytes: bytes, TCPSegmentFacts())
    }

    /// A segment of a flow.
    @discardableResult
    func segment(
        _ number: UInt32, fromInside: Bool, _ flags: UInt8, seq: UInt32, ack: UInt32 = 0, window: UInt16 = 1000,
        payload: Int = 0, scale: UInt8 = TCPSegmentFacts.noScale
    ) -> Bool {
        let facts = TCPSegmentFacts(
            flags: flags, sequence: seq, acknowledgement: ack, window: window, payloadLength: payload,
            windowScale: scale)
        return foreseenFollowing(number, fromInside: fromInside, frames: 1, bytes: 54 + payload, facts)
    }

    /// A handshake that whoever made the flow begins: 1000 from its side, 5000 from the other.
    @discardableResult
    func shake(_ number: UInt32, scale: UInt8 = TCPSegmentFacts.noScale) -> Bool {
        let begins = !flow(number).isIncoming
        return segment(number, fromInside: begins, TCP.syn, seq: 999, scale: scale)
            && segment(number, fromInside: !begins, TCP.synAck, seq: 4999, ack: 1000, scale: scale)
            && segment(number, fromInside: begins, TCP.ack, seq: 1000, ack: 5000)
    }

    /// Both FINs and what acknowledges them, after `shake`.
    @discardableResult
    func close(_ number: UInt32) -> Bool {
        let begins = !flow(number).isIncoming
        return segment(number, fromInside: begins, TCP.finAck, seq: 1000, ack: 5000)
            && segment(number, fromInside: !begins, TCP.finAck, seq: 5000, ack: 1001)
            && segment(number, fromInside: begins, TCP.ack, seq: 1001, ack: 5001)
    }

    /// Whether all that the table counts is what stands in it, and every flow is found by both ends.
    func isConsistent() -> Bool {
        var (count, opening) = (0, 0)
        var flows = [UInt16: Int]()
        var ports = [UInt16: Set<UInt64>]()
        var single = [UInt64: (number: Int, closed: Bool)]()
        for number in 1..<UInt32(FlowTable.capacity) {
            let flow = table.flow(number).pointee
            if case .unused = flow.state { continue }
            guard flow.isSound else { continue }
            count += 1
            var isClosed = false
            if case .closed = flow.state { isClosed = true }
            if case .opening = flow.state { opening += 1 }
            if !isClosed { flows[flow.insidePort, default: 0] += 1 }
            if flow.proto == Self.udp, !flow.isIncoming {
                let key = UInt64(flow.outside.ipv4) << 16 | UInt64(flow.outside.port)
                ports[flow.insidePort, default: []].insert(key)
                single[key] = (1 + (single[key]?.number ?? 0), isClosed)
            }
            if flow.isLive(now: now) {
                let out = findOut(flow.proto, flow.inside, flow.remote, domain: flow.domain)
                if out != number || findIn(flow.proto, flow.outside, flow.remote) != number { return false }
            }
        }
        for port in UInt16(0)..<16_384 {
            if table.count(insidePort: port) != flows[port] ?? 0 { return false }
            let held = (ports[port] ?? []).filter { key in
                guard let known = single[key] else { return true }
                return known.number > 1 || !known.closed
            }
            if table.portCount(insidePort: port) != held.count { return false }
        }
        return table.count == count && table.openingCount == opening
    }
}

extension Flow {
    /// Whether something was heard of it in time.
    func isLive(now: UInt32) -> Bool {
        let age = now &- seen
        return age > UInt32(Int32.max) || age < timer
    }
}

/// Flags of TCP.
enum TCP {
    static let fin: UInt8 = 0x01
    static let syn: UInt8 = 0x02
    static let rst: UInt8 = 0x04
    static let ack: UInt8 = 0x10
    static let synAck: UInt8 = 0x12
    static let finAck: UInt8 = 0x11
    static let rstAck: UInt8 = 0x14
}
