import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// What is published: recorded, shown, refused whole, and kept over everything that an endpoint lives through.
@Suite("Daemon: publishes", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct PublishTests {
    /// The specs of what is published, in order, with those that wait in brackets.
    private func published(_ lab: HeddleUnderTest) throws -> [String] {
        try lab.client.publishedPorts().map { $0.state == .active ? $0.spec : "(\($0.spec))" }
    }

    @Test("Ports are published with an endpoint and after, and end with it", arguments: ["tap", "veth"])
    func life(via: String) throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.61.0.0/24", "fd61::/64")
            let box = try lab.makeSandbox("box", ipv6: true).name
            let made: Endpoint = try lab.json(
                "attach", "lan", box, "--via", via, "-p", "8080:80/tcp", "--publish", "[::]:53-54:53-54/UDP")
            #expect(made.publish == ["8080:80", "[::]:53-54:53-54/udp"])
            let added: [PublishedPort] = try lab.json(
                "publish", "add", "lan", box, "127.0.0.1:9000:90", "--publish-mode", "relay")
            #expect(added.map(\.mode) == ["relay"] && added.first?.endpoint == made.id)
            #expect(added.first?.hostAddress == "127.0.0.1" && added.first?.hostPort == 9_000)
            let shown: Endpoint = try lab.json("endpoint", "inspect", made.id)
            #expect(shown.publish == ["8080:80", "[::]:53-54:53-54/udp", "127.0.0.1:9000:90"])
            #expect(try published(lab) == shown.publish)

            #expect(try lab.heddle("publish", "rm", "lan", box, "[0::0]:53-54:53-54/udp").status == 0)
            try lab.replaceDaemon()
            #expect(try published(lab) == ["8080:80", "127.0.0.1:9000:90"])
            #expect(Set(try lab.client.publishedPorts().map(\.number)).count == 2)
            try lab.client.detach(network: "lan", sandbox: box)
            #expect(try published(lab).isEmpty)
            let flows: [Flow] = try lab.json("flows", "lan")
            #expect(flows.isEmpty)
            #expect(try lab.inconsistencies() == [])
        }
    }

    @Test("A refused publish leaves nothing behind")
    func refusals() throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.61.0.0/24")
            try lab.makeNetwork("wire")
            _ = try lab.client.createNetwork(NetworkRequest(name: "inner", subnets: ["10.62.0.0/24"], internal: true))
            let web = try lab.makeSandbox("web").name
            let box = try lab.makeSandbox("box").name
            _ = try lab.client.attach(AttachRequest(network: "lan", sandbox: web, publish: ["8000-8009:80-89"]))
            let before = try lab.settledWorld()
            for (words, texts) in [
                ("attach lan \(box) -p 81:81 -p 8005:80", ["8005:80", "eth0@\(web) in lan", "publish rm lan \(web)"]),
                ("attach lan \(box) -p 81:81 -p 10.0.0.1:8005-8015:1-11", ["8005-8009/tcp"]),
                ("attach lan \(box) -p 81:81 -p [fd00::1]:80:80", ["has no IPv6 address"]),
                ("attach wire \(box) -p 80:80", ["wire has no subnet", "--subnet"]),
                ("attach inner \(box) -p 80:80", ["inner is internal", "--internal"]),
                ("attach lan \(box) --publish-mode relay", ["nothing is published"]),
                ("publish add lan \(box) 80:80", ["not attached to lan", web]),
                ("publish add lan \(web) 80:80 8000:80", ["8000/tcp"]), ("publish add lan \(web) 80", ["\"80\""]),
                ("publish add nowhere \(web) 80:80", ["\"nowhere\""]),
                ("publish rm lan \(web) 8000:80", ["8000:80 is not published", "8000-8009:80-89"]),
                ("publish rm lan \(web) 8000-8009:80-89/udp", ["is not published"]), ("flows nowhere", ["\"nowhere\""]),
            ] {
                let outcome = try lab.heddle(words.split(separator: " ").map(String.init))
                #expect(outcome.status == 1 && outcome.output.isEmpty, "\(words)")
                for text in texts { #expect(outcome.errors.contains(text), "\(words): \(outcome.errors)") }
            }
            #expect(try lab.changes(since: before) == [])
            #expect(try lab.client.publishedPorts().map(\.spec) == ["8000-8009:80-89"])
            // All that was refused is free.
            #expect(try lab.heddle("attach", "lan", box, "-p", "81:81", "-p", "8000:80/udp").status == 0)
        }
    }

    @Test("A sandbox that comes back has its ports again")
    func comingBack() throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.61.0.0/24")
            let box = try lab.makeSandbox("box")
            _ = try lab.client.attach(AttachRequest(network: "lan", sandbox: box.name, publish: ["8080:80"]))
            box.remove()
            #expect(try Patience.until { try published(lab) == ["(8080:80)"] })
            #expect(try lab.client.publishedPorts().first?.reason == "the endpoint is gone")
            #expect(
                try lab.client.publish(network: "lan", sandbox: box.name, specs: ["81:81"]).map(\.state) == [.waiting])
            _ = try lab.makeSandbox("box")
            #expect(try Patience.until { try published(lab) == ["8080:80", "81:81"] })
            #expect(try lab.client.endpoints().first?.publish == ["8080:80", "81:81"])
        }
    }

    @Test("A port that somebody took while nobody held it waits, says why, and opens when they leave")
    func takenMeanwhile() throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.61.0.0/24")
            let box = try lab.makeSandbox("box").name
            _ = try lab.client.attach(AttachRequest(network: "lan", sandbox: box, publish: ["8080:80", "9090:90"]))
            let engine = try lab.enginePID()
            try lab.killDaemon()
            kill(engine, SIGKILL)
            let thief = try lab.host.inside { try InternetSocket.stream("0.0.0.0") }
            var isOpen = true
            defer { if isOpen { close(thief) } }
            // The kernel closes what a killed process held when it is done with the process.
            #expect(Patience.until { (try? InternetSocket.bind(thief, "0.0.0.0", port: 8_080)) != nil })
            #expect(listen(thief, 1) == 0)
            try lab.start()
            #expect(try published(lab) == ["(8080:80)", "9090:90"])
            let reason = try #require(try lab.client.publishedPorts().first?.reason)
            #expect(reason.contains("8080/tcp"), "\(reason)")
            #expect(lab.logText.contains("It is tried again."))
            let table = try lab.heddle("publish", "ls")
            #expect(table.output.contains("waiting") && table.output.contains("8080/tcp"), "\(table.output)")
            close(thief)
            isOpen = false
            #expect(try Patience.until(.seconds(12)) { try published(lab) == ["8080:80", "9090:90"] })
            #expect(try lab.inconsistencies() == [])
        }
    }
}
