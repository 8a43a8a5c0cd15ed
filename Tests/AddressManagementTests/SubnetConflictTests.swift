import AddressManagement
import Addresses
import Testing

@Suite("Overlapping subnets")
struct SubnetConflictTests {
    private func check(_ subnets: [String], networks: [(String, String)] = [], routes: [String] = []) throws {
        try SubnetConflict.check(
            subnets.map { try IPPrefix(parsing: $0) },
            networks: networks.map { (name: $0.0, subnet: try IPPrefix(parsing: $0.1)) },
            hostRoutes: routes.map { try IPPrefix(parsing: $0) })
    }

    @Test("what doesn't overlap is fine, and a default route never matters")
    func fine() throws {
        try check([])
        try check(
            ["10.1.0.0/16", "fd00:1::/64"], networks: [("red", "10.2.0.0/16"), ("blue", "fd00:2::/64")],
            routes: ["0.0.0.0/0", "::/0", "192.168.0.0/24", "10.0.0.0/16", "fe80::/64"])
    }

    @Test(
        "the error says what overlaps what",
        arguments: [
            (
                ["10.1.2.0/24"], [("red", "10.1.0.0/16")], [],
                "the subnet 10.1.2.0/24 overlaps 10.1.0.0/16 of the network red: use another subnet, or remove that network"
            ),
            (
                ["10.0.0.0/8"], [("red", "10.1.0.0/16")], [],
                "the subnet 10.0.0.0/8 overlaps 10.1.0.0/16 of the network red: use another subnet, or remove that network"
            ),
            (
                ["fd00::/64"], [], ["10.0.0.0/8", "fd00::/48"],
                "the subnet fd00::/64 overlaps the host's route to fd00::/48: use another subnet"
            ),
            (
                ["10.0.0.0/24"], [], ["10.0.0.77/32"],
                "the subnet 10.0.0.0/24 overlaps the host's route to 10.0.0.77/32: use another subnet"
            ),
            (
                ["10.0.0.0/24", "10.0.0.128/25"], [], [],
                "the subnets 10.0.0.128/25 and 10.0.0.0/24 overlap: use one IPv4 and one IPv6 subnet"
            ),
        ] as [([String], [(String, String)], [String], String)])
    func conflicts(subnets: [String], networks: [(String, String)], routes: [String], message: String) {
        let error = #expect(throws: SubnetConflict.self) {
            try check(subnets, networks: networks, routes: routes)
        }
        #expect(error?.description == message)
    }
}
