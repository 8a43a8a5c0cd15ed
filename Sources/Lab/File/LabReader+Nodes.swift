import Addresses
import HeddleAPI
import Netlink

extension LabReader {
    /// One of `nodes`.
    mutating func readNode(_ entry: LabEntry) {
        checkName(entry.key, entry.keyPlace, longest: LabName.longest)
        guard let keys = fields.fields(entry.value, keys: LabKeys.node) else { return }
        var node = LabNode(name: entry.key, place: entry.keyPlace)
        node.host = fields.text(keys["host"])
        node.sandbox = parse(keys["sandbox"]) { text in
            if let container = LabSandbox.container(in: text) { return "container:\(container)" }
            return try SandboxReference(parsing: text).description
        }
        for field in keys["networks"].flatMap({ fields.listOrOne($0) }) ?? [] {
            if let attachment = readAttachment(field) { node.attachments.append(attachment) }
        }
        readInside(&node, keys)
        lab.nodes.append(node)
    }

    /// One of `hosts`.
    mutating func readHost(_ entry: LabEntry) {
        checkName(entry.key, entry.keyPlace, longest: LabName.longestHost)
        guard let keys = fields.fields(entry.value, keys: LabKeys.host) else { return }
        var node = LabNode(name: entry.key, place: entry.keyPlace)
        readInside(&node, keys)
        var host = LabHost(node: node)
        host.address = parse(keys["address"]) { try IPAddress(parsing: $0) }
        host.arguments = readArguments(keys["arguments"])
        lab.hosts.append(host)
    }

    /// What the lab itself says of where a host's daemon is: with other words `down` would not find it.
    private static let ownArguments = ["--socket", "--state-dir", "--teardown"]

    private mutating func readArguments(_ field: LabField?) -> [String] {
        fields.texts(field).map { one in
            let option = one.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)[0]
            if Self.ownArguments.contains(String(option)) {
                fields.refuse(one.place, "the lab says \(option) itself: leave it out")
            }
            return one.text
        }
    }

    /// What nodes and hosts have in common.
    private mutating func readInside(_ node: inout LabNode, _ keys: [String: LabField]) {
        for entry in keys["files"].flatMap({ fields.entries($0) }) ?? [] {
            guard let content = fields.text(entry.value) else { continue }
            if let refusal = Self.refusal(ofPath: entry.key) { fields.refuse(entry.keyPlace, refusal) }
            node.files.append(LabFile(path: entry.key, content: content, place: entry.keyPlace))
        }
        checkDirectories(of: node)
        node.sysctls = settings(keys["sysctls"])
        for setting in node.sysctls where !Self.isNetworkSetting(setting.key) {
            fields.refuse(
                setting.place,
                "\(setting.key.debugDescription) is none of a network namespace's settings: they begin with net.")
        }
        node.environment = settings(keys["environment"])
        for setting in node.environment where !Self.isVariable(setting.key) {
            fields.refuse(
                setting.place,
                "\(setting.key.debugDescription) is no variable's name: it can't be empty, or have"
                    + " blanks, line ends or '=' in it")
        }
        readCommands(&node, keys["run"])
        readProcesses(&node, keys["start"])
        for field in keys["routes"].flatMap({ fields.listOrOne($0) }) ?? [] {
            if let route = readRoute(field) { node.routes.append(route) }
        }
    }

    /// No file is another one's directory.
    private mutating func checkDirectories(of node: LabNode) {
        let paths = Set(node.files.map(\.path))
        for file in node.files {
            var parts = file.path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            while !parts.isEmpty {
                let directory = parts.joined(separator: "/")
                if paths.contains(directory) {
                    fields.refuse(
                        file.place, "\(directory.debugDescription) is a file, too: it can't be this one's directory")
                }
                parts = parts.dropLast()
            }
        }
    }

    private static func isVariable(_ name: String) -> Bool {
        !name.isEmpty && name.unicodeScalars.allSatisfy { $0 != "=" && !$0.properties.isWhitespace && $0.value >= 32 }
    }

    private mutating func settings(_ field: LabField?) -> [LabSetting] {
        guard let field, let entries = fields.entries(field) else { return [] }
        return entries.compactMap { entry in
            fields.text(entry.value).map { LabSetting(key: entry.key, value: $0, place: entry.keyPlace) }
        }
    }

    private static func isNetworkSetting(_ key: String) -> Bool {
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count >= 2 && parts[0] == "net" && !parts.contains { $0.isEmpty } && !key.contains("..")
    }

    /// Why a path is none that a node can be given; nil if it is one.
    private static func refusal(ofPath path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let inner = path.hasPrefix("/") ? parts.dropFirst() : parts[...]
        if inner.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
            return "\(path.debugDescription) is no path of a file: leave out //, . and .."
        }
        if path.utf8.count > 1_024 { return "the path is longer than 1024 bytes" }
        // Colon and backslash mean something to overlayfs, comma to mount.
        if path.contains(where: { ":\\,".contains($0) }) { return "a path can't have ':', ',' or '\\' in it" }
        if path.hasPrefix("/"), inner.count < 2 {
            return "a file right in / can't be laid over; use a path in a directory"
        }
        if path.hasPrefix("/proc/") || path.hasPrefix("/sys/") {
            return "below /proc and /sys are no files, but the kernel's settings: use sysctls, or another path"
        }
        return nil
    }

    /// "TO via ROUTER", or a mapping.
    private mutating func readRoute(_ field: LabField) -> LabRoute? {
        var destination: LabPlacedText?
        var gateway: LabPlacedText?
        var ifname: LabPlacedText?
        if field.isMapping {
            guard let keys = fields.fields(field, keys: LabKeys.route) else { return nil }
            destination = placed(keys["to"])
            gateway = placed(keys["via"])
            ifname = placed(keys["ifname"])
        } else if let text = fields.text(field) {
            let words = text.split(separator: " ").map { LabPlacedText(text: String($0), place: field.place) }
            let hasRouter = words.count >= 3 && words[1].text == "via"
            let hasInterface = words.count == 5 && words[3].text == "dev"
            guard hasRouter && (words.count == 3 || hasInterface) || words.count == 3 && words[1].text == "dev" else {
                fields.refuse(field.place, "a route is written as 10.1.0.0/16 via 10.0.0.1, or 10.1.0.0/16 dev eth1")
                return nil
            }
            destination = words[0]
            if hasRouter { gateway = words[2] } else { ifname = words[2] }
            if hasInterface { ifname = words[4] }
        }
        guard let destination else {
            fields.refuse(field.place, "the route leads nowhere: add to")
            return nil
        }
        return makeRoute(destination, gateway, ifname, field.place)
    }

    private mutating func makeRoute(
        _ destination: LabPlacedText, _ gateway: LabPlacedText?,
        _ ifname: LabPlacedText?, _ place: LabPlace
    ) -> LabRoute? {
        let router = gateway.flatMap { one in parse(one.text, one.place) { try IPAddress(parsing: $0) } }
        if let ifname { checkInterface(ifname.text, ifname.place) }
        if gateway == nil, ifname == nil {
            fields.refuse(place, "the route has neither a router nor an interface: add via, or ifname")
            return nil
        }
        if gateway != nil, router == nil { return nil }
        var prefix: IPPrefix?
        if destination.text == "default" {
            let all = IPAddress(family: router?.family ?? .v4, number: 0)
            prefix = IPPrefix(all, length: 0)
        } else {
            prefix = parse(destination.text, destination.place) { try IPPrefix(parsing: $0) }
        }
        guard let prefix else { return nil }
        if prefix.hasHostBits {
            fields.refuse(destination.place, "\(prefix) is no network: write \(prefix.masked)")
        }
        if let router, router.family != prefix.family {
            fields.refuse(place, "\(router) is no \(prefix.family) router")
        }
        return LabRoute(destination: prefix.masked, gateway: router, ifname: ifname?.text, place: place)
    }

    mutating func checkInterface(_ name: String, _ place: LabPlace) {
        _ = parse(name, place) { try InterfaceName(parsing: $0) }
    }
}
