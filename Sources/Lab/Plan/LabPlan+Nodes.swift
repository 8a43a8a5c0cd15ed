import AddressManagement
import Addresses
import HeddleAPI

extension LabPlan {
    /// A node's namespace and what does not need interfaces.
    mutating func addSandbox(_ node: LabNode, isHost: Bool) {
        let key = add(
            "sandbox:\(node.name)", .sandbox(.init(node: node.name, existing: node.sandbox, isHost: isHost)))
        var variables = Dictionary(node.environment.map { ($0.key, $0.value) }) { _, last in last }
        if isHost { variables["HEDDLE_SOCKET"] = LabPaths(lab: lab.name).socket(ofHost: node.name) }
        add("environment:\(node.name)", .environment(node: node.name, variables: variables), on: [key])
        for file in node.files {
            add(
                "file:\(node.name):\(file.path)", .file(node: node.name, path: file.path, content: file.content),
                on: [key])
        }
        if let resolver = resolver(of: node) {
            let path = "/etc/resolv.conf"
            add(
                "file:\(node.name):\(path)",
                .file(node: node.name, path: path, content: "nameserver \(resolver)\n"), on: [key])
        }
        let interfaces = choices.interfaces[node.name] ?? []
        for setting in node.sysctls where !LabPlan.names(setting.key, oneOf: interfaces) {
            settingKeys[node.name, default: []].append(addSysctl(setting, of: node, on: [key]))
        }
    }

    private mutating func addSysctl(_ setting: LabSetting, of node: LabNode, on foundations: [String]) -> String {
        add(
            "sysctl:\(node.name):\(setting.key)",
            .sysctl(node: node.name, key: setting.key, value: setting.value), on: foundations)
    }

    /// Whether a kernel setting is one interface's, as net.ipv4.conf.eth0.rp_filter.
    private static func names(_ key: String, oneOf interfaces: [String]) -> Bool {
        let parts = key.split(separator: ".")
        return parts.count > 3 && interfaces.contains(String(parts[3]))
    }

    /// Who answers a node's questions for names: the gateway of its first network that has one. nil: the node has a file
    /// of its own, or nobody does.
    private func resolver(of node: LabNode) -> IPAddress? {
        guard node.sandbox == nil, !node.files.contains(where: { $0.path == "/etc/resolv.conf" }) else { return nil }
        for attachment in node.attachments {
            guard let network = lab.networks.first(where: { $0.name == attachment.network }) else { continue }
            guard network.request.driver != "macvlan", let subnet = network.subnets.first else { continue }
            return (try? LabCheck.pool(of: subnet, in: network))?.gateway
        }
        return nil
    }

    /// What is done in a node when its interfaces are there.
    mutating func addInside(_ node: LabNode) {
        let sandbox = "sandbox:\(node.name)"
        let interfaces = interfaceKeys[node.name] ?? []
        var before = settingKeys[node.name] ?? []
        for setting in node.sysctls where !items.contains(where: { $0.key == "sysctl:\(node.name):\(setting.key)" }) {
            before.append(addSysctl(setting, of: node, on: [sandbox] + interfaces))
        }
        let addresses = before
        for route in node.routes {
            let thing = LabThing.route(
                node: node.name, destination: "\(route.destination)", gateway: route.gateway.map { "\($0)" },
                ifname: route.ifname)
            before.append(
                add("route:\(node.name):\(route.destination)", thing, on: [sandbox] + interfaces, after: addresses))
        }
        let isHost = lab.hosts.contains { $0.name == node.name }
        let daemon = isHost ? ["daemon:\(node.name)"] : []
        let inside = items.filter { $0.thing.node == node.name }.map(\.key)
        var seen: [String: Int] = [:]
        var last = inside
        for command in node.commands {
            let number = seen[command.text, default: 0]
            seen[command.text] = number + 1
            let key = add(
                "command:\(node.name):\(command.text)#\(number)",
                .command(node: node.name, words: command.words, text: command.text),
                on: [sandbox] + interfaces + daemon, after: last, within: command.timeout)
            last = inside + [key]
        }
        // A process reads its files and variables when it starts.
        let read = inside.filter { $0.hasPrefix("file:") || $0.hasPrefix("environment:") }
        for process in node.processes {
            add(
                "process:\(node.name):\(process.name)",
                .process(node: node.name, name: process.name, words: process.command.words),
                on: [sandbox] + daemon + read, after: last)
        }
    }
}
