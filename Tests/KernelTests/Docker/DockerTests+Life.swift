import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

extension DockerTests {
    @Test("Connect and disconnect at run time: a container on two networks")
    func connect() throws {
        try SharedDockerHost.use { host in
            try host.network("one", "--subnet 10.90.0.0/24")
            try host.network("two", "--subnet 10.91.0.0/24")
            let both = try host.container("both", "--network one")
            let left = try host.container("left", "--network one")
            let right = try host.container("right", "--network two")
            #expect(try !both.pings("right"))
            try host.docker("network connect --ip 10.91.0.99 two both")
            #expect(try both.sandbox().addresses("eth1") == ["10.91.0.99/24"])
            #expect(try both.pings("right"))
            #expect(try both.pings("left"))
            #expect(try right.pings("both"))
            #expect(try host.inconsistencies() == [])
            try host.docker("network disconnect one both")
            #expect(try !left.pings("10.90.0.2"))
            #expect(try both.pings("right"))
            #expect(try both.sandbox().defaultRoutes() == ["10.91.0.1 eth1"])
            #expect(try host.inconsistencies() == [])
            try host.docker("network connect one both")
            #expect(try left.pings("both"))
            #expect(try host.inconsistencies() == [])
        }
    }

    @Test("restart, kill and rm -f leave nothing, and the address is free again")
    func ends() throws {
        try SharedDockerHost.use { host in
            try host.network("localnet", "--subnet 10.90.0.0/24")
            let c1 = try host.container("c1", "--network localnet --ip 10.90.0.7 -p 5000:80")
            let c2 = try host.container("c2", "--network localnet")
            for _ in 0..<3 {
                try host.docker("restart -t 0 c1")
                #expect(try c2.pings("10.90.0.7"))
            }
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_000) == "\(DockerHost.remote) c1")
            #expect(try host.inconsistencies() == [])
            // As the kernel's killer of processes does.
            try host.docker("kill c1")
            #expect(try !c1.isRunning())
            #expect(try host.inconsistencies() == [])
            try host.docker("start c1")
            #expect(try c2.pings("c1"))
            try host.docker("rm -f c1")
            #expect(try host.inconsistencies() == [])
            try host.container("c3", "--network localnet --ip 10.90.0.7 -p 5000:80")
            #expect(try c2.pings("c3"))
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_000) == "\(DockerHost.remote) c3")
        }
    }

    @Test("Twenty containers started at once: all up, with distinct addresses")
    func parallel() throws {
        try SharedDockerHost.use { host in
            try host.network("localnet")
            let first = try host.container("first", "--network localnet")
            let begun = ContinuousClock.now
            let starts = try (0..<20).map { number in
                let words = "run -d --stop-signal KILL --name c\(number) --network localnet box"
                return try host.engine.launch(words.split(separator: " ").map(String.init))
            }
            for start in starts {
                let output = try start.readAll(within: .seconds(60))
                #expect(start.wait(within: .seconds(5)) == .exited(0), "\(output)")
            }
            print("20 containers started at once in \((.now - begun).text)")
            let endpoints = try host.lab.client.endpoints()
            #expect(endpoints.count == 21)
            #expect(Set(endpoints.flatMap(\.addresses)).count == 21)
            #expect(try host.inconsistencies() == [])
            for number in [0, 7, 19] { #expect(try first.pings("c\(number)")) }
        }
    }

    @Test("Docker's own bridge stays as it is beside Heddle")
    func ownBridge() throws {
        try SharedDockerHost.use { host in
            let before = try host.lab.host.link(DockerHost.bridge)
            let plain = try host.container("plain", "")
            let address = try host.docker(["inspect", "-f", "{{.NetworkSettings.IPAddress}}", "plain"])
            try host.network("localnet")
            let ours = try host.container("ours", "--network localnet")
            let other = try host.container("other", "")
            #expect(try other.pings(address))
            #expect(try !ours.pings("plain"))
            let after = try host.lab.host.link(DockerHost.bridge)
            #expect(before?.index == after?.index && before?.mac != nil)
            #expect(try plain.sandbox().addresses("eth0").first?.hasPrefix(address) == true)
            #expect(try host.lab.client.endpoints().count == 1)
            try host.docker("network connect localnet plain")
            #expect(try ours.pings("plain"))
            #expect(try other.pings(address))
        }
    }
}
