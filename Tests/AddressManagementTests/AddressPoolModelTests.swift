import AddressManagement
import Addresses
import Testing

/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite("AddressPool against a plain set")
struct AddressPoolModelTests {
    /// What a pool should do, as simple as can be.
    private struct Model {
        let subnet: IPPrefix
        let range: IPPrefix
        let reserved: Set<IPAddress>
        var used: Set<IPAddress> = []

        func addresses(of prefix: IPPrefix) -> [IPAddress] {
            (prefix.network.number...prefix.last.number).map { IPAddress(family: prefix.family, number: $0) }
        }

        mutating func allocate() -> IPAddress? {
            let free = addresses(of: range).first { !used.contains($0) && !reserved.contains($0) }
            if let free { used.insert(free) }
            return free
        }

        mutating func take(_ address: IPAddress) -> Bool {
            guard subnet.contains(address), !reserved.contains(address) else { return false }
            return used.insert(address).inserted
        }

        mutating func release(_ address: IPAddress) -> Bool {
            used.remove(address) != nil
        }
    }

    @Test(
        "the same steps lead to the same answers",
        arguments: [
            ("10.0.0.0/26", nil), ("10.0.0.0/26", "10.0.0.16/29"), ("10.0.0.64/28", "10.0.0.64/30"),
            ("10.0.0.8/29", nil),
            ("10.0.0.8/30", nil), ("10.0.0.8/31", nil), ("10.0.0.8/32", nil), ("fd00::/122", nil),
            ("fd00::/122", "fd00::38/125"), ("fd00::40/126", nil), ("fd00::40/127", nil), ("fd00::40/128", nil),
            ("128.0.0.0/26", nil), ("10.255.255.192/26", nil), ("9fff:ffff:ffff:ffff:ffff:ffff:ffff:ffc0/122", nil),
        ] as [(String, String?)])
    func steps(subnetText: String, rangeText: String?) throws {
        for seed in UInt64(1)...8 {
            var generator = SeededGenerator(seed: seed)
            let subnet = try IPPrefix(parsing: subnetText)
            let range = try rangeText.map { try IPPrefix(parsing: $0) }
            var pool = try AddressPool(subnet: subnet, range: range)
            let edges = subnet.hostBitCount >= 2 ? [subnet.network] : []
            let broadcast = subnet.family == .v4 && subnet.length <= 30 ? [subnet.last] : []
            var model = Model(
                subnet: subnet, range: range ?? subnet, reserved: Set([pool.gateway] + edges + broadcast))
            let assignable = model.addresses(of: model.range).filter { !model.reserved.contains($0) }
            #expect(pool.capacity == UInt128(assignable.count))
            for step in 0..<600 {
                let comment: Comment = "seed \(seed) step \(step)"
                // Two outside of the subnet on either side too.
                let number =
                    subnet.network.number &- 2
                    &+ UInt128.random(in: 0..<(subnet.hostMask + 5), using: &generator)
                let address = IPAddress(family: subnet.family, number: number)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0, 1: #expect((try? pool.allocate()) == model.allocate(), comment)
                case 2: #expect(((try? pool.take(address)) != nil) == model.take(address), comment)
                default: #expect(pool.release(address) == model.release(address), comment)
                }
                #expect(pool.usedCount == model.used.count, comment)
                #expect(pool.isUsed(address) == model.used.contains(address), comment)
                let isFree =
                    subnet.contains(address) && !model.used.contains(address)
                    && !model.reserved.contains(address)
                #expect(pool.isFree(address) == isFree, comment)
            }
        }
    }

    @Test("after everything is released the pool is as new")
    func emptied() throws {
        let subnet = try IPPrefix(parsing: "10.0.0.0/22")
        let fresh = try AddressPool(subnet: subnet)
        var pool = fresh
        var generator = SeededGenerator(seed: 99)
        var handed: [IPAddress] = []
        for _ in 0..<1000 { handed.append(try pool.allocate()) }
        #expect(pool != fresh)
        handed.shuffle(using: &generator)
        for address in handed { #expect(pool.release(address) == true) }
        #expect(pool == fresh)
    }
}
