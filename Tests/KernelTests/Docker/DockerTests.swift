import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// Docker's own words on Heddle, with the real Docker Engine. All tests on one host, which none of them ends.
@Suite("Docker", .enabled(if: geteuid() == 0, "needs root"), .serialized, .lab, .sharedDockerHost)
struct DockerTests {
    @Test("Two containers find each other by name, and by alias")
    func names() throws {
        try SharedDockerHost.use { host in
            try host.network("localnet")
            let c1 = try host.container("c1", "--network localnet --network-alias web")
            let c2 = try host.container("c2", "--network localnet --network-alias web")
            #expect(try c2.pings("c1"))
            #expect(try c1.pings("c2"))
            #expect(try !c1.pings("c3"))
            let web = try c1.output("nslookup web 127.0.0.11")
            for container in [c1, c2] {
                let address = try container.setting("IPAddress", in: "localnet")
                #expect(web.contains(address), "\(web)")
            }
            #expect(try c1.output("wget -qO- http://c2\(DockerImage.page)").hasSuffix(" c2"))
            #expect(try host.inconsistencies() == [])
            #expect(try host.lab.client.endpoints().count == 2)
        }
    }

    @Test("Docker's words about addresses: subnet, range, gateway, a container's own, and a MAC address")
    func addresses() throws {
        try SharedDockerHost.use { host in
            try host.network("localnet", "--subnet 10.90.0.0/16 --ip-range 10.90.7.0/24 --gateway 10.90.0.254")
            let network = try host.heddleNetwork("localnet")
            #expect(network.subnets == ["10.90.0.0/16"])
            #expect(network.gateways == ["10.90.0.254"])
            let chosen = try host.container("c1", "--network localnet")
            let fixed = try host.container(
                "c2", "--network localnet --ip 10.90.9.9 --mac-address 02:11:22:33:44:55")
            #expect(try chosen.setting("IPAddress", in: "localnet").hasPrefix("10.90.7."))
            #expect(try fixed.sandbox().addresses("eth0") == ["10.90.9.9/16"])
            #expect(try fixed.sandbox().link("eth0")?.mac?.description == "02:11:22:33:44:55")
            #expect(try fixed.setting("MacAddress", in: "localnet") == "02:11:22:33:44:55")
            #expect(try fixed.sandbox().defaultRoutes() == ["10.90.0.254 eth0"])
            #expect(try chosen.pings("c2"))
            #expect(try fixed.pings("10.90.0.254"))
            #expect(try host.refusal("run --rm --network localnet --ip 10.90.9.9 box true").contains("in use"))
            #expect(try host.refusal("run --rm --network localnet --ip 10.91.0.1 box true").contains("10.91.0.1"))
        }
    }

    @Test("Heddle's address management")
    func addressManagement() throws {
        try SharedDockerHost.use { host in
            try host.network("any", "--ipam-driver heddle")
            try host.network("other", "--ipam-driver heddle")
            try host.network("said", "--ipam-driver heddle --subnet 10.90.0.0/16 --ip-range 10.90.7.0/24")
            let pools = try ["any", "other"].map { name in
                let words = ["network", "inspect", "-f", "{{.IPAM.Driver}} {{(index .IPAM.Config 0).Subnet}}", name]
                return try host.docker(words)
            }
            #expect(pools.allSatisfy { $0.hasPrefix("heddle 1") }, "\(pools)")
            #expect(pools[0] != pools[1])
            let subnets = try ["any", "other"].map { try host.heddleNetwork($0).subnets[0] }
            #expect(pools == subnets.map { "heddle \($0)" })
            let c1 = try host.container("c1", "--network said")
            let c2 = try host.container("c2", "--network said")
            let own = try [c1, c2].map { try $0.setting("IPAddress", in: "said") }
            #expect(own.allSatisfy { $0.hasPrefix("10.90.7.") } && own[0] != own[1], "\(own)")
            #expect(try c1.pings("c2"))
            let text = try host.docker("network inspect said")
            #expect(own.allSatisfy { text.contains("\"\($0)/16\"") }, "\(text)")
            #expect(try host.refusal("network create -d heddle --subnet 10.90.128.0/20 xx").contains("overlaps"))
        }
    }
}
