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
}
