import Foundation
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// What is taken from a lab by hand is noticed, and made again.
@Suite("Labs: mends", .enabled(if: geteuid() == 0, "needs root"), .serialized, .labAlone)
struct LabMendTests {
    private struct Shape: Decodable {
        var state: String
    }

    private static let office = """
        networks: {lan: {subnet: 10.61.4.0/24}}
        nodes:
          a:
            networks: [{network: lan, address: 10.61.4.9, publish: "8461:80", impair: {delay: 1ms}}]
            files: {www/index.html: "hello\\n", /etc/motd: "x"}
            sysctls: {net.ipv4.ip_forward: 1, net.ipv4.ping_group_range: "0 100"}
            routes: [10.61.6.0/24 via 10.61.5.2]
          b: {networks: [lan]}
        links:
          - {ends: [a, b], subnet: 10.61.5.0/24, name: ab}
        """

    private func state(_ lab: LabRig) throws -> String? {
        let views: [Shape] = try lab.heddle.json("lab", "ls", lab.name)
        return views.first?.state
    }

    @Test func whateverIsTakenAwayIsMadeAgain() throws {
        try LabRig.run { lab in
            try lab.up(Self.office)
            #expect(try state(lab) == "up")
            let ways = [
                "ip address del 10.61.5.1/24 dev eth1", "ip link set eth0 down", "ip route del 10.61.6.0/24",
                "echo 0 > /proc/sys/net/ipv4/ip_forward", "echo 1 0 > /proc/sys/net/ipv4/ping_group_range",
                "rm index.html", "echo y > index.html", "rm -r $(dirname $PWD)",
            ]
            for way in ways {
                let outcome = try lab.exec("a", "sh", "-c", "cd www; \(way)")
                #expect(outcome.status == 0, "\(way): \(outcome)")
                try mended(lab, way)
            }
            let (network, sandbox) = ("\(lab.name)-lan", "\(lab.name)-a")
            try lab.heddle.client.unpublish(network: network, sandbox: sandbox, spec: "8461:80")
            try mended(lab, "unpublish")
            let request = ImpairmentRequest(
                sandbox: sandbox, network: network, inward: Impairment(), outward: Impairment())
            _ = try lab.heddle.client.impair(request)
            try mended(lab, "clear the impairment")
        }
    }

    private static let hosts = """
        underlay: 198.18.62.0/24
        hosts: {h1: {}, h2: {}}
        networks: {blue: {driver: overlay, subnet: 10.61.7.0/24}}
        nodes:
          m1: {host: h1, networks: [blue]}
          m2: {host: h2, networks: [{network: blue, address: 10.61.7.9}]}
        """

    @Test func namespacesThatLostTheirNamesAreMadeAnew() throws {
        try LabRig.run { lab in
            try lab.up(Self.hosts)
            for name in ["underlay", "h2", "m2"] {
                try NetworkNamespace.unpin(path: "/run/netns/\(lab.name)-\(name)")
                #expect(try state(lab) == "broken", "\(name)")
                try lab.up(Self.hosts)
                #expect(try lab.up(Self.hosts).output.contains("nothing to do"), "\(name)")
                #expect(try lab.pings("m1", "10.61.7.9"), "\(name)")
            }
        }
    }

    /// A daemon that nobody can ask is none, whether its process is there or not.
    @Test func aHostWithoutItsSocketIsMadeAnew() throws {
        try LabRig.run { lab in
            try lab.up(Self.hosts)
            #expect(unlink("/run/heddle/labs/\(lab.name)/hosts/h1/heddled.sock") == 0)
            let listed = try lab.heddle.heddle("lab", "ls", lab.name)
            #expect(listed.output.contains("the daemon of h1 is gone"), "\(listed)")
            try lab.up(Self.hosts)
            #expect(try lab.up(Self.hosts).output.contains("nothing to do"))
            #expect(try lab.pings("m1", "10.61.7.9"))
        }
    }

    /// The rig looks for daemons, engines, namespaces and files that stayed.
    @Test func whatHasNoNamespaceIsTakenDown() throws {
        try LabRig.run { lab in
            try lab.up(Self.hosts)
            for name in ["underlay", "h2", "m1"] {
                try NetworkNamespace.unpin(path: "/run/netns/\(lab.name)-\(name)")
            }
            let outcome = try lab.heddle.heddle("lab", "down", lab.name)
            #expect(outcome.status == 0, "\(outcome)")
            let files = (try? FileManager.default.contentsOfDirectory(atPath: "/etc/netns")) ?? []
            #expect(files.filter { $0.hasPrefix("\(lab.name)-") } == [])
        }
    }

    private func mended(_ lab: LabRig, _ way: String) throws {
        #expect(try state(lab) == "broken", "\(way)")
        try lab.up(Self.office)
        #expect(try state(lab) == "up", "\(way)")
        #expect(try lab.up(Self.office).output.contains("nothing to do"), "\(way)")
    }
}
