import Foundation
import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// Names as programs in sandboxes ask for them, on a real kernel. Needs dig and dnsmasq.
@Suite("Daemon: names", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct NameServiceKernelTests {
    @Test("Names, aliases, addresses and NODATA, by UDP and TCP, of both families")
    func names() throws {
        try HeddleUnderTest.run { lab in
            let boxes = try ["a", "b", "c"].map { try lab.makeSandbox($0, ipv6: true) }
            try lab.makeNetwork("lan", "10.61.0.0/24", "fd61::/64")
            for (box, name) in zip(boxes, ["a", "b", "c"]) {
                try lab.attach(box, name: name, aliases: name == "a" ? [] : ["web"])
            }
            let file = try String(contentsOfFile: "/etc/netns/\(boxes[0].name)/resolv.conf", encoding: .utf8)
            #expect(file.contains("nameserver 10.61.0.1\n"))
            for server in ["10.61.0.1", "fd61::1"] {
                for transport in ["+notcp", "+tcp"] {
                    let words = ["@\(server)", transport]
                    #expect(try lab.dig(boxes[0], words + ["+short", "b"]) == "10.61.0.3\n")
                    #expect(try lab.dig(boxes[0], words + ["+short", "b.lan", "AAAA"]) == "fd61::3\n")
                    #expect(try lab.dig(boxes[0], words + ["+short", "-x", "fd61::4"]) == "c.lan.\n")
                    let web = try lab.dig(boxes[0], words + ["+short", "web"]).split(separator: "\n").sorted()
                    #expect(web == ["10.61.0.3", "10.61.0.4"])
                    #expect(try lab.status(boxes[0], words + ["nosuch"]) == "NXDOMAIN")
                    #expect(try lab.status(boxes[0], words + ["b", "MX"]) == "NOERROR")
                }
            }
            #expect(try lab.dig(boxes[0], ["@10.61.0.1", "+noall", "+answer", "B.lAN"]).hasPrefix("B.lAN."))
            let firsts = try (0..<24).map { _ in
                try lab.dig(boxes[0], ["@10.61.0.1", "+short", "web"]).split(separator: "\n").first.map(String.init)
            }
            #expect(Set(firsts).count == 2, "both come first in their turn")
            let second = AttachRequest(network: "lan", sandbox: try lab.makeSandbox("d").name, name: "B")
            #expect(throws: (any Error).self) { try lab.client.attach(second) }
            // What goes is forgotten, with its file.
            try lab.client.detach(network: "lan", sandbox: boxes[1].name)
            #expect(try lab.status(boxes[0], ["@10.61.0.1", "b"]) == "NXDOMAIN")
            #expect(access("/etc/netns/\(boxes[1].name)", F_OK) != 0)
            let counts = try #require(try lab.client.network(named: "lan").names)
            #expect(counts.questions == counts.answered && counts.questions > 40)
        }
    }

    @Test("Names outlive the daemon's and the engine's death")
    func deaths() throws {
        try HeddleUnderTest.run { lab in
            let (a, b) = (try lab.makeSandbox("a"), try lab.makeSandbox("b"))
            try lab.makeNetwork("lan", "10.62.0.0/24")
            try lab.attach(a, name: "a")
            try lab.attach(b, name: "b")
            try lab.killDaemon()
            try lab.start()
            #expect(try lab.dig(a, ["@10.62.0.1", "+short", "b"]) == "10.62.0.3\n")
            _ = try lab.killEngine()
            let isBack = try Patience.until {
                try lab.dig(a, ["@10.62.0.1", "+time=1", "+short", "b"]) == "10.62.0.3\n"
            }
            #expect(isBack)
            #expect(try lab.dig(a, ["@10.62.0.1", "+tcp", "+short", "b"]) == "10.62.0.3\n")
        }
    }

    @Test("A dnsmasq on the host's port 53 and a firewall before it don't matter, and the host's resolver is asked")
    func host() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            try lab.start(["--dns", "127.0.0.1"])
            let (a, inner) = (try lab.makeSandbox("a"), try lab.makeSandbox("inner"))
            let upstream = try RunningProgram(
                try Programs.system("dnsmasq"),
                [
                    "--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--pid-file=",
                    "--address=/upstream.test/192.0.2.9", "--address=/a/192.0.2.66",
                ], in: try lab.host.open())
            defer { upstream.kill() }
            for transport in ["udp", "tcp"] {
                let rule = ["add", "rule", "inet", "f", "in", "iifname", "!=", "lo", transport, "dport", "53", "drop"]
                _ = try lab.finish(try Programs.system("nft"), ["add", "table", "inet", "f"])
                _ = try lab.finish(
                    try Programs.system("nft"), ["add chain inet f in { type filter hook input priority 0 ; }"])
                #expect(try lab.finish(try Programs.system("nft"), rule).status == 0)
            }
            try lab.makeNetwork("lan", "10.63.0.0/24")
            _ = try lab.client.createNetwork(
                NetworkRequest(name: "inn", subnets: ["10.64.0.0/24"], internal: true))
            try lab.attach(a, name: "a")
            _ = try lab.client.attach(AttachRequest(network: "inn", sandbox: inner.name, name: "inner"))
            for transport in ["+notcp", "+tcp"] {
                #expect(try lab.dig(a, ["@10.63.0.1", transport, "+short", "-q", "a"]) == "10.63.0.2\n")
                let isAsked = try Patience.until {
                    try lab.dig(a, ["@10.63.0.1", transport, "+short", "upstream.test"]) == "192.0.2.9\n"
                }
                #expect(isAsked)
                #expect(try lab.status(inner, ["@10.64.0.1", transport, "upstream.test"]) == "REFUSED")
                #expect(try lab.dig(inner, ["@10.64.0.1", transport, "+short", "inner"]) == "10.64.0.2\n")
            }
            // Neither network knows the other's names.
            #expect(try lab.status(a, ["@10.63.0.1", "inner"]) == "NXDOMAIN")
            #expect(try lab.status(inner, ["@10.64.0.1", "-q", "a"]) == "NXDOMAIN")
        }
    }
}
