import Foundation
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// The examples do what their comments say.
@Suite("Labs: examples", .enabled(if: geteuid() == 0, "needs root"), .serialized, .labAlone)
struct LabExampleTests {
    @Test func twoNodesAndASwitch() throws {
        try LabRig.run { lab in
            try lab.up(try LabRig.example("two-nodes"))
            let again = try lab.up(try LabRig.example("two-nodes"))
            #expect(again.output.contains("nothing to do"), "\(again.output)")
            #expect(try lab.pings("client", "web"), "by name")
            #expect(try lab.fetch("client", "http://10.60.1.10/") == "hello from web\n")
            // The file of the machine stays as it is.
            let motd = try lab.exec("web", "cat", "/etc/motd")
            #expect(motd.output == "This is the node web.\n", "\(motd.errors)")
            #expect((try? String(contentsOfFile: "/etc/motd", encoding: .utf8)) != motd.output)
            #expect(try lab.exec("client", "sh", "-c", "echo $SERVER; exit 7").output == "http://web/\n")
            #expect(try lab.exec("client", "sh", "-c", "exit 7").status == 7)
            #expect(try lab.exec("client", "cat", "/proc/sys/net/ipv4/tcp_congestion_control").output == "reno\n")
            let logs = try lab.heddle.heddle("lab", "logs", "--lab", lab.name, "client")
            #expect(logs.output.contains("$ ping -c 1") && logs.output.contains("1 received"), "\(logs.output)")
        }
    }

    @Test func vlans() throws {
        try LabRig.run { lab in
            try lab.up(try LabRig.example("vlans"))
            #expect(try lab.pings("sales1", "10.60.10.12"))
            #expect(try lab.pings("sales1", "10.60.20.11"))
            // The other floor is no hop; the way to the other department is one.
            let near = try lab.exec("sales1", "ping", "-c", "1", "-W", "1", "10.60.10.12")
            #expect(near.output.contains("ttl=64"), "\(near.output)")
            let far = try lab.exec("sales1", "ping", "-c", "1", "-W", "1", "10.60.20.11")
            #expect(far.output.contains("ttl=63"), "\(far.output)")
            let known = try lab.exec("sales1", "ip", "neigh").output
            #expect(known.contains("10.60.10.12") && known.contains("10.60.10.1 ") && !known.contains("10.60.20."))
            // Not without it: an address of the same subnet in another VLAN is not to be found, on the same floor.
            #expect(try lab.exec("stock1", "ip", "address", "add", "10.60.10.99/24", "dev", "eth0").status == 0)
            #expect(try lab.exec("sales1", "ping", "-c", "1", "-W", "1", "10.60.10.99").status == 1)
        }
    }

    @Test func threeHostsAndAnOverlay() throws {
        try LabRig.run { lab in
            try lab.up(try LabRig.example("three-hosts"))
            #expect(try lab.pings("alice", "10.60.2.3"), "bob")
            #expect(try lab.pings("alice", "10.60.2.4"), "carol")
            #expect(try lab.pings("dave", "carol"), "by the bridge of their host, and by name")
            #expect(try lab.pings("paris", "198.18.60.30"), "the underlay")
            let program = Programs.client
            let networks = try lab.exec("lima", program, "network", "ls", "--json").output
            #expect(networks.contains("\(lab.name)-blue") && networks.contains("\(lab.name)-local"))
            let down = try lab.heddle.heddle("lab", "down", lab.name)
            #expect(down.status == 0 && lab.leftovers().isEmpty, "\(down.errors) \(lab.leftovers())")
        }
    }

    @Test func natWithAPublishedWebServer() throws {
        try LabRig.run { lab in
            try lab.up(try LabRig.example("published-web"))
            #expect(try lab.fetch("client", "http://203.0.113.1:8080/") == "published by heddle\n")
            let seen = try lab.fetch("web", "http://203.0.113.2:8000/cgi-bin/whoami")
            #expect(seen == "203.0.113.1\n", "\(seen)")
        }
    }

    @Test func anImpairedWAN() throws {
        try LabRig.run { lab in
            try lab.up(try LabRig.example("impaired-wan"))
            #expect(try lab.pings("berlin", "10.60.7.2"))
            func median() throws -> Double {
                let output = try lab.exec("berlin", "ping", "-c", "9", "-i", "0.1", "10.60.7.2").output
                let times = output.split(separator: "\n").compactMap { line in
                    line.split(separator: "=").last.flatMap { Double($0.prefix { $0.isNumber || $0 == "." }) }
                }
                let sorted = times.prefix(9).sorted()
                return sorted.isEmpty ? -1 : sorted[sorted.count / 2]
            }
            #expect((40...50).contains(try median()))
            // Edited while it is up: nothing but the impairment is touched.
            let before = try (lab.namespace("berlin").identity, lab.index("router-a", "eth1"))
            let text = try LabRig.example("impaired-wan").replacingOccurrences(of: "delay: 20ms", with: "delay: 30ms")
            let outcome = try lab.up(text)
            #expect(outcome.output.contains("2 made"), "\(outcome.output)")
            #expect((60...70).contains(try median()))
            #expect(try lab.namespace("berlin").identity == before.0)
            #expect(try lab.index("router-a", "eth1") == before.1)
        }
    }
}
