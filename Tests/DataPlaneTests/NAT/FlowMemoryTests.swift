import DataPlane
import Testing

@Suite("Flow table: memory")
struct FlowMemoryTests {
    private typealias Rig = FlowRig

    /// Random flows of all kinds.
    private func fill(_ rig: Rig, _ generator: inout SeededGenerator, count: Int) {
        for _ in 0..<count {
            rig.now &+= 3
            let endpoint = UInt16(2 + generator.below(5))
            let inside = Rig.inside(UInt32(endpoint), UInt16(1000 + generator.below(300)))
            let remote = Rig.remote(UInt32(generator.below(100)), generator.below(3) == 0 ? 53 : 80)
            let proto = ([6, 17, 1] as [UInt8])[generator.below(3)]
            let number =
                generator.below(4) == 0
                ? rig.number(rig.come(proto, to: Rig.outside(80), of: inside, from: remote, endpoint: endpoint))
                : rig.open(proto, inside, remote, endpoint: endpoint)
            if number == 0 { continue }
            if proto == 6 {
                if generator.below(2) == 0 { rig.shake(number) }
                if generator.below(3) == 0 { rig.close(number) }
            } else {
                rig.pass(number, fromInside: true)
                if generator.below(2) == 0 { rig.pass(number, fromInside: false) }
                let outside = rig.flow(number).outside
                _ = rig.admit(outside, Rig.remote(remote.ipv4 & 0xFF, UInt16(generator.below(1000))))
            }
            if generator.below(10) == 0 { rig.table.remove(number) }
        }
    }

    @Test("A new engine goes on with the flows of the one before it, at any point")
    func attach() {
        let seed = UInt64.random(in: 0 ... .max)
        print("flow table attach: seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        var rig = Rig()
        for round in 0..<8 {
            fill(rig, &generator, count: 500)
            _ = rig.age()
            let next = Rig(copying: rig.memory, now: rig.now)
            #expect(next.count == rig.count && next.count > 100, "round \(round)")
            for endpoint in UInt16(0)..<10 { #expect(next.held(endpoint) == rig.held(endpoint)) }
            #expect(next.table.openingCount == rig.table.openingCount)
            #expect(next.isConsistent())
            var differences = 0
            for number in 1..<UInt32(20_000) {
                let (old, new) = (rig.flow(number), next.flow(number))
                if old.isSound != new.isSound || (old.isSound && (old.state != new.state || old.seen != new.seen)) {
                    differences += 1
                }
            }
            #expect(differences == 0)
            // A socket keeps its port, a permission its meaning, a limit its bite.
            let mapped = (1..<UInt32(20_000)).first { number in
                let flow = next.flow(number)
                return flow.isSound && flow.proto == 17 && !flow.isIncoming && flow.remote.port == 80
            }
            if let mapped {
                let flow = next.flow(mapped)
                let further = next.open(17, flow.inside, Rig.remote(200, 9), endpoint: flow.insidePort)
                #expect(next.port(further) == flow.outside.port)
                #expect(next.admit(flow.outside, Rig.remote(200, 10)) != 0)
                next.table.limits.perEndpoint = next.held(flow.insidePort).flows
                let refused = next.out(6, Rig.inside(250, 1), Rig.remote(1, 1), endpoint: flow.insidePort)
                if next.table.openingCount == 0 { #expect(next.refusal(refused) == .endpointLimit) }
                next.table.limits = FlowLimits()
            }
            rig = next
        }
    }

    @Test("TCP goes on as it was: windows are known, a RST is judged by them")
    func tracking() {
        let rig = Rig()
        let number = rig.open(6, Rig.inside(2, 5000), Rig.remote(1, 80))
        rig.shake(number, scale: 3)
        let next = Rig(copying: rig.memory, now: rig.now)
        #expect(next.findOut(6, Rig.inside(2, 5000), Rig.remote(1, 80)) == number)
        #expect(!next.segment(number, fromInside: false, TCP.rst, seq: 13_001))
        #expect(next.segment(number, fromInside: false, TCP.rst, seq: 13_000))
        #expect(next.state(number) == .closed)
    }

    @Test("An entry that was being written is dropped, the others stay")
    func torn() {
        let seed = UInt64.random(in: 0 ... .max)
        print("flow table torn: seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let rig = Rig()
        var numbers: [UInt32] = []
        for index in UInt16(0)..<1000 { numbers.append(rig.open(6, Rig.inside(2, index), Rig.remote(1, 80))) }
        var damaged = Set<UInt32>()
        for _ in 0..<200 {
            let number = numbers[generator.below(numbers.count)]
            // Anything from the seal to the end of the addresses but marks and times: those change while a flow lives.
            let offset = ([0, 4, 8, 10, 12, 14, 16, 17, 24, 31, 40, 55, 63, 71] as [Int])[generator.below(14)]
            if damaged.insert(number).inserted {
                let place = rig.memory + 4096 + Int(number) * 128 + offset
                place.storeBytes(of: place.load(as: UInt8.self) ^ UInt8(1 << generator.below(4)), as: UInt8.self)
            }
        }
        let next = Rig(copying: rig.memory, now: rig.now)
        #expect(next.count == 1000 - damaged.count)
        #expect(numbers.allSatisfy { next.flow($0).isSound != damaged.contains($0) })
        #expect(next.isConsistent())
        let rows = FlowTable.entries(in: rig.memory, byteCount: FlowTable.bytes, now: rig.now)
        #expect(rows.count == 1000 - damaged.count)
    }

    @Test("Two flows that contradict each other: one is taken over")
    func contradictions() {
        let rig = Rig()
        let number = rig.open(17, Rig.inside(2, 5000), Rig.remote(1, 80))
        let other = rig.open(17, Rig.inside(3, 5000), Rig.remote(2, 80), endpoint: 3)
        let copy = rig.memory + 4096 + 128 * 77
        copy.copyMemory(from: rig.memory + 4096 + 128 * Int(number), byteCount: 128)
        let next = Rig(copying: rig.memory, now: rig.now)
        #expect(next.count == 2 && next.isConsistent())
        #expect(next.findOut(17, Rig.inside(3, 5000), Rig.remote(2, 80)) == other)
    }

    @Test("Expired flows aren't taken over; times from the future are of now")
    func times() {
        let rig = Rig()
        _ = rig.open(17, Rig.inside(2, 5000), Rig.remote(1, 80))
        #expect(Rig(copying: rig.memory, now: rig.now &+ 299_999).count == 1)
        #expect(Rig(copying: rig.memory, now: rig.now &+ 300_000).count == 0)
        let earlier = Rig(copying: rig.memory, now: rig.now &- 50_000)
        #expect(earlier.count == 1)
        earlier.now &+= 300_000
        #expect(earlier.age() == 1)
    }

    @Test("Garbage, with or without a header that is right, makes an empty table and no row", arguments: [false, true])
    func garbage(withHeader: Bool) {
        let seed = UInt64.random(in: 0 ... .max)
        print("flow table garbage: seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let empty = Rig()
        let memory = UnsafeMutableRawPointer.allocate(byteCount: FlowTable.bytes, alignment: 64)
        defer { memory.deallocate() }
        for offset in stride(from: 0, to: FlowTable.bytes, by: 8) {
            memory.storeBytes(of: generator.next(), toByteOffset: offset, as: UInt64.self)
        }
        if withHeader { memory.copyMemory(from: empty.memory, byteCount: 4096) }
        let rows = FlowTable.entries(in: memory, byteCount: FlowTable.bytes, now: 5)
        // One in four billion entries is sound by chance.
        #expect(rows.count <= 1)
        let rig = Rig(copying: memory, now: 5)
        #expect(rig.count <= 1)
        fill(rig, &generator, count: 2000)
        #expect(rig.isConsistent())
        rig.now &+= 10_000_000
        _ = rig.age()
        #expect(rig.count == 0)
    }

    @Test("The daemon's view: by network, up to a limit, and never of memory that is too small")
    func inspection() throws {
        let rig = Rig()
        let number = rig.open(17, Rig.inside(2, 5000), Rig.remote(1, 80), domain: 3)
        for index in UInt16(0)..<50 { _ = rig.open(6, Rig.inside(2, index), Rig.remote(1, 80)) }
        rig.pass(number, fromInside: true, bytes: 60)
        rig.now &+= 1000
        rig.pass(number, fromInside: false, bytes: 70)
        func rows(_ domain: UInt16? = nil, limit: Int = .max, bytes: Int = FlowTable.bytes) -> [FlowEntry] {
            FlowTable.entries(in: rig.memory, byteCount: bytes, domain: domain, limit: limit, now: rig.now)
        }
        #expect(rows().count == 51 && rows(1).count == 50 && rows(2).isEmpty && rows(limit: 7).count == 7)
        #expect(rows(limit: 0).isEmpty && rows(limit: -1).isEmpty)
        for bytes in [0, 8, 4096, FlowTable.bytes - 1] { #expect(rows(bytes: bytes).isEmpty) }
        let row = try #require(rows(3).first)
        #expect(row.proto == 17 && row.state == .established && row.insidePort == 2 && row.uplink == 1)
        #expect(row.age == 1000 && row.idle == 1000 && row.remaining == 299_000 && !row.isIncoming)
        #expect(row.outFrames == 1 && row.outBytes == 60 && row.inFrames == 1 && row.inBytes == 70)
        #expect(row.inside.isSame(as: Rig.inside(2, 5000)) && row.remote.isSame(as: Rig.remote(1, 80)))
        #expect(row.outside.isSame(as: rig.flow(number).outside) && row.insideMAC == 0x0200_0000_0002)
    }
}
