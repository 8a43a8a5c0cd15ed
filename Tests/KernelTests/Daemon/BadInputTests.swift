import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// What bad input gets: an error that names the thing, the reason and the way out; and nothing half made.
@Suite("Daemon: bad input", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct BadInputTests {
    /// A command line, and what its error must say: the thing, the reason, and the way out if there is one to tell.
    private struct Case {
        var words: [String]
        var texts: [String]
        var status: Int32

        init(_ words: String, _ texts: String..., status: Int32 = 1) {
            self.words = words.split(separator: " ").map { $0 == "EMPTY" ? "" : String($0) }
            self.texts = texts
            self.status = status
        }
    }

    @Test("Networks")
    func networks() throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.52.0.0/24", "fd52::/64")
            try join(lab, try lab.makeSandbox("neighbour"), host: "10.51.0.1/24", other: "10.51.0.2/24")
            let long = String(repeating: "n", count: 64)
            try expectRefusals(
                lab,
                [
                    Case("network create EMPTY", status: 64),
                    Case("network create -", "\"-\"", "first character", "Names begin with"),
                    Case("network create a/b", "\"a/b\"", "\"/\"", "Names begin with"),
                    Case("network create \(long)", long, "64 bytes", "63 characters"),
                    Case("network create lan", "\"lan\"", "already", "Choose another name"),
                    Case(
                        "network create x --driver host", "the driver host has one network",
                        "heddle attach host SANDBOX"),
                    Case("network create x --driver macvlan", "needs a parent", "--parent IFNAME"),
                    Case("network create x --driver macvlan --parent nothere.7", "\"nothere\"", "ip link"),
                    Case("network create x --driver macvlan --parent ad1 --mode hub", "\"hub\"", "passthru"),
                    Case("network create x --parent ad1", "\"parent\"", "--driver macvlan"),
                    Case("network create x --driver blue", "\"blue\"", "not a driver", "--driver bridge"),
                    Case("network create x --subnet 10.50.0.1/24", "10.50.0.1/24", "host bits", "10.50.0.0/24"),
                    Case("network create x --subnet 10.50.0.0", "10.50.0.0", "prefix"),
                    Case("network create x --subnet 10.50.0.0/33", "10.50.0.0/33", "32"),
                    Case("network create x --subnet 10.50.0.300/24", "10.50.0.300"),
                    Case("network create x --subnet fd50::1/64", "fd50::1/64", "host bits", "fd50::/64"),
                    Case("network create x --subnet 10.50.0.0/32", "10.50.0.0/32", "too small", "/30"),
                    Case("network create x --subnet 127.1.0.0/16", "127.1.0.0/16", "loopback"),
                    Case("network create x --subnet 224.0.0.0/24", "224.0.0.0/24", "multicast"),
                    Case("network create x --subnet fe80::/64", "fe80::/64", "link-local"),
                    Case("network create x --subnet 10.52.0.128/25", "10.52.0.128/25", "10.52.0.0/24", "lan"),
                    Case("network create x --subnet 10.0.0.0/8", "10.0.0.0/8", "10.5"),
                    Case("network create x --subnet fd52::/80", "fd52::/80", "fd52::/64", "lan"),
                    Case("network create x --subnet 10.51.0.0/25", "10.51.0.0/25", "10.51.0.0/24", "route"),
                    Case(
                        "network create x --subnet 10.50.0.0/24 --subnet 10.49.0.0/24", "10.49.0.0/24",
                        "two IPv4 subnets"),
                    Case(
                        "network create x --subnet 10.50.0.0/24 --gateway 10.49.0.1", "10.49.0.1", "no subnet",
                        "10.50.0.0/24"),
                    Case("network create x --subnet 10.50.0.0/24 --gateway 10.50.0.0", "10.50.0.0", "own address"),
                    Case("network create x --subnet 10.50.0.0/24 --gateway 10.50.0.255", "10.50.0.255", "broadcast"),
                    Case("network create x --gateway 10.50.0.1", "10.50.0.1", "no subnet", "--subnet"),
                    Case("network create x --subnet 10.50.0.0/24 --ip-range 10.49.0.0/28", "10.49.0.0/28", "no subnet"),
                    Case(
                        "network create x --subnet 10.50.0.0/24 --ip-range 10.50.0.1/32", "10.50.0.1/32", "no address"),
                    Case("network create x --mtu 67", "67", "68"),
                    Case("network create x --mtu 65536", "65536", "65521"),
                    Case("network create x --subnet fd50::/64 --mtu 1279", "1279", "fd50::/64", "1280"),
                    Case("network create x --mtu many", "many", status: 64),
                    Case("network inspect nowhere", "\"nowhere\"", "There is lan", "network create"),
                    Case("network rm nowhere", "\"nowhere\"", "There is lan"),
                    Case("stations nowhere", "\"nowhere\"", "There is lan"),
                    Case("endpoint ls nowhere", "\"nowhere\"", "There is lan"),
                    Case("endpoint inspect 0000", "\"0000\"", "endpoint ls"),
                    Case("network", status: 0),
                    Case("network create", "<name>", status: 64),
                    Case("weave", "weave", status: 64),
                ])
        }
    }

    @Test("Attaching", arguments: ["tap", "veth"])
    func attaching(via: String) throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.52.0.0/24")
            try lab.makeNetwork("back", "10.48.0.0/24")
            try lab.makeNetwork("wire")
            let first = try lab.attach(try lab.makeSandbox("first"), to: "lan", via: via)
            let box = try lab.makeSandbox("box").name
            let dead = try RunningProgram(try Programs.system("true"), [])
            #expect(dead.wait(within: .seconds(5)) == .exited(0))
            let gateway = try lab.client.stations(network: "lan").first { $0.port?.hasPrefix("hd-") == true }?.mac
            let suffix = " --via \(via)"
            let long = String(repeating: "i", count: 16)
            try expectRefusals(
                lab,
                [
                    Case("attach nowhere \(box)", "\"nowhere\"", "There is back, lan, wire", "network create"),
                    Case("attach lan nowhere", "\"nowhere\"", "/run/netns/nowhere does not exist", "ip netns"),
                    Case("attach lan EMPTY", status: 64),
                    Case("attach lan a\u{7}b", "control character"),
                    Case("attach lan /etc/passwd", "/etc/passwd", "not a network namespace", "/proc/PID/ns/net"),
                    Case("attach lan /dev/null", "/dev/null", "not a network namespace"),
                    Case("attach lan /nowhere/ns", "/nowhere/ns", "does not exist"),
                    Case("attach lan /proc/self/ns/mnt", "/proc/self/ns/mnt", "not a network namespace"),
                    Case("attach lan pid:\(dead.pid)", "pid:\(dead.pid)", "no such process", "`ps`"),
                    Case("attach lan pid:0", "\"pid:0\"", "not a process number"),
                    Case("attach lan pid:x", "\"pid:x\"", "not a process number"),
                    Case("attach lan pid:99999999999", "99999999999", "not a process number"),
                    Case("attach lan \(lab.host.name)", lab.host.name, "daemon's own namespace", "port adopt"),
                    Case(
                        "attach lan \(first.sandbox)" + suffix, first.sandbox, "attached to lan already",
                        "heddle detach"),
                    Case(
                        "attach back \(first.sandbox) --ifname eth0" + suffix, first.sandbox, "eth0 already", "--ifname"
                    ),
                    Case("attach lan \(box) --ifname \(long)" + suffix, long, "15"),
                    Case("attach lan \(box) --ifname a/b" + suffix, "a/b"),
                    Case("attach lan \(box) --ifname lo" + suffix, "lo already", "--ifname"),
                    Case("attach lan \(box) --ifname all" + suffix, "\"all\"", "every interface"),
                    Case(
                        "attach lan \(box) --ip 10.52.0.2" + suffix, "10.52.0.2", "in use by eth0@\(first.sandbox)",
                        "--ip"),
                    Case("attach lan \(box) --ip 10.52.0.1" + suffix, "10.52.0.1", "gateway"),
                    Case("attach lan \(box) --ip 10.52.0.0" + suffix, "10.52.0.0", "network address"),
                    Case("attach lan \(box) --ip 10.52.0.255" + suffix, "10.52.0.255", "broadcast"),
                    Case("attach lan \(box) --ip 10.48.0.9" + suffix, "10.48.0.9", "no subnet of lan", "10.52.0.0/24"),
                    Case(
                        "attach lan \(box) --ip 10.52.0.9/24" + suffix, "10.52.0.9/24", "prefix length", "bare address"),
                    Case("attach lan \(box) --ip nonsense" + suffix, "nonsense"),
                    Case(
                        "attach lan \(box) --ip 10.52.0.8 --ip 10.52.0.9" + suffix, "10.52.0.8", "10.52.0.9", "two IPv4"
                    ),
                    Case("attach wire \(box) --ip 10.52.0.9" + suffix, "10.52.0.9", "no subnet", "without --ip"),
                    Case("attach lan \(box) --mac 01:00:5e:00:00:01" + suffix, "01:00:5e:00:00:01", "group", "even"),
                    Case("attach lan \(box) --mac 00:00:00:00:00:00" + suffix, "00:00:00:00:00:00", "no station"),
                    Case("attach lan \(box) --mac 02:00:00" + suffix, "02:00:00"),
                    Case("attach lan \(box) --mac \(first.mac)" + suffix, first.mac, first.sandbox, "--mac"),
                    Case(
                        "attach lan \(box) --mac \(gateway ?? "-")" + suffix, gateway ?? "?", "gateway of lan", "--mac"),
                    Case("attach lan \(box) --vlan 0" + suffix, "VLAN 0", "1 to 4094"),
                    Case("attach lan \(box) --vlan 4095" + suffix, "VLAN 4095", "1 to 4094"),
                    Case("attach lan \(box) --vlan ten" + suffix, "ten", status: 64),
                    Case("attach lan \(box) --name -x" + suffix, status: 64),
                    Case("attach lan \(box) --name a_/" + suffix, "\"a_/\"", "Names begin with"),
                    Case("attach lan \(box) --alias .x" + suffix, "\".x\"", "Names begin with"),
                    Case("attach lan \(box) --via pigeon", "pigeon", "tap", "veth", status: 64),
                    Case("attach lan \(box) --publish 80" + suffix, "\"80\"", "port of the host", "HOSTPORT"),
                    Case("attach lan \(box) --publish 80:80/sctp" + suffix, "\"sctp\"", "tcp", "udp"),
                    Case("attach wire \(box) --publish 80:80" + suffix, "80:80", "wire has no subnet", "--subnet"),
                    Case("attach lan \(box) --publish 80:80 -p 80:81" + suffix, "80:81", "80/tcp already"),
                    Case("detach lan \(box)", box, "not attached to lan", first.sandbox),
                    Case("detach wire \(box)", box, "not attached to wire", "Nothing is"),
                    Case("detach nowhere \(box)", "\"nowhere\""),
                    Case("network rm lan", "lan is in use by eth0@\(first.sandbox)", "heddle detach lan"),
                ])
            // The range can be exhausted, and one endpoint more changes nothing.
            _ = try lab.client.createNetwork(
                NetworkRequest(name: "tiny", subnets: ["10.47.0.0/30"]))
            _ = try lab.attach(try lab.makeSandbox("last"), to: "tiny", via: via)
            try expectRefusals(
                lab, [Case("attach tiny \(box)" + suffix, "10.47.0.0/30", "all addresses", "larger subnet")])
        }
    }

    @Test("Adopting")
    func adopting() throws {
        try HeddleUnderTest.run { lab in
            let network = try lab.makeNetwork("lan", "10.52.0.0/24")
            try lab.makeNetwork("wire")
            let near = try join(lab, try lab.makeSandbox("guest"), host: nil, other: "10.52.0.50/24")
            _ = try lab.client.adopt(network: "wire", interface: near)
            let hostPort = "hd-" + network.id.prefix(12)
            let enslaved = try join(lab, try lab.makeSandbox("slave"), host: nil, other: "10.52.0.51/24")
            #expect(try lab.finish(try Programs.system("ip"), ["link", "add", "br7", "type", "bridge"]).status == 0)
            #expect(try lab.finish(try Programs.system("ip"), ["link", "set", enslaved, "master", "br7"]).status == 0)
            lab.ownInterfaces.insert("br7")
            let down = try join(lab, try lab.makeSandbox("down"), host: nil, other: "10.52.0.52/24")
            #expect(try lab.finish(try Programs.system("ip"), ["link", "set", down, "down"]).status == 0)
            try expectRefusals(
                lab,
                [
                    Case("port adopt lan lo", "lo is the loopback device", "Ethernet"),
                    Case("port adopt lan nothing0", "nothing0", "daemon's namespace", "ip link"),
                    Case("port adopt nowhere \(enslaved)", "\"nowhere\""),
                    Case("port adopt lan \(near)", near, "adopted by wire already", "port release \(near)"),
                    Case("port adopt lan \(hostPort)", hostPort, "Heddle's own"),
                    Case("port adopt lan \(enslaved)", enslaved, "belongs to br7", "nomaster"),
                    Case("port adopt lan \(down)", "\(down) is down", "ip link set \(down) up"),
                    Case("port adopt lan an-interface-name", "an-interface-name", "15"),
                    Case("port release nothing0", "nothing0", "endpoint ls"),
                    Case("network rm wire", "wire is in use by \(near)", "release"),
                ])
            // The bridge is the test's.
            #expect(try lab.finish(try Programs.system("ip"), ["link", "del", "br7"]).status == 0)
        }
    }

    /// Runs all cases; each must be refused with its words on standard error, nothing on standard output, and the world as
    /// it was.
    private func expectRefusals(_ lab: HeddleUnderTest, _ cases: [Case]) throws {
        let before = try lab.settledWorld()
        for entry in cases {
            let outcome = try lab.heddle(entry.words)
            let line = entry.words.joined(separator: " ")
            #expect(outcome.status == entry.status, "\(line): \(outcome.errors)")
            if entry.status == 0 { continue }
            #expect(outcome.output.isEmpty, "\(line): \(outcome.output)")
            #expect(outcome.errors.hasPrefix("heddle: "), "\(line): \(outcome.errors)")
            for text in entry.texts {
                #expect(outcome.errors.contains(text), "\(line): \"\(text)\" is not in: \(outcome.errors)")
            }
        }
        #expect(try lab.changes(since: before) == [])
    }
}
