import AddressManagement
import Addresses
import Testing

@Suite("Default pools")
struct DefaultPoolsTests {
    private func prefixes(_ texts: [String]) throws -> [IPPrefix] { try texts.map { try IPPrefix(parsing: $0) } }

    private func choose(networks: [String] = [], routes: [String] = []) throws -> String {
        try DefaultPools.standard.choose(networks: prefixes(networks), hostRoutes: prefixes(routes)).description
    }

    @Test("the first is 172.17.0.0/16, whatever the default route")
    func first() throws {
        #expect(try choose() == "172.17.0.0/16")
        #expect(try choose(routes: ["0.0.0.0/0", "::/0", "10.0.0.0/8", "192.168.0.0/24"]) == "172.17.0.0/16")
    }

    @Test("networks and routes are stepped over, smaller and larger ones, with host bits or without")
    func steppedOver() throws {
        #expect(try choose(networks: ["172.17.0.0/16"]) == "172.18.0.0/16")
        #expect(try choose(networks: ["172.18.0.0/16"]) == "172.17.0.0/16")
        #expect(try choose(networks: ["172.17.3.0/24", "172.18.255.255/32"]) == "172.19.0.0/16")
        #expect(try choose(networks: ["172.17.0.0/16"], routes: ["172.18.0.1/16"]) == "172.19.0.0/16")
        #expect(try choose(routes: ["172.16.0.0/13"]) == "172.24.0.0/16")
        #expect(try choose(routes: ["172.16.0.0/12"]) == "192.168.0.0/20")
        #expect(try choose(routes: ["172.16.0.0/12", "192.168.1.0/24"]) == "192.168.16.0/20")
        #expect(try choose(routes: ["172.16.0.0/12", "192.168.0.0/17"]) == "192.168.128.0/20")
        #expect(try choose(routes: ["128.0.0.0/2", "192.168.0.0/20"]) == "192.168.16.0/20")
        #expect(try choose(routes: ["172.16.0.0/12", "192.168.0.0/20", "192.168.3.0/24"]) == "192.168.16.0/20")
    }

    @Test("one after the other, until there is none; each overlaps no other")
    func exhausted() throws {
        var chosen: [IPPrefix] = []
        for _ in 0..<31 {
            let next = try DefaultPools.standard.choose(networks: chosen.shuffled(), hostRoutes: [])
            #expect(!chosen.contains { $0.overlaps(next) })
            chosen.append(next)
        }
        #expect(chosen == chosen.sorted())
        #expect(chosen.last?.description == "192.168.240.0/20")
        let error = #expect(throws: DefaultPoolsExhausted.self) {
            try DefaultPools.standard.choose(networks: chosen, hostRoutes: [])
        }
        #expect(
            error?.description
                == "no IPv4 subnet of the default pools is free: name one with --subnet, or remove networks")
        #expect(throws: DefaultPoolsExhausted(family: .v6)) {
            try DefaultPools.standard.choose(.v6, networks: [], hostRoutes: [])
        }
    }

    @Test("pools of one's own, of both families, to the last address that there is")
    func own() throws {
        let ends = try #require(DefaultPools.Pool(IPPrefix(parsing: "255.255.255.252/30"), length: 31))
        let local = try #require(DefaultPools.Pool(IPPrefix(parsing: "fd00::/62"), length: 64))
        let top = try #require(DefaultPools.Pool(IPPrefix(parsing: "ffff::/16"), length: 17))
        let pools = DefaultPools([ends, local, top])
        #expect(try pools.choose(networks: prefixes(["255.255.255.252/32"]), hostRoutes: []).length == 31)
        #expect(throws: DefaultPoolsExhausted(family: .v4)) {
            try pools.choose(networks: prefixes(["255.255.255.253/32", "255.255.255.255/32"]), hostRoutes: [])
        }
        let used = try prefixes(["fd00::/64", "fd00:0:0:1:8::/80"])
        #expect(try pools.choose(.v6, networks: used, hostRoutes: prefixes(["::/0"])).description == "fd00:0:0:2::/64")
        #expect(try pools.choose(.v6, networks: prefixes(["fd00::/8"]), hostRoutes: []).description == "ffff::/17")
        #expect(throws: DefaultPoolsExhausted(family: .v6)) {
            try pools.choose(.v6, networks: prefixes(["fd00::/8", "ffff::/16"]), hostRoutes: [])
        }
    }

    @Test("a pool has no host bits and is not smaller than its parts")
    func refused() throws {
        #expect(DefaultPools.Pool(try IPPrefix(parsing: "10.0.0.1/8"), length: 24) == nil)
        #expect(DefaultPools.Pool(try IPPrefix(parsing: "10.0.0.0/24"), length: 16) == nil)
        #expect(DefaultPools.Pool(try IPPrefix(parsing: "10.0.0.0/24"), length: 33) == nil)
        #expect(DefaultPools.Pool(try IPPrefix(parsing: "10.0.0.0/24"), length: 24) != nil)
    }

    @Test("what is chosen overlaps nothing, and what comes before it does (random)")
    func random() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let pool = try #require(DefaultPools.Pool(IPPrefix(parsing: "10.0.0.0/16"), length: 22))
        let parts = (0..<64).compactMap { IPPrefix("10.0.\($0 * 4).0/22") }
        for _ in 0..<500 {
            let used = (0..<Int.random(in: 0...40, using: &generator)).compactMap { _ in
                IPPrefix(
                    IPv4Address(value: 0x0A00_0000 | UInt32.random(in: 0...0xFFFF, using: &generator)),
                    length: Int.random(in: 17...32, using: &generator))
            }
            let expected = parts.first { part in !used.contains { $0.overlaps(part) } }
            #expect((try? DefaultPools([pool]).choose(networks: used, hostRoutes: [])) == expected)
        }
    }

    @Test("Unique local subnets differ by site")
    func uniqueLocal() throws {
        let one = try DefaultPools.uniqueLocal(site: "x").choose(.v6, networks: [], hostRoutes: [])
        #expect(one.length == 64 && one.description.hasPrefix("fd"))
        #expect(try DefaultPools.uniqueLocal(site: "x").choose(.v6, networks: [], hostRoutes: []) == one)
        #expect(try DefaultPools.uniqueLocal(site: "y").choose(.v6, networks: [], hostRoutes: []) != one)
        #expect(try DefaultPools.uniqueLocal(site: "x").choose(.v6, networks: [one], hostRoutes: []) != one)
    }
}
