import Addresses
import DataPlane
import Testing

@Suite("Filters of guards and uplinks")
struct SocketFilterTests {
    /// SplitMix64.
    struct Random: RandomNumberGenerator {
        private var state: UInt64

        init(_ seed: UInt64) {
            state = seed
        }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }

        mutating func port() -> UInt16 { UInt16.random(in: 0...UInt16.max, using: &self) }
    }

    @Test("a guard's filter drops what arrives on the named interfaces, and nothing else")
    func guarding() {
        for count in [0, 1, 2, 300] {
            let named = (0..<count).map { Int32(10 + 2 * $0) }
            let program = SocketFilter.guarding(dropOn: named).instructions
            #expect(FilterInterpreter.refusal(of: program) == nil)
            for interface in 0..<UInt32(640) {
                let result = FilterInterpreter.run(program, on: [], .init(interface: interface))
                #expect(result == (named.contains(Int32(interface)) ? 0 : UInt32.max))
            }
        }
        #expect(FilterInterpreter.run(SocketFilter.dropAll.instructions, on: [1]) == 0)
        #expect(FilterInterpreter.run(SocketFilter.acceptAll.instructions, on: []) == UInt32.max)
    }

    @Test("an uplink's filter lets in just what the plan says, whatever the packet")
    func uplink() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the uplink's filters: \(seed)")
        var random = Random(seed)
        var accepted = 0
        for round in 0..<60 {
            let plan = Self.plan(&random, ranges: [0, 1, 3, 40, 300, 900][round % 6])
            let program = plan.filter.instructions
            #expect(FilterInterpreter.refusal(of: program) == nil, "seed \(seed), round \(round)")
            let predicate = UplinkPredicate(plan: plan)
            for _ in 0..<2_000 {
                let frame = Self.frame(&random, plan)
                let around = FilterInterpreter.Surroundings(
                    packetType: UInt8.random(in: 0..<20, using: &random) == 0 ? 3 : 0,
                    hasTag: UInt8.random(in: 0..<20, using: &random) == 0 ? 1 : 0)
                let isWanted = predicate.accepts(frame, around)
                let result = FilterInterpreter.run(program, on: frame, around)
                guard result == (isWanted ? UInt32.max : 0) else {
                    Issue.record("seed \(seed), round \(round): \(frame) gives \(String(describing: result))")
                    return
                }
                accepted += isWanted ? 1 : 0
            }
        }
        // Both answers come often enough to mean something.
        #expect(accepted > 20_000 && accepted < 100_000, "\(accepted)")
    }

    @Test("every port of a plan is answered right, at all edges")
    func allPorts() {
        let plan = UplinkFilterPlan(
            poolFirst: 61_440, poolCount: 4_096, tcp: [80...80, 0...0, 81...90, 61_439...61_439, 100...200, 150...300],
            udp: [53...53])
        let program = plan.filter.instructions
        let predicate = UplinkPredicate(plan: plan)
        for proto: UInt8 in [6, 17] {
            for port in UInt16.min...UInt16.max {
                let frame = Self.ipv4(proto, to: [192, 0, 2, 1], transport: [0, 0] + Self.bytes(port))
                let expected: UInt32 = predicate.accepts(frame, .init()) ? UInt32.max : 0
                guard FilterInterpreter.run(program, on: frame) == expected else {
                    Issue.record("port \(port) of protocol \(proto)")
                    return
                }
            }
        }
        #expect(program.count < 100, "\(program.count)")
    }

    @Test("more ranges than fit: the program is as long as it may be and still lets all of them in")
    func tooMany() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the crowded filters: \(seed)")
        var random = Random(seed)
        for ranges in [1_900, 2_100, 3_000, 15_000] {
            let plan = Self.plan(&random, ranges: ranges)
            let program = plan.filter.instructions
            #expect(FilterInterpreter.refusal(of: program) == nil, "seed \(seed)")
            print("\(ranges) ranges: \(program.count) instructions")
            let predicate = UplinkPredicate(plan: plan)
            for _ in 0..<20_000 {
                let frame = Self.frame(&random, plan)
                if predicate.accepts(frame, .init()) {
                    #expect(FilterInterpreter.run(program, on: frame) == UInt32.max, "seed \(seed)")
                }
            }
            // What is not for this host or has a tag is still dropped.
            let frame = Self.ipv4(6, to: [192, 0, 2, 1], transport: [0, 0] + Self.bytes(61_440))
            #expect(FilterInterpreter.run(program, on: frame, .init(packetType: 1)) == 0)
            #expect(FilterInterpreter.run(program, on: frame, .init(hasTag: 1)) == 0)
        }
    }

    @Test("more routed prefixes than fit: all of them come in")
    func manyRoutes() throws {
        var random = Random(9)
        let routed = try (0..<2_000).map { index in
            let number = UInt128(random.next()) << 64 | UInt128(random.next())
            return try #require(
                IPPrefix(
                    IPAddress(family: index % 2 == 0 ? .v4 : .v6, number: number), length: index % 2 == 0 ? 24 : 56))
        }
        let plan = UplinkFilterPlan(poolFirst: 61_440, poolCount: 4_096, tcp: [80...80], routed: routed)
        let program = plan.filter.instructions
        #expect(FilterInterpreter.refusal(of: program) == nil)
        for prefix in routed {
            let frame =
                prefix.family == .v4
                ? Self.ipv4(99, to: prefix.last.octets, transport: [])
                : Self.ipv6(99, to: prefix.last.octets, rest: [])
            #expect(FilterInterpreter.run(program, on: frame) == UInt32.max)
        }
    }

    @Test("a short frame never lets the program run astray")
    func shortFrames() {
        var random = Random(4)
        let plan = Self.plan(&random, ranges: 20)
        let program = plan.filter.instructions
        for _ in 0..<5_000 {
            let frame = Self.frame(&random, plan)
            let cut = Array(frame.prefix(Int.random(in: 0...frame.count, using: &random)))
            #expect(FilterInterpreter.run(program, on: cut) != nil)
        }
    }

    /// A plan with so many ranges of both protocols together.
    private static func plan(_ random: inout Random, ranges: Int) -> UplinkFilterPlan {
        func some(_ count: Int) -> [ClosedRange<UInt16>] {
            (0..<count).map { _ in
                let first = random.port()
                let most: UInt16 = ranges > 100 ? 0 : Bool.random(using: &random) ? 3 : 100
                let length = UInt16.random(in: 0...most, using: &random)
                return first...(UInt16.max - first < length ? UInt16.max : first + length)
            }
        }
        let routed = [
            "10.1.0.0/16", "10.3.4.0/24", "172.16.5.7/32", "2001:db8:1::/48", "2001:db8:2::7/128", "2001:db8:4000::/35",
        ].compactMap { IPPrefix($0) }.filter { _ in Bool.random(using: &random) }
        return UplinkFilterPlan(
            poolFirst: 61_440, poolCount: ranges == 0 ? 0 : 4_096, tcp: some(ranges / 2),
            udp: some(ranges - ranges / 2),
            routed: routed)
    }

    /// A frame that is likely to be near what the plan wants.
    private static func frame(_ random: inout Random, _ plan: UplinkFilterPlan) -> [UInt8] {
        let isTCP = Bool.random(using: &random)
        var port = random.port()
        if Bool.random(using: &random), let range = (isTCP ? plan.tcp : plan.udp).randomElement(using: &random) {
            let edge = Bool.random(using: &random) ? range.lowerBound : range.upperBound
            port = edge &+ UInt16.random(in: 0...2, using: &random) &- 1
        }
        let types: [UInt8] = [0, 1, 2, 3, 4, 5, 8, 11, 12, 128, 129, 133]
        let isMessage = UInt8.random(in: 0..<4, using: &random) == 0
        let isIPv6 = Bool.random(using: &random)
        let message: UInt8 = isIPv6 ? 58 : 1
        var proto: UInt8 = isMessage ? message : isTCP ? 6 : 17
        if UInt8.random(in: 0..<12, using: &random) == 0 { proto = UInt8.random(in: 0...255, using: &random) }
        let transport =
            isMessage
            ? [types.randomElement(using: &random) ?? 0, 0, 0, 0] + bytes(port) + [0, 0] : [1, 2] + bytes(port)
        let offset = UInt8.random(in: 0..<3, using: &random) == 0 ? random.port() & 0xFFFF : 0
        let padding = [UInt8](repeating: 7, count: 30)
        if isIPv6 {
            let target = ["2001:db8:1::5", "2001:db8:2::7", "2001:db8:5000::1", "2001:db8:9::1"].randomElement(
                using: &random)
            let address = target.flatMap { IPAddress($0) }?.octets ?? []
            let isFragment = UInt8.random(in: 0..<3, using: &random) == 0
            return isFragment
                ? ipv6(44, to: address, rest: [proto, 0] + bytes(offset) + [0, 0, 0, 9] + transport + padding)
                : ipv6(proto, to: address, rest: transport + padding)
        }
        let target = ["10.1.2.3", "10.3.4.5", "172.16.5.7", "172.16.5.8", "192.0.2.1"].randomElement(using: &random)
        return ipv4(
            proto, to: target.flatMap { IPAddress($0) }?.octets ?? [], words: UInt8.random(in: 0..<16, using: &random),
            offset: offset, transport: transport + padding)
    }

    private static func bytes(_ value: UInt16) -> [UInt8] {
        [UInt8(value >> 8), UInt8(value & 0xFF)]
    }

    private static func ipv4(
        _ proto: UInt8, to target: [UInt8], words: UInt8 = 5, offset: UInt16 = 0, transport: [UInt8]
    ) -> [UInt8] {
        let options = [UInt8](repeating: 1, count: max(0, Int(words) * 4 - 20))
        return [UInt8](repeating: 2, count: 12) + [8, 0, 0x40 | words, 0, 0, 40, 0, 0] + bytes(offset) + [
            64, proto, 0, 0,
        ]
            + [198, 51, 100, 1] + target + options + transport
    }

    private static func ipv6(_ next: UInt8, to target: [UInt8], rest: [UInt8]) -> [UInt8] {
        [UInt8](repeating: 2, count: 12) + [0x86, 0xDD, 0x60, 0, 0, 0, 0, 20, next, 64]
            + [UInt8](repeating: 3, count: 16)
            + target + rest
    }
}
