import Addresses
import CLinux
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import SystemPackage

extension LabRunner {
    /// Throws if what shall be made would take the place of something that is not the lab's.
    func checkFree(_ thing: LabThing) throws(LabError) {
        switch thing {
        case .sandbox(let sandbox) where sandbox.existing == nil:
            try checkFree(namespace: paths.sandboxName(of: sandbox.node))
        case .underlay: try checkFree(namespace: paths.underlayName)
        case .network(let host, let request):
            let there = (try? client(host).networks()) ?? []
            if there.contains(where: { $0.name == request.name }) {
                let place = host.map { "heddle lab exec --lab \(paths.lab) \($0) -- " } ?? ""
                throw LabError(
                    "there is a network \(request.name) already, which is not this lab's",
                    hint: "Remove it with: \(place)heddle network rm \(request.name)")
            }
        default: break
        }
    }

    private func checkFree(namespace name: String) throws(LabError) {
        guard LabFiles.exists("\(LabPaths.names)/\(name)") else { return }
        throw LabError(
            "there is a namespace \(name) already, which is not this lab's",
            hint: "'ip netns pids \(name)' lists what runs in it. Remove it with: ip netns del \(name)")
    }

    /// Makes an item's thing; returns what is to be known of it.
    func build(_ item: LabItem) throws(LabError) -> [String: String] {
        switch item.thing {
        case .sandbox(let sandbox): return try makeSandbox(sandbox)
        case .underlay(let underlay): return try makeUnderlay(underlay)
        case .environment(let node, _): try LabFiles.makeDirectory(paths.work(of: node))
        case .file(let node, let path, let content): try LabFiles.write(content, to: paths.place(of: path, in: node))
        case .sysctl(let node, let key, let value): return try set(key, value, in: node)
        case .cable(let cable): try makeCable(cable)
        case .address(let node, let ifname, let prefix): try addAddress(prefix, to: ifname, of: node)
        case .daemon(let host, let arguments): return try startDaemon(host, arguments)
        case .route(let node, let destination, let gateway, let ifname):
            try addRoute(node, destination, gateway, ifname)
        case .command(let node, let words, let text):
            try run(words, text, key: item.key, in: node, within: item.timeout)
        case .process(let node, let name, let words): return try start(words, name, in: node)
        case .network, .peer, .endpoint, .impairment, .publish: return try ask(item.thing)
        }
        return [:]
    }

    private func makeSandbox(_ sandbox: LabThing.Sandbox) throws(LabError) -> [String: String] {
        try LabFiles.makeDirectory(paths.work(of: sandbox.node))
        if sandbox.existing != nil {
            let reference = try sandboxReference(of: sandbox)
            let namespace = try LabNamespaces.open(reference)
            return ["inode": "\(namespace.identity.inode)", "sandbox": reference]
        }
        let name = paths.sandboxName(of: sandbox.node)
        let namespace = try LabNamespaces.make(name)
        return ["inode": "\(namespace.identity.inode)", "sandbox": name]
    }

    private func makeUnderlay(_ underlay: LabThing.Underlay) throws(LabError) -> [String: String] {
        let namespace = try LabNamespaces.make(paths.underlayName)
        try LabNamespaces.ask(namespace) { (route: RouteSocket) throws(NetlinkError) in
            guard let name = InterfaceName(LabPaths.switchName) else { return }
            var options = BridgeOptions()
            // Nothing is to be learned about who listens to which group: all hosts hear all.
            options.multicastSnooping = false
            try route.createBridge(NewLink(name: name, mtu: UInt32(underlay.mtu), isUp: true), options: options)
        }
        return ["inode": "\(namespace.identity.inode)", "sandbox": paths.underlayName]
    }

    /// What the kernel made of the value is to be known: it may read otherwise than it was written.
    private func set(_ key: String, _ value: String, in node: String) throws(LabError) -> [String: String] {
        let namespace = try self.namespace(of: node)
        let done: (result: Int32, value: String?)
        do {
            done = try namespace.run { LabSysctl.set(key, value) }
        } catch {
            throw LabError("\(error)")
        }
        guard done.result < 0 else { return done.value.map { ["value": $0] } ?? [:] }
        let reason = Errno(rawValue: -done.result)
        let hint =
            reason == .noSuchFileOrDirectory ? "This kernel has no such setting, or there is no such interface." : nil
        throw LabError("setting \(key) to \(value.debugDescription): \(reason)", hint: hint)
    }

    private func makeCable(_ cable: LabThing.Cable) throws(LabError) {
        func link(_ end: LabThing.Cable.End) throws(LabError) -> NewLink {
            guard let name = InterfaceName(end.ifname) else { throw LabError("\(end.ifname) is no interface name") }
            return NewLink(name: name, mac: end.mac.flatMap { MACAddress($0) }, mtu: UInt32(cable.mtu), isUp: true)
        }
        let (near, far) = (try link(cable.near), try link(cable.far))
        let (here, there) = (try namespace(of: cable.near), try namespace(of: cable.far))
        try LabNamespaces.ask(here) { (route: RouteSocket) throws(NetlinkError) in
            try route.createVeth(near: near, far: far, farNamespace: there)
        }
        guard cable.far.node == nil else { return }
        do throws(LabError) {
            try LabNamespaces.ask(there) { (route: RouteSocket) throws(NetlinkError) in
                guard let port = try route.link(named: cable.far.ifname),
                    let bridge = try route.link(named: LabPaths.switchName)
                else { return }
                try route.setMaster(link: port.index, bridge.index)
            }
        } catch {
            removeCable(cable)
            throw error
        }
    }

    func namespace(of end: LabThing.Cable.End) throws(LabError) -> NetworkNamespace {
        guard let node = end.node else { return try LabNamespaces.open(paths.underlayName) }
        return try namespace(of: node)
    }

    private func addAddress(_ text: String, to ifname: String, of node: String) throws(LabError) {
        guard let prefix = IPPrefix(text) else { throw LabError("\(text) is no address") }
        let isThere = try LabNamespaces.ask(try namespace(of: node)) { (route: RouteSocket) throws(NetlinkError) in
            guard let link = try route.link(named: ifname) else { return false }
            try route.addAddress(link: link.index, prefix, noDuplicateDetection: true, replacing: true)
            return true
        }
        if !isThere { throw LabError("\(node) has no interface \(ifname)") }
    }

    private func addRoute(
        _ node: String, _ destination: String, _ gateway: String?, _ ifname: String?
    ) throws(LabError) {
        guard let prefix = IPPrefix(destination) else { throw LabError("\(destination) is no network") }
        let isThere = try LabNamespaces.ask(try namespace(of: node)) { (route: RouteSocket) throws(NetlinkError) in
            var index: Int32?
            if let ifname {
                guard let link = try route.link(named: ifname) else { return false }
                index = link.index
            }
            try route.replaceRoute(
                Route(to: prefix, via: gateway.flatMap { IPAddress($0) }, interfaceIndex: index))
            return true
        }
        if !isThere { throw LabError("\(node) has no interface \(ifname ?? "")") }
    }
}
