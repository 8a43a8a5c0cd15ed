import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// What dies under Docker's containers, and what comes back.
@Suite("Docker: death", .enabled(if: geteuid() == 0, "needs root"), .serialized, .lab)
struct DockerDeathTests {
    @Test("Heddle's daemon, its engine, and both die under traffic: containers notice nothing")
    func heddleDies() throws {
        try DockerHost.run { host in
            try host.network("localnet")
            try host.network("pairs", "-o via=veth")
            let c1 = try host.container("c1", "--network localnet -p 5000:80")
            let c2 = try host.container("c2", "--network localnet")
            try host.docker("network connect pairs c1")
            try host.docker("network connect pairs c2")
            let address = try c2.setting("IPAddress", in: "localnet")
            let other = try c2.setting("IPAddress", in: "pairs")
            let stream = try DatagramStream(from: c1.sandbox(), to: c2.sandbox(), address)
            #expect(stream.waitForFresh() != nil)
            try host.lab.killDaemon()
            #expect(stream.waitForFresh() != nil)
            // Docker's call waits for the daemon to return.
            let start = try host.engine.launch(
                "run -d --stop-signal KILL --name c3 --network localnet box".split(separator: " ").map(String.init))
            Patience.pass(.milliseconds(700))
            try host.lab.start(["--docker"])
            _ = try start.readAll(within: .seconds(30))
            #expect(start.wait(within: .seconds(5)) == .exited(0))
            #expect(try c1.pings("c3"))
            let old = try host.lab.killEngine()
            #expect(stream.waitForFresh() != nil)
            #expect(Patience.until { (try? host.lab.enginePID()).map { $0 != old } ?? false })
            let engine = try host.lab.enginePID()
            host.lab.daemon?.signal(SIGKILL)
            kill(engine, SIGKILL)
            try host.replaceDaemon()
            #expect(stream.waitForFresh() != nil)
            _ = stream.stop()
            #expect(try c1.pings(other))
            #expect(try c1.pings("c3"))
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_000) == "\(DockerHost.remote) c1")
            #expect(try host.inconsistencies() == [])
        }
    }

    @Test("dockerd dies, without live-restore: containers end, and start again with their networks")
    func dockerDies() throws {
        try DockerHost.run { host in
            try host.network("localnet", "--subnet 10.90.0.0/24")
            let c1 = try host.container("c1", "--network localnet --ip 10.90.0.7 -p 5000:80")
            let c2 = try host.container("c2", "--network localnet --restart always -p 5001:80")
            host.engine.kill()
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_000) == "\(DockerHost.remote) c1")
            try host.engine.start()
            #expect(try Patience.until(.seconds(20)) { try c2.isRunning() })
            try host.docker("start c1")
            #expect(try c1.pings("c2"))
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_000) == "\(DockerHost.remote) c1")
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_001) == "\(DockerHost.remote) c2")
            #expect(try host.inconsistencies() == [])
        }
    }

    @Test("With live-restore, connections outlive dockerd and Heddle together")
    func liveRestore() throws {
        try DockerHost.run(options: ["--live-restore"]) { host in
            try host.network("localnet")
            let c1 = try host.container("c1", "--network localnet -p 5000:80")
            let c2 = try host.container("c2", "--network localnet")
            let address = try c2.setting("IPAddress", in: "localnet")
            let stream = try DatagramStream(from: c1.sandbox(), to: c2.sandbox(), address)
            host.engine.kill()
            #expect(stream.waitForFresh() != nil)
            try host.engine.start()
            #expect(stream.waitForFresh() != nil)
            let engine = try host.lab.enginePID()
            host.engine.kill()
            host.lab.daemon?.signal(SIGKILL)
            kill(engine, SIGKILL)
            try host.replaceDaemon()
            #expect(stream.waitForFresh() != nil)
            try host.engine.start()
            #expect(stream.waitForFresh() != nil)
            _ = stream.stop()
            #expect(try c1.isRunning() && c2.isRunning())
            #expect(try c1.pings("c2"))
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_000) == "\(DockerHost.remote) c1")
            #expect(try host.inconsistencies() == [])
        }
    }

    @Test("After a reboot, containers start again with their networks, addresses and ports")
    func reboot() throws {
        try DockerHost.run { host in
            try host.network("localnet", "--subnet 10.90.0.0/24")
            try host.network("six", "--ipv6 --subnet 10.91.0.0/24 --subnet fd91::/64 -o via=veth")
            let c1 = try host.container("c1", "--network localnet --ip 10.90.0.7 --restart always -p 5000:80")
            let c2 = try host.container("c2", "--network localnet")
            try host.docker("network connect six c2")
            try host.cutPower()
            try host.lab.start(["--docker"])
            try host.engine.start()
            #expect(try Patience.until(.seconds(20)) { try c1.isRunning() })
            try host.docker("start c2")
            #expect(try c2.pings("c1"))
            #expect(try c1.sandbox().addresses("eth0") == ["10.90.0.7/24"])
            #expect(try host.ask(from: host.lan, DockerHost.host, port: 5_000) == "\(DockerHost.remote) c1")
            #expect(try host.inconsistencies() == [])
        }
    }
}
