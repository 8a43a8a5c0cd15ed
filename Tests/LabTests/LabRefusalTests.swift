import Testing

@testable import Lab

/// What `check` refuses because `up` or `down` would fail with it.
struct LabRefusalTests {
    private static func problems(_ text: String) -> [String] { LabReaderTests.problems(text) }

    @Test func theLabSaysItselfWhereADaemonIs() {
        let found = Self.problems(
            """
            hosts:
              h: {arguments: [--workers, "2", --socket=/tmp/s, --state-dir, /tmp/d]}
              i: {arguments: --teardown}
            """)
        #expect(
            found == [
                "lab.yaml:2: hosts.h.arguments[2]: the lab says --socket itself: leave it out",
                "lab.yaml:2: hosts.h.arguments[3]: the lab says --state-dir itself: leave it out",
                "lab.yaml:3: hosts.i.arguments: the lab says --teardown itself: leave it out",
            ])
    }

    @Test func publishedPortsAreLookedInto() {
        let found = Self.problems(
            """
            networks: {lan: {subnet: 10.0.0.0/24}, bare: , in: {subnet: 10.0.1.0/24, internal: true}}
            nodes:
              a:
                networks:
                  - {network: lan, publish: ["x:y", "8080:80", "53:53/udp", "60000-62000:60000-62000"]}
                  - {network: bare, publish: "81:80"}
                  - {network: in, publish: "82:80"}
              b:
                networks:
                  - {network: lan, publish: ["127.0.0.1:8080:81", "53:53", "[::1]:90:90"]}
            """)
        #expect(
            found == [
                "lab.yaml:5: nodes.a.networks[0].publish[0]: cannot publish \"x:y\": \"x\" is no port of the host. Ports are"
                    + " numbers from 1 to 65535 without leading zeros; a range is FIRST-LAST.",
                "lab.yaml:5: nodes.a.networks[0].publish[3]: 60000-62000:60000-62000 can't be published: the host's ports"
                    + " 61440 to 65535 are kept for what leaves its networks",
                "lab.yaml:6: nodes.a.networks[1].publish: 81:80 can't be published: the network bare has no subnet: add one",
                "lab.yaml:7: nodes.a.networks[2].publish: 82:80 can't be published: the network in is internal",
                "lab.yaml:10: nodes.b.networks[0].publish[0]: 127.0.0.1:8080:81: the host's port 8080 leads to a already"
                    + " (8080:80, line 5)",
                "lab.yaml:10: nodes.b.networks[0].publish[2]: [::1]:90:90 can't be published: the network lan has no IPv6"
                    + " subnet",
            ])
    }

    /// Each host has ports of its own.
    @Test func hostsHaveTheirOwnPorts() throws {
        _ = try LabReaderTests.read(
            """
            underlay: 198.18.0.0/24
            hosts: {h: , i: }
            networks: {lan: {subnet: 10.0.0.0/24}, lam: {subnet: 10.0.1.0/24}}
            nodes:
              a: {host: h, networks: [{network: lan, publish: "80:80"}]}
              b: {host: i, networks: [{network: lam, publish: "80:80"}]}
            """)
    }

    @Test(arguments: [
        ("nodes:\n\ta: {}", 2, "this is no YAML: a tab can't indent: use spaces"),
        ("nodes:\n  é:\n    x: \u{7}", 3, "this is no YAML: control characters are not allowed"),
        ("nodes:\n  a: @x", 2, "this is no YAML: no value begins with \"@\": put it in quotes"),
        ("nodes: {a: {}}\n---\nnodes: {b: {}}", 2, "one document is read; a second begins at line 2"),
        (
            "nodes: " + String(repeating: "[", count: 1_200), 1,
            "the lists and mappings lie too deep in each other: 1000 are possible"
        ),
        (
            "nodes: {\"x\\ny\": {}}", 1,
            "nodes.x\\ny: the name \"x\\ny\" has other letters than a-z, A-Z, 0-9, - and _, or begins with - or _"
        ),
        (
            "nodes: {a: {networks: {network: n, impair: {delay: 5ms, in: {loss: 1%}}}}}\nnetworks: {n: }", 1,
            "nodes.a.networks.impair.delay: settings for both directions don't go with in and out: write delay in each of"
                + " them"
        ),
    ])
    func words(text: String, line: Int, message: String) {
        #expect(Self.problems(text) == ["lab.yaml:\(line): \(message)"])
    }

    @Test func whatTheKernelOrTheDaemonWouldRefuse() {
        let found = Self.problems(
            """
            networks: {link-a-b: , lan: , wan: }
            nodes:
              a:
                networks: [{network: lan, ifname: lo}, {network: wan, mac: "01:00:5e:00:00:01"}]
                files: {d: 1, d/e/f: 2, /proc/version: x, /sys/y: z, d2: 3}
                routes: [10.9.0.0/16 dev eth7, 10.8.0.0/16 dev eth1, 10.7.0.0/16 dev lo]
                environment: {"a b": 1, "a=b": 2, "": 3, "a\\nb": 4, "a\\0b": 5, GOOD: 6}
              b: {networks: [{network: lan, mac: "00:00:00:00:00:00"}]}
            links: [[a, b]]
            """)
        let unnamed = "is no variable's name: it can't be empty, or have blanks, line ends or '=' in it"
        #expect(
            found == [
                "lab.yaml:1: networks.link-a-b: the link a-b (line 9) makes a network of this name: use another name",
                "lab.yaml:4: nodes.a.networks[0].ifname: lo is there in each node: use another name",
                "lab.yaml:4: nodes.a.networks[1].mac: 01:00:5e:00:00:01 is a group address, which no station can have: its"
                    + " first octet must be even",
                "lab.yaml:5: nodes.a.files./proc/version: below /proc and /sys are no files, but the kernel's settings: use"
                    + " sysctls, or another path",
                "lab.yaml:5: nodes.a.files./sys/y: below /proc and /sys are no files, but the kernel's settings: use"
                    + " sysctls, or another path",
                "lab.yaml:5: nodes.a.files.d/e/f: \"d\" is a file, too: it can't be this one's directory",
                "lab.yaml:6: nodes.a.routes[0]: a has no interface \"eth7\"; there are eth0, eth1, lo",
                "lab.yaml:7: nodes.a.environment: a key has a zero byte in it",
                "lab.yaml:7: nodes.a.environment.a b: \"a b\" \(unnamed)",
                "lab.yaml:7: nodes.a.environment.a=b: \"a=b\" \(unnamed)",
                "lab.yaml:7: nodes.a.environment.: \"\" \(unnamed)",
                "lab.yaml:7: nodes.a.environment.a\\nb: \"a\\nb\" \(unnamed)",
                "lab.yaml:8: nodes.b.networks[0].mac: no station can have the MAC address 00:00:00:00:00:00",
            ])
    }
}
