import AddressManagement
import Addresses
import Testing

/// Address management for Docker: what is handed out, and where subnets come from.
@Suite("Leases")
struct LeasePoolTests {
    @Test("The lowest free address of the range is next, never the network's or the broadcast address")
    func lowest() throws {
        let subnet = try #require(IPPrefix("10.9.0.0/29"))
        var pool = try #require(LeasePool(subnet: subnet))
        let all = (0..<7).map { _ in pool.lease()?.description }
        #expect(all == (1...6).map { "10.9.0.\($0)" } + [nil])
        let range = try #require(IPPrefix("10.9.0.4/31"))
        var part = try #require(LeasePool(subnet: subnet, range: range))
        #expect(part.lease()?.description == "10.9.0.4" && part.lease()?.description == "10.9.0.5")
        #expect(part.lease() == nil)
    }

    @Test("An address that is asked for is given once, inside the subnet only")
    func askedFor() throws {
        let subnet = try #require(IPPrefix("10.9.0.0/24"))
        var pool = try #require(LeasePool(subnet: subnet))
        for (text, isFree) in [
            ("10.9.0.9", true), ("10.9.0.9", false), ("10.9.1.9", false), ("10.9.0.0", false), ("10.9.0.255", false),
        ] {
            let address = try #require(IPAddress(text))
            #expect(pool.lease(address) == isFree, "\(text)")
        }
    }

    @Test("A range outside of the subnet, or host bits, make no pool")
    func refusals() throws {
        let subnet = try #require(IPPrefix("10.9.0.0/24"))
        #expect(LeasePool(subnet: subnet, range: IPPrefix("10.8.0.0/25")) == nil)
        let crooked = try #require(IPPrefix("10.9.0.1/24"))
        #expect(LeasePool(subnet: crooked) == nil)
    }

    @Test("Default subnets are Docker's, and overlap nothing that is taken")
    func defaults() throws {
        var taken: [IPPrefix] = []
        while let next = DefaultPools.firstFree(.v4, besides: taken, site: "x") { taken.append(next) }
        #expect(taken.count == 31)
        #expect(taken.first?.description == "172.17.0.0/16" && taken.last?.description == "192.168.240.0/20")
        let wide = try #require(IPPrefix("172.16.0.0/12"))
        #expect(DefaultPools.firstFree(.v4, besides: [wide], site: "x")?.description == "192.168.0.0/20")
        let six = try #require(DefaultPools.firstFree(.v6, besides: [], site: "x"))
        #expect(six.length == 64 && six.description.hasPrefix("fd"))
    }
}
