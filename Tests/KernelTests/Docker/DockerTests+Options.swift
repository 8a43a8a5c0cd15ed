import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

extension DockerTests {
    @Test("Both families")
    func families() throws {
        try SharedDockerHost.use { host in
            try host.network("six", "--ipv6 --subnet 10.91.0.0/24 --subnet fd91::/64")
            let c1 = try host.container("c1", "--network six -p 5000:80")
            let c2 = try host.container("c2", "--network six --ip6 fd91::77")
            #expect(try c2.sandbox().addresses("eth0").contains("fd91::77/64"))
            #expect(try c1.succeeds("ping -6 -c 1 -W 2 c2"))
            #expect(try c1.pings("10.91.0.3"))
            #expect(try c2.sandbox().defaultRoutes() == ["10.91.0.1 eth0", "fd91::1 eth0"])
            #expect(try host.ask(from: host.lan, DockerHost.host6, port: 5_000) == "\(DockerHost.remote6) c1")
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_000) == "\(DockerHost.remote) c1")
        }
    }

    @Test("-o via, -o mtu, -o isolated", arguments: ["tap", "veth"])
    func options(via: String) throws {
        try SharedDockerHost.use { host in
            try host.network("small", "-o via=\(via) -o mtu=1400")
            let c1 = try host.container("c1", "--network small")
            let c2 = try host.container("c2", "--network small")
            #expect(try c1.sandbox().link("eth0")?.mtu == 1_400)
            #expect(try host.lab.client.endpoints().allSatisfy { $0.via == via })
            #expect(try c1.pings("c2"))
            try host.docker("restart -t 0 c2")
            #expect(try c1.pings("c2"))
            try host.network("apart", "-o via=\(via) -o isolated=true")
            let a1 = try host.container("a1", "--network apart")
            let a2 = try host.container("a2", "--network apart")
            #expect(try !a1.pings(try a2.setting("IPAddress", in: "apart")))
            #expect(try a1.pings(DockerHost.remote))
            #expect(try host.inconsistencies() == [])
            _ = c2
        }
    }

    @Test("What Heddle does not know is refused, with the reason in Docker's message")
    func refusals() throws {
        try SharedDockerHost.use { host in
            for (options, text) in [
                ("-o foo=bar", "foo"), ("-o via=pipe", "pipe"), ("-o mtu=much", "mtu"), ("-o driver=ipvlan", "ipvlan"),
                ("-o driver=macvlan", "parent"), ("-o driver=overlay", "vni"),
            ] {
                #expect(try host.refusal("network create -d heddle \(options) xx").contains(text), "\(options)")
            }
            try host.network("localnet", "--subnet 10.90.0.0/24")
            #expect(try host.refusal("network create -d heddle --subnet 10.90.0.0/16 yy").contains("overlap"))
            #expect(try host.refusal("run --rm --network localnet -p 80:80/sctp box true").contains("SCTP"))
        }
    }

    @Test("A macvlan container is on the LAN under its own MAC address")
    func macvlan() throws {
        try SharedDockerHost.use { host in
            let range = "--subnet 192.0.2.0/24 --ip-range 192.0.2.128/25 --gateway \(DockerHost.remote)"
            try host.network("office", "\(range) -o driver=macvlan -o parent=\(host.uplink)")
            let mac = "02:11:22:33:44:55"
            let c1 = try host.container("c1", "--network office --mac-address \(mac)")
            let c2 = try host.container("c2", "--network office")
            let address = try c1.setting("IPAddress", in: "office")
            #expect(try host.ask(from: host.lan, address) == "\(DockerHost.remote) c1")
            let neighbours = try host.lan.ask { try $0.neighbours() }
            #expect(neighbours.first { "\($0.address)" == address }?.mac?.description == mac)
            #expect(try c1.pings("c2"))
            #expect(try c2.pings(DockerHost.remote))
            try host.docker("restart -t 0 c1")
            #expect(try host.ask(from: host.lan, address) == "\(DockerHost.remote) c1")
        }
    }
}
