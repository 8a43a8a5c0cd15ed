import Addresses
import Glibc
import Netlink

/// What the kernel says of a namespace: asked once, with all its interfaces.
struct LabNamespaceSight {
    /// Whether anything can be told: who may not enter a namespace sees nothing of it, and takes all to be there.
    private let isBlind: Bool
    private var links: [String: Link] = [:]
    private var addresses: Set<Placed<IPPrefix>> = []
    private var routes: [Route] = []
    private var settings: [String: String] = [:]

    private struct Placed<Value: Hashable>: Hashable {
        var link: Int32
        var value: Value
    }

    /// Looks into what somebody calls SANDBOX; of one that is not there nothing is there. Reads these kernel settings.
    init(_ sandbox: String, settings keys: [String]) {
        isBlind = geteuid() != 0
        guard !isBlind, let namespace = try? LabNamespaces.open(sandbox) else { return }
        _ = try? LabNamespaces.ask(namespace) { (route: RouteSocket) throws(NetlinkError) in
            links = Dictionary(try route.links().map { ($0.name, $0) }) { first, _ in first }
            addresses = Set(try route.addresses().map { Placed(link: $0.interfaceIndex, value: $0.prefix) })
            routes = try route.routes()
        }
        guard !keys.isEmpty else { return }
        settings = (try? namespace.run { LabSysctl.values(of: keys) }) ?? [:]
    }

    /// Whether there is an interface that is set up.
    func hasLink(_ name: String, kind: String? = nil) -> Bool {
        guard !isBlind else { return true }
        guard let link = links[name], link.isUp else { return false }
        return kind == nil || link.kind == kind
    }

    /// Whether one interface is a port of another.
    func isPort(_ name: String, of bridge: String) -> Bool {
        isBlind || hasLink(bridge) && links[name]?.master == links[bridge]?.index
    }

    /// Whether an interface has all of these, each with prefix length.
    func hasAddresses(_ texts: [String], of ifname: String) -> Bool {
        guard !isBlind, !texts.isEmpty else { return true }
        guard let link = links[ifname] else { return false }
        return texts.allSatisfy { text in
            IPPrefix(text).map { addresses.contains(Placed(link: link.index, value: $0)) } ?? true
        }
    }

    /// Whether there is such a route; nil: whichever way it goes.
    func hasRoute(to destination: String, via gateway: String?, of ifname: String?) -> Bool {
        guard !isBlind, let prefix = IPPrefix(destination) else { return true }
        let router = gateway.flatMap { IPAddress($0) }
        let link = ifname.map { links[$0]?.index ?? -1 }
        return routes.contains { route in
            guard route.destination == prefix, route.kind == .unicast else { return false }
            let one = Route.NextHop(interfaceIndex: route.interfaceIndex ?? -1, gateway: route.gateway, weight: 1)
            return ([one] + route.nextHops).contains { hop in
                (router == nil || hop.gateway == router) && (link == nil || hop.interfaceIndex == link)
            }
        }
    }

    /// Whether a kernel setting reads like this.
    func hasSetting(_ key: String, _ value: String) -> Bool {
        isBlind || settings[key] == value
    }
}

/// Kernel settings of the namespace that the thread is in.
enum LabSysctl {
    /// Where one lies. As in sysctl(8), a slash in a name is a dot of an interface's name.
    static func path(of key: String) -> String {
        "/proc/sys/" + String(key.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
    }

    /// Sets one; returns what the kernel says of it afterwards (nil: nothing, as of those that only are written), or an
    /// error's number below zero.
    static func set(_ key: String, _ value: String) -> (result: Int32, value: String?) {
        let file = open(path(of: key), O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return (-errno, nil) }
        let result = write(file, value, value.utf8.count) < 0 ? -errno : 0
        close(file)
        return (result, result < 0 ? nil : self.value(of: key))
    }

    /// What the kernel says of some.
    static func values(of keys: [String]) -> [String: String] {
        var values: [String: String] = [:]
        for key in keys { values[key] = value(of: key) }
        return values
    }

    private static func value(of key: String) -> String? {
        LabFiles.read(path(of: key))
    }
}
