import Addresses
import Foundation
import HeddleAPI
import HeddleClient
import Netlink

/// All that Heddle could have made, as lines of text: what is there before and after something must be the same, or
/// must be what the API says.
struct World: Equatable, CustomStringConvertible {
    let lines: [String]

    var description: String { lines.joined(separator: "\n") }

    /// What is in one world and not in the other.
    func difference(to other: World) -> [String] {
        lines.filter { !other.lines.contains($0) }.map { "- " + $0 }
            + other.lines.filter { !lines.contains($0) }.map { "+ " + $0 }
    }
}

extension HeddleUnderTest {
    /// Looks at everything: interfaces with what they have, in all namespaces; networks, endpoints and ports by the API;
    /// open TAPs and descriptors of both processes; files.
    func world() throws -> World {
        var lines = try client.networks().map { "network \($0)" } + client.endpoints().map { "endpoint \($0)" }
        lines += try client.statistics().ports.map { "port \($0.port) of \($0.network)" }
        let status = try client.status()
        for (name, pid) in [("daemon", status.daemon.pid), ("engine", status.engine?.pid ?? 0)] {
            lines += ["\(name) \(pid) with \(descriptorCount(of: pid)) descriptors"]
        }
        lines += try interfaces(in: try host.open(), as: "host")
        lines += try interfaces(in: try NetworkNamespace.open(path: pin), as: "private")
        for (short, sandbox) in sandboxes where sandbox.exists {
            lines += try interfaces(in: try sandbox.open(), as: short)
        }
        lines += files().map { "file \($0)" }
        return World(lines: lines.sorted())
    }

    /// The world once nothing changes by itself any more: connections of clients that have just ended may still be open.
    func settledWorld() throws -> World {
        var last = try world()
        _ = try Patience.until(.seconds(2)) {
            Patience.pass(.milliseconds(30))
            let next = try world()
            defer { last = next }
            return next == last
        }
        return last
    }

    /// What is different now, after some patience.
    func changes(since before: World) throws -> [String] {
        var difference: [String] = []
        _ = try Patience.until(.seconds(3)) {
            difference = before.difference(to: try world())
            return difference.isEmpty
        }
        return difference
    }

    /// How many descriptors a process has open but for those that are about to be closed, as connections of clients are.
    private func descriptorCount(of pid: Int) -> Int {
        var least = Int.max
        for _ in 0..<4 {
            least = min(least, descriptors(of: pid).count)
            Patience.pass(.milliseconds(4))
        }
        return least
    }

    /// Descriptors that a process has open, as /proc shows them.
    func descriptors(of pid: Int) -> [String] {
        let folder = "/proc/\(pid)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
    }

    private func interfaces(in namespace: NetworkNamespace, as place: String) throws -> [String] {
        let route = try RouteSocket(in: namespace)
        return try route.links().map { link in
            let addresses = try route.addresses(link: link.index).map(\.prefix.description).sorted()
            return
                "interface \(link.index) \(link.name) in \(place): \(link.alias ?? "-") \(link.mac?.description ?? "-")"
                + " \(link.mtu) \(link.flags.rawValue) \(addresses)"
        }
    }
}

extension HeddleUnderTest {
    /// What is wrong with the world, by the API's own words: every endpoint has its interfaces, and nothing else is there.
    func inconsistencies() throws -> [String] {
        let (networks, endpoints) = (try client.networks(), try client.endpoints())
        let wired = endpoints.filter { $0.state == .up && $0.via != "adopted" }
        let withHostPort = networks.filter { !$0.subnets.isEmpty && $0.driver != "macvlan" }
        var wrong: [String] = []
        func compare(_ place: String, _ found: [String], _ expected: [String]) {
            if found.sorted() != expected.sorted() { wrong.append("\(place) has \(found), not \(expected)") }
        }
        let ofHost = try marked(try host.open(), besides: ownInterfaces)
        compare(
            "the host", ofHost.filter { !$0.hasPrefix("hdltx") },
            withHostPort.map { "hd-\($0.id.prefix(12)) \($0.id)" })
        compare(
            "the private namespace", try marked(try NetworkNamespace.open(path: pin), besides: ["lo"]),
            wired.filter { $0.via == "veth" }.map { "v\($0.port) \($0.id)" })
        for sandbox in sandboxes.values where sandbox.exists {
            compare(
                sandbox.name, try marked(try sandbox.open(), besides: ["lo", Self.ownInterface]),
                wired.filter { $0.sandbox == sandbox.name }.map { "\($0.ifname) \($0.id)" })
        }
        let rows = try client.statistics().ports
        let notInNetworks = ["vxlan", "uplink@", "parent@"]
        let ports = rows.filter { row in !notInNetworks.contains { row.port.hasPrefix($0) } }.count
        let parents = rows.count { $0.port.hasPrefix("parent@") }
        if parents != networks.count(where: { $0.driver == "macvlan" }) { wrong.append("there are \(parents) parents") }
        if ports != 2 * withHostPort.count + endpoints.count { wrong.append("there are \(ports) ports") }
        let overlays = networks.filter { $0.driver == "overlay" }
        let tunnels = Set(overlays.map { "\($0.options["local"] ?? "") \($0.options["port"] ?? "")" }).count
        let vxlan = rows.count { $0.port.hasPrefix("vxlan") }
        if vxlan != overlays.count + tunnels { wrong.append("there are \(vxlan) rows of overlays and tunnels") }
        // Older kernels have no such devices.
        let devices = ofHost.count { $0.hasPrefix("hdltx") }
        if devices != 0, devices != tunnels { wrong.append("there are \(devices) devices of tunnels, not \(tunnels)") }
        // One open TAP for each, in the daemon as in the engine; of a gateway one more for its name service.
        let taps = 2 * withHostPort.count + devices + wired.filter { $0.via == "tap" }.count
        let status = try client.status()
        for (name, pid) in [("daemon", status.daemon.pid), ("engine", status.engine?.pid ?? 0)] {
            let open = descriptors(of: pid).filter { $0 == "/dev/net/tun" }.count
            if open != taps { wrong.append("the \(name) has \(open) TAPs open, not \(taps)") }
        }
        return wrong
    }

    /// "name id" of what carries a mark, and the plain name of what carries none.
    private func marked(_ namespace: NetworkNamespace, besides known: Set<String>) throws -> [String] {
        try RouteSocket(in: namespace).links().filter { !known.contains($0.name) }.map { link in
            let id = (link.alias ?? "").split(separator: ":").last.map { " \($0)" } ?? ""
            return link.name + id
        }
    }
}
