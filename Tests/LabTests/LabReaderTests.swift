import Addresses
import HeddleAPI
import Testing

@testable import Lab

/// Reading lab files: what is understood, and all that is wrong at once, with lines and keys.
struct LabReaderTests {
    static func read(_ text: String) throws(LabProblems) -> LabDescription {
        try LabReader.read(text, file: "lab.yaml") { $0 != "nonesuch" }
    }

    /// The lines that are printed of a file.
    static func problems(_ text: String) -> [String] {
        do throws(LabProblems) {
            _ = try read(text)
            return []
        } catch {
            return error.description.split(separator: "\n").map(String.init)
        }
    }

    @Test func aWholeFileIsUnderstood() throws {
        let lab = try Self.read(
            """
            name: office
            networks:
              lan: {subnet: [10.0.0.0/24, "fd00:1::/64"], mtu: 1400}
              wire:
            nodes:
              web:
                networks:
                  - network: lan
                    address: 10.0.0.9
                    aliases: [www]
                    publish: 8080:80
                    impair: {in: "delay 20ms loss 1%", out: {rate: 10mbit}}
                  - wire
                files: {/etc/motd: "hi\\n", index.html: x}
                sysctls: {net.ipv4.ip_forward: 1}
                run: [ip link, [ping, -c, 1, 10.0.0.1]]
                start: {http: httpd -f, other: {command: [sleep, "5"]}}
                routes: [default via 10.0.0.1, {to: 10.9.0.0/16, ifname: eth1}]
              db: {networks: [lan]}
            links:
              - [web, db]
              - {ends: [{node: web, address: 10.2.0.1/30}, db], name: second, impair: {delay: 5ms}}
            """)
        #expect(lab.name == "office" && lab.networks.map(\.name) == ["lan", "wire"])
        #expect(lab.networks[0].request.mtu == 1_400 && lab.networks[0].subnets.count == 2)
        let web = lab.nodes[0]
        #expect(web.attachments.map(\.network) == ["lan", "wire"])
        #expect(web.attachments[0].publish == ["8080:80"] && web.attachments[0].aliases == ["www"])
        let impairment = try #require(web.attachments[0].impairment)
        #expect(impairment.inward?.delay == "20ms" && impairment.inward?.loss == "1%")
        #expect(impairment.outward?.rate == "10mbit")
        #expect(web.commands.map(\.words) == [["sh", "-c", "ip link"], ["ping", "-c", "1", "10.0.0.1"]])
        #expect(web.processes.map(\.name) == ["http", "other"])
        #expect(web.routes.map(\.destination.description) == ["0.0.0.0/0", "10.9.0.0/16"])
        #expect(lab.links.map(\.name) == ["web-db", "second"])
    }

    @Test func commandsHaveATimeout() throws {
        let lab = try Self.read(
            """
            nodes:
              a: {run: [x, {command: [y, z], timeout: 90s}, {command: z, timeout: never}, {command: u}]}
              b: {run: {command: x, timeout: 1h}}
            """)
        let usual = LabCommand.usualTimeout
        #expect(lab.nodes[0].commands.map(\.timeout) == [usual, .seconds(90), nil, usual])
        #expect(lab.nodes[0].commands.map(\.text) == ["x", "y z", "z", "u"])
        #expect(lab.nodes[1].commands.map(\.timeout) == [.seconds(3_600)])
    }

    @Test func aSingleValueStandsForAList() throws {
        let lab = try Self.read(
            """
            networks: {n: {subnet: 10.0.0.0/24}}
            nodes:
              a: {networks: n, routes: default via 10.0.0.1}
              b: {networks: {network: n, address: 10.0.0.9, publish: "80:80"}, routes: {to: 10.9.0.0/16, ifname: eth0}}
              c: {networks: , routes: []}
            links: {ends: [a, b], name: wire}
            """)
        #expect(lab.nodes.map { $0.attachments.map(\.network) } == [["n"], ["n"], []])
        #expect(lab.nodes.map(\.routes.count) == [1, 1, 0])
        #expect(lab.nodes[1].attachments[0].place.path == "nodes.b.networks" && lab.links.map(\.name) == ["wire"])
    }

    @Test func times() {
        for text in ["1ms", "700ms", "90s", "2m", "10m", "48h", "8784h"] {
            #expect(LabTime.parse(text).map { LabTime.text($0) } == text)
        }
        #expect(LabTime.parse("120s").map { LabTime.text($0) } == "2m")
        for text in ["", "0s", "5", "s", "-1s", "1.5s", "1 s", "5S", "8785h", "99999999999h", "999999999999s", "１s"] {
            #expect(LabTime.parse(text) == nil, "\(text)")
        }
    }

    @Test func allProblemsAreToldAtOnceWithTheirLines() {
        let lines = Self.problems(
            """
            name: office
            networks:
              lan: {subnet: 10.0.0.0/24}
              wan: {subnet: 10.0.0.128/25}
            nodes:
              web:
                networks:
                  - network: lam
                  - {network: lan, address: 10.7.0.9}
                netwroks: []
                run: [nonesuch --now]
              db:
                networks: [{network: lan, vlan: 5000}, {network: wan, impair: {loss: 2}}]
                start: {x: {}}
            links:
              - [web, dv]
            """)
        #expect(
            lines == [
                "lab.yaml:4: networks.wan: the subnet 10.0.0.128/25 overlaps 10.0.0.0/24 of the network lan (line 3)",
                "lab.yaml:8: nodes.web.networks[0]: there is no network \"lam\"; did you mean \"lan\"?",
                "lab.yaml:9: nodes.web.networks[1]: the address 10.7.0.9 is outside the network lan, which is 10.0.0.0/24",
                "lab.yaml:10: nodes.web.netwroks: unknown key \"netwroks\"; did you mean \"networks\"?",
                "lab.yaml:11: nodes.web.run[0]: there is no program \"nonesuch\" in PATH: install it, or say its path",
                "lab.yaml:13: nodes.db.networks[0].vlan: \"5000\" is not a whole number from 1 to 4094",
                "lab.yaml:13: nodes.db.networks[1].impair.loss: \"2\" is no percentage: write a number and %, as 0.5%",
                "lab.yaml:14: nodes.db.start.x: there is no command: add one",
                "lab.yaml:16: links[0][1]: there is no node \"dv\"; did you mean \"db\"?",
            ])
    }

    @Test func aNameThatIsThereTwiceIsToldBesideTheOthers() {
        let lines = Self.problems(
            """
            nodes:
              web: {}
              db: {rum: x}
              web: {}
              "db": {}
            """)
        #expect(
            lines == [
                "lab.yaml:3: nodes.db.rum: unknown key \"rum\"; did you mean \"run\"?",
                "lab.yaml:4: nodes.web: \"web\" is there twice; the first is in line 2",
                "lab.yaml:5: nodes.db: \"db\" is there twice; the first is in line 3",
            ])
    }

    @Test(arguments: [
        ("", "empty"), ("nodes: [", "no YAML"), ("nodes: 5", "not a mapping"), ("- x", "not a mapping"),
        ("nodes: {}", "no nodes"), ("nodes: {a/b: {}}", "other letters"), ("nodes: {a: {run: \"\"}}", "missing"),
        ("nodes: {a: {run: [[]]}}", "missing"), ("nodes: {a: {networks: lan}}", "a.networks: there is no network"),
        ("nodes: {a: {sysctls: {kernel.x: 1}}}", "begin with net."), ("nodes: {a: {files: {../x: y}}}", "no path"),
        ("nodes: {a: {sandbox: a/b}}", "relative path"), ("nodes: {a: {routes: [x]}}", "a route is written"),
        ("nodes: {a: {routes: [10.0.0.1/8 via 10.0.0.2]}}", "10.0.0.0/8"), ("nodes: {a: {host: h}}", "no host"),
        ("nodes: {a: {}}\nhosts: {h: {}}\nunderlay: 10.0.0.0/33", "10.0.0.0/33"),
        ("nodes: {a: {}}\nunderlay: 10.0.0.0/24", "there are none"), ("nodes: {a: {}}\nlinks: [[a, a]]", "both ends"),
        ("nodes: {a: {}, b: {}}\nlinks: [[a]]", "two ends"), ("nodes: {a: {}}\nnetworks: {n: {vni: 5}}", "overlay"),
        ("nodes: {a: {}}\nnetworks: {n: {driver: overlay}}", "needs vni"),
        ("nodes: {a: {}}\nnetworks: {n: {subnet: 10.0.0.1/24}}", "10.0.0.1/24"),
        ("nodes: {a: {networks: [n, n]}}\nnetworks: {n: {}}", "twice"),
        ("nodes: {a: {networks: [{network: n, address: 10.0.0.1}]}}\nnetworks: {n: {subnet: 10.0.0.0/24}}", "gateway"),
        ("nodes: {a: {networks: [n]}, b: {networks: [n]}}\nnetworks: {n: {subnet: 10.0.0.0/30}}", "too few"),
        ("nodes: {a: {run: {command: x, timeout: 5}}}", "a.run.timeout: \"5\" is no time to wait"),
        ("nodes: {a: {run: [{timeout: 5s}]}}", "a.run[0]: there is no command"),
        ("nodes: {a: {run: [{command: x, timeuot: 5s}]}}", "did you mean \"timeout\""),
        ("name: x/y\nnodes: {a: {}}", "other letters"), ("nodes: &a {b: *a}", "lab.yaml:1"),
    ])
    func refuses(_ text: String, _ part: String) {
        let lines = Self.problems(text)
        #expect(!lines.isEmpty && lines.contains { $0.contains(part) }, "\(lines)")
        #expect(lines.allSatisfy { $0.hasPrefix("lab.yaml:") }, "\(lines)")
    }

    @Test func aliasesThatStandForMoreThanMemoryAreRefused() {
        var text = "x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n"
        for level in 1...9 {
            let list = [String](repeating: "*x\(level - 1)", count: 10).joined(separator: ", ")
            text += "x\(level): &x\(level) [\(list)]\n"
        }
        #expect(!Self.problems(text + "nodes: {a: {networks: *x9}}\n").isEmpty)
    }

    @Test func hostsAndOverlaysArePlaced() throws {
        let lab = try Self.read(
            """
            underlay: 198.18.0.0/24
            hosts: {one: {}, two: {address: 198.18.0.1}, three: {}}
            networks: {blue: {driver: overlay, subnet: 10.0.0.0/24}}
            nodes: {a: {host: one, networks: [blue]}, b: {host: three, networks: [blue]}}
            """)
        #expect(
            lab.hosts.map { LabPlacement.address(of: $0, in: lab)?.description } == [
                "198.18.0.2", "198.18.0.1", "198.18.0.3",
            ])
        #expect(LabPlacement.hosts(of: lab.networks[0], in: lab) == ["one", "three"])
    }

    @Test func nearestWords() {
        #expect(NearestWord.find("netwroks", in: LabKeys.node) == "networks")
        #expect(NearestWord.find("Run", in: LabKeys.node) == "run" && NearestWord.find("", in: ["h"]) == nil)
        #expect(NearestWord.find("quite-other", in: LabKeys.node) == nil)
        #expect(NearestWord.distance("", "abc") == 3 && NearestWord.distance("lna", "lan") == 1)
        #expect(NearestWord.distance("lan", "lan") == 0 && NearestWord.distance("kitten", "sitting") == 3)
        // Without one that is near, what there is.
        #expect(NearestWord.hint("zz", in: ["lan", "wan"]) == "; there are lan, wan")
        #expect(NearestWord.hint("zz", in: ["lan"]) == "; there is lan" && NearestWord.hint("zz", in: []).isEmpty)
    }
}
