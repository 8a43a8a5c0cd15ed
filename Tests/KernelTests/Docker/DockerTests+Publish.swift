import HeddleAPI
import HeddleClient
import Netlink
import Testing

extension DockerTests {
    @Test("A published port is reached from outside, and the server sees its client")
    func publish() throws {
        try SharedDockerHost.use { host in
            try host.network("localnet")
            let options = "-p 5000:80 -p 127.0.0.1:5001:80 -p 6000-6002:6000-6002"
            let web = try host.container("web", "--network localnet \(options)")
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_000) == "\(DockerHost.remote) web")
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_001) == nil)
            #expect(try host.ask(from: host.lab.host, "127.0.0.1", port: 5_001)?.hasSuffix(" web") == true)
            // The container itself, and its neighbour, by the host's address.
            let client = try host.container("client", "--network localnet")
            for sandbox in try [web.sandbox(), client.sandbox()] {
                #expect(try host.ask(from: sandbox, DockerHost.host, port: 5_000)?.hasSuffix(" web") == true)
            }
            // What leaves has the host's address.
            let outside = try host.outsideServer()
            #expect(try outside.converse(from: client.sandbox(), DockerHost.remote, port: 80) == DockerHost.host)
            #expect(try host.lab.client.publishedPorts().count == 3)
            #expect(try host.refusal("run --rm --network localnet -p 8000:1 -p 5000:80 box true").contains("5000"))
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_000) == "\(DockerHost.remote) web")
            try host.docker("stop -t 0 web")
            #expect(try host.lab.client.publishedPorts() == [])
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_000) == nil)
            try host.docker("start web")
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_000) == "\(DockerHost.remote) web")
        }
    }

    @Test("-P publishes what the image exposes, and what the user does, at ports that heddle chooses")
    func publishAll() throws {
        try SharedDockerHost.use { host in
            try host.network("localnet")
            for name in ["w1", "w2"] { try host.container(name, "--network localnet -P --expose 98/udp") }
            let ports = try host.lab.client.publishedPorts()
            #expect(ports.count == 4, "\(ports)")
            let servers = ports.filter { $0.port == 80 && $0.proto == "tcp" }
            #expect(servers.count == 2)
            let answers = try servers.map { try host.ask(from: host.lan, DockerHost.host, port: UInt16($0.hostPort)) }
            #expect(Set(answers) == ["\(DockerHost.remote) w1", "\(DockerHost.remote) w2"])
            try host.docker("kill w1 w2")
            #expect(try host.lab.client.publishedPorts() == [])
        }
    }

    @Test("A port that somebody else holds is refused, and works once it is free")
    func conflict() throws {
        try SharedDockerHost.use { host in
            try host.network("localnet")
            try host.container("w1", "--network localnet -p 5000:80")
            let words = "run -d --stop-signal KILL --name w2 --hostname w2 --network localnet -p 5000:80 box"
            #expect(try host.refusal(words).contains("5000"))
            #expect(try host.lab.client.endpoints().count == 1)
            try host.docker("rm -f w1")
            try host.docker("start w2")
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_000) == "\(DockerHost.remote) w2")
        }
    }

    @Test("An internal network has no way out, and no names from outside")
    func isInternal() throws {
        try SharedDockerHost.use { host in
            let upstream = try RunningProgram(
                try Programs.system("dnsmasq"),
                [
                    "--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--pid-file=",
                    "--address=/upstream.test/192.0.2.9",
                ], in: try host.lan.open())
            defer { upstream.kill() }
            try host.network("open")
            try host.network("inner", "--internal")
            let free = try host.container("free", "--network open --dns \(DockerHost.remote)")
            let one = try host.container("one", "--network inner --dns \(DockerHost.remote) -p 5000:80")
            let two = try host.container("two", "--network inner")
            #expect(try free.pings(DockerHost.remote))
            #expect(try free.output("nslookup upstream.test").contains("192.0.2.9"))
            #expect(try one.pings("two"))
            #expect(try two.pings("one"))
            #expect(try one.sandbox().defaultRoutes() == [])
            #expect(try !one.pings(DockerHost.remote))
            #expect(try !one.pings(DockerHost.host))
            #expect(try !one.output("nslookup upstream.test").contains("192.0.2.9"))
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_000) == nil)
            // With a route of its own a container still gets nowhere.
            #expect(try host.heddleNetwork("inner").internal)
            #expect(try host.foreignLinks() == [], "Docker made a bridge of its own for a way out")
        }
    }
}

extension DockerHost {
    /// A TCP server on the LAN machine's port 80.
    func outsideServer() throws -> LabServer { try LabServer(in: lan, Self.remote, port: 80) }

    /// Interfaces in the host's namespace that are neither its own nor Heddle's.
    func foreignLinks() throws -> [String] {
        try lab.host.ask { try $0.links() }
            .filter { !lab.ownInterfaces.contains($0.name) && $0.alias?.hasPrefix("heddle:") != true }.map(\.name)
    }
}
