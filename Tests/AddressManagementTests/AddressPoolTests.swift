import AddressManagement
import Addresses
import Testing

@Suite("AddressPool")
struct AddressPoolTests {
    private func pool(_ subnet: String, gateway: String? = nil, range: String? = nil) throws -> AddressPool {
        try AddressPool(
            subnet: IPPrefix(parsing: subnet), gateway: gateway.map { try IPAddress(parsing: $0) },
            range: range.map { try IPPrefix(parsing: $0) })
    }

    @Test(
        "the first address is the gateway's, the next ones are handed out",
        arguments: [
            ("10.0.0.0/24", "10.0.0.1", ["10.0.0.2", "10.0.0.3"], "253"),
            ("10.0.0.0/30", "10.0.0.1", ["10.0.0.2"], "1"),
            ("10.0.0.0/31", "10.0.0.0", ["10.0.0.1"], "1"),
            ("10.0.0.4/32", "10.0.0.4", [], "0"),
            ("10.0.0.0/8", "10.0.0.1", ["10.0.0.2", "10.0.0.3"], "16777213"),
            ("fd00::/64", "fd00::1", ["fd00::2", "fd00::3"], "18446744073709551614"),
            ("fd00::/126", "fd00::1", ["fd00::2", "fd00::3"], "2"),
            ("fd00::/127", "fd00::", ["fd00::1"], "1"),
            ("fd00::4/128", "fd00::4", [], "0"),
            ("4000::/2", "4000::1", ["4000::2"], "85070591730234615865843651857942052862"),
        ] as [(String, String, [String], String)])
    func firstAddresses(subnet: String, gateway: String, first: [String], capacity: String) throws {
        var pool = try pool(subnet)
        #expect(pool.gateway.description == gateway)
        #expect(pool.capacity.description == capacity)
        for text in first {
            #expect(try pool.allocate().description == text)
        }
        if first.count.description == capacity {
            let error = #expect(throws: AddressPoolError.self) { try pool.allocate() }
            #expect(error?.reason == .exhausted(pool.range))
        }
        #expect(pool.usedCount == first.count)
    }

    @Test("a whole /24 is handed out in order, without network, broadcast and gateway")
    func whole() throws {
        var pool = try pool("192.168.7.0/24", gateway: "192.168.7.100")
        var handed: [String] = []
        while let address = try? pool.allocate() { handed.append(address.description) }
        #expect(handed == (1...254).filter { $0 != 100 }.map { "192.168.7.\($0)" })
        #expect(UInt128(handed.count) == pool.capacity && pool.usedCount == 253)
    }

    @Test("a released address is the next one if it is the lowest")
    func lowestFirst() throws {
        var pool = try pool("10.0.0.0/24")
        for _ in 0..<10 { _ = try pool.allocate() }
        let third = try IPAddress(parsing: "10.0.0.4")
        let eighth = try IPAddress(parsing: "10.0.0.9")
        #expect(pool.release(eighth) && pool.release(third))
        #expect(pool.release(third) == false, "it is free already")
        #expect(try pool.allocate() == third)
        #expect(try pool.allocate() == eighth)
        #expect(try pool.allocate().description == "10.0.0.12")
    }

    @Test("addresses are chosen from the range, but may be asked for outside of it")
    func range() throws {
        var pool = try pool("10.0.0.0/24", range: "10.0.0.128/30")
        #expect(pool.capacity == 4)
        for text in ["10.0.0.128", "10.0.0.129", "10.0.0.130", "10.0.0.131"] {
            #expect(try pool.allocate().description == text)
        }
        #expect(throws: AddressPoolError.self) { try pool.allocate() }
        try pool.take(IPAddress(parsing: "10.0.0.9"))
        #expect(throws: AddressPoolError.self) { try pool.allocate() }
        #expect(pool.usedCount == 5)
    }

    @Test("a range with the subnet's edges hands none of them out")
    func rangeAtEdges() throws {
        var first = try pool("10.0.0.0/24", range: "10.0.0.0/30")
        #expect(first.capacity == 2)
        #expect(try first.allocate().description == "10.0.0.2")
        #expect(try first.allocate().description == "10.0.0.3")
        #expect(throws: AddressPoolError.self) { try first.allocate() }
        var last = try pool("10.0.0.0/24", range: "10.0.0.252/30")
        #expect(last.capacity == 3)
        for text in ["10.0.0.252", "10.0.0.253", "10.0.0.254"] {
            #expect(try last.allocate().description == text)
        }
        #expect(throws: AddressPoolError.self) { try last.allocate() }
    }

    @Test("an address that is asked for is refused with the reason")
    func refusals() throws {
        var pool = try pool("10.0.0.0/24")
        let taken = try pool.allocate()
        let cases: [(String, (IPAddress) -> AddressPoolError.Reason)] = [
            ("10.0.1.5", { .outside($0) }), ("fd00::5", { .outside($0) }), ("10.0.0.1", { .isGateway($0) }),
            ("10.0.0.0", { .isNetwork($0) }), ("10.0.0.255", { .isBroadcast($0) }), ("10.0.0.2", { .inUse($0) }),
        ]
        for (text, reason) in cases {
            let address = try IPAddress(parsing: text)
            let error = #expect(throws: AddressPoolError.self) { try pool.take(address) }
            #expect(error?.reason == reason(address))
            #expect(error?.description.contains(text) == true)
            #expect(!pool.isFree(address))
            #expect(pool.isUsed(address) == (address == taken))
            #expect(pool.release(address) == (address == taken))
        }
        #expect(pool.usedCount == 0)
        var six = try self.pool("fd00::/64")
        let anycast = try IPAddress(parsing: "fd00::")
        let error = #expect(throws: AddressPoolError.self) { try six.take(anycast) }
        #expect(error?.description == "fd00:: is the subnet-router anycast address of fd00::/64: use another address")
        try six.take(IPAddress(parsing: "fd00::ffff:ffff:ffff:ffff"))
    }

    @Test(
        "pools that make no sense are refused with the reason",
        arguments: [
            ("10.0.0.1/24", nil, nil, "10.0.0.1/24 has bits behind its prefix: did you mean 10.0.0.0/24?"),
            ("fd00::1/64", nil, nil, "fd00::1/64 has bits behind its prefix: did you mean fd00::/64?"),
            ("10.0.0.0/24", "10.0.1.1", nil, "the gateway 10.0.1.1 is not in the subnet 10.0.0.0/24: use one that is"),
            ("10.0.0.0/24", "fd00::1", nil, "the gateway fd00::1 is not in the subnet 10.0.0.0/24: use one that is"),
            ("10.0.0.0/24", "10.0.0.0", nil, "10.0.0.0 is the network address of 10.0.0.0/24: use another address"),
            (
                "10.0.0.0/24", "10.0.0.255", nil,
                "10.0.0.255 is the broadcast address of 10.0.0.0/24: use another address"
            ),
            (
                "10.0.0.0/24", nil, "10.0.1.0/25",
                "the range 10.0.1.0/25 is not inside the subnet 10.0.0.0/24: use one that is"
            ),
            (
                "10.0.0.0/24", nil, "10.0.0.0/23",
                "the range 10.0.0.0/23 is not inside the subnet 10.0.0.0/24: use one that is"
            ),
            ("10.0.0.0/24", nil, "10.0.0.1/25", "10.0.0.1/25 has bits behind its prefix: did you mean 10.0.0.0/25?"),
            ("0.0.0.0/0", nil, nil, "0.0.0.0/0 overlaps 0.0.0.0/8, whose addresses no host has: use another subnet"),
            (
                "127.0.0.0/24", nil, nil,
                "127.0.0.0/24 overlaps 127.0.0.0/8, whose addresses no host has: use another subnet"
            ),
            (
                "224.0.0.0/24", nil, nil,
                "224.0.0.0/24 overlaps 224.0.0.0/4, whose addresses no host has: use another subnet"
            ),
            ("::/0", nil, nil, "::/0 overlaps ::/127, whose addresses no host has: use another subnet"),
            ("fe80::/64", nil, nil, "fe80::/64 overlaps fe80::/10, whose addresses no host has: use another subnet"),
            ("ff02::/64", nil, nil, "ff02::/64 overlaps ff00::/8, whose addresses no host has: use another subnet"),
        ] as [(String, String?, String?, String)])
    func refusedPools(subnet: String, gateway: String?, range: String?, message: String) throws {
        let error = #expect(throws: AddressPoolError.self) { try pool(subnet, gateway: gateway, range: range) }
        #expect(error?.description == message)
    }

    @Test("a /31 and a /32 take any of their addresses as the gateway")
    func smallest() throws {
        var pair = try pool("10.0.0.2/31", gateway: "10.0.0.3")
        #expect(try pair.allocate().description == "10.0.0.2")
        #expect(throws: AddressPoolError.self) { try pair.allocate() }
        #expect(try pool("10.0.0.9/32").capacity == 0)
    }

    @Test("a /8 and a /64 fill and empty quickly, scattered or not")
    func large() throws {
        for subnet in ["10.0.0.0/8", "fd00::/64"] {
            var pool = try pool(subnet)
            var handed: [IPAddress] = []
            for _ in 0..<50_000 { handed.append(try pool.allocate()) }
            #expect(handed.last?.number == pool.subnet.network.number + 50_001)
            for address in handed where address.number % 2 == 0 { #expect(pool.release(address) == true) }
            #expect(pool.usedCount == 25_000)
            #expect(try pool.allocate().number == pool.subnet.network.number + 2)
        }
    }
}
