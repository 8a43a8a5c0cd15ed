import ArgumentParser
import Glibc
import HeddleAPI
import HeddleClient

/// What the shell offers when somebody presses TAB. Silent and quick: without a daemon there is just nothing to offer.
enum Completions {
    /// How long a shell may be held up.
    private static let patience = Duration.milliseconds(300)
    /// Where `ip netns` keeps its names.
    private static let sandboxDirectory = "/run/netns"

    /// Names of networks.
    static let networks = CompletionKind.custom { words, _, _ in
        (try? client(words).networks().map(\.name)) ?? []
    }

    /// Networks, and sandboxes that are attached.
    static let captureTargets = CompletionKind.custom { words, _, _ in
        let client = client(words)
        let sandboxes = Set(((try? client.endpoints()) ?? []).map(\.sandbox)).filter { !$0.isEmpty }
        return ((try? client.networks()) ?? []).map(\.name) + sandboxes.sorted()
    }

    /// Ports by which frames come in to the network that the command line names, or to any.
    static let tracePorts = CompletionKind.custom { words, _, _ in
        let ports = ((try? client(words).statistics())?.ports ?? []).filter { !$0.port.hasPrefix("vxlan") }
        let inside = ports.filter { words.contains($0.network) || $0.network.isEmpty }
        let names = inside.contains { !$0.network.isEmpty } ? inside : ports
        return Set(names.map(\.port)).sorted()
    }

    /// Names of overlay networks.
    static let overlays = CompletionKind.custom { words, _, _ in
        ((try? client(words).networks()) ?? []).filter { $0.driver == "overlay" }.map(\.name)
    }

    /// Peers of the network that the command line names; without one, of all.
    static let peers = CompletionKind.custom { words, _, _ in
        let networks = ((try? client(words).networks()) ?? []).filter { $0.driver == "overlay" }
        let named = networks.filter { words.contains($0.name) }
        let peers = (named.isEmpty ? networks : named).flatMap { network in
            (network.options["peer"] ?? "").split(separator: ",").map(String.init)
        }
        return Set(peers).sorted()
    }

    /// Stations of the network that the command line names.
    static let stations = CompletionKind.custom { words, _, _ in
        let client = client(words)
        guard let network = (try? client.networks())?.first(where: { words.contains($0.name) }) else { return [] }
        return Set((try? client.stations(network: network.name))?.map(\.mac) ?? []).sorted()
    }

    /// Addresses of the namespace that the shell is in.
    static let ownAddresses = CompletionKind.custom { _, _, _ in
        interfaceAddresses()
    }

    /// Names of sandboxes that exist.
    static let sandboxes = CompletionKind.custom { _, _, _ in
        directory(sandboxDirectory)
    }

    /// Sandboxes that are attached, as they were named.
    static let attachedSandboxes = CompletionKind.custom { words, _, _ in
        Set((try? client(words).endpoints())?.map(\.sandbox) ?? []).filter { !$0.isEmpty }.sorted()
    }

    /// What is published of the endpoints that the command line names.
    static let publishes = CompletionKind.custom { words, _, _ in
        let endpoints = (try? client(words).endpoints()) ?? []
        return endpoints.filter { words.contains($0.network) && words.contains($0.sandbox) }.flatMap(\.publish)
    }

    /// Ids of endpoints.
    static let endpoints = CompletionKind.custom { words, _, _ in
        (try? client(words).endpoints().map(\.id)) ?? []
    }

    /// Interfaces that were adopted.
    static let adoptedInterfaces = CompletionKind.custom { words, _, _ in
        ((try? client(words).endpoints()) ?? []).filter { $0.via == "adopted" }.map(\.ifname)
    }

    /// Interfaces of the namespace that the shell is in.
    static let interfaces = CompletionKind.custom { _, _, _ in
        interfaceNames()
    }

    /// The daemon that the command line so far speaks of.
    static func client(_ words: [String]) -> DaemonClient {
        DaemonClient(socketPath: socketPath(words), timeout: patience)
    }

    /// `--socket PATH` or `--socket=PATH` among the words, or what would be used without.
    static func socketPath(_ words: [String]) -> String {
        var path: String?
        for (index, word) in words.enumerated() {
            if word == "--socket", index + 1 < words.count {
                path = words[index + 1]
            } else if word.hasPrefix("--socket=") {
                path = String(word.dropFirst("--socket=".count))
            }
        }
        return path ?? GlobalOptions.environmentSocket ?? APIPath.defaultSocket
    }

    private static func directory(_ path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            // d_name is zero-terminated and lives until the next readdir of this stream; it is copied at once.
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) {
                    String(cString: $0)
                }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private static func interfaceNames() -> [String] {
        guard let list = if_nameindex() else { return [] }
        defer { if_freenameindex(list) }
        var names: [String] = []
        var entry = list
        // The list ends with an entry whose name is null, as if_nameindex(3) says.
        while let name = entry.pointee.if_name {
            names.append(String(cString: name))
            entry += 1
        }
        return names.filter { $0 != "lo" }
    }

    private static func interfaceAddresses() -> [String] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var addresses: Set<String> = []
        var entry = list
        while let current = entry {
            entry = current.pointee.ifa_next
            guard let address = current.pointee.ifa_addr else { continue }
            let family = Int32(address.pointee.sa_family)
            let length = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
            guard family == AF_INET || family == AF_INET6 else { continue }
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let result = getnameinfo(
                address, socklen_t(length), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            let shown = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // Link-local addresses, with their interface behind a percent sign, are no VTEPs.
            if result == 0, !shown.contains("%"), shown != "127.0.0.1", shown != "::1" { addresses.insert(shown) }
        }
        return addresses.sorted()
    }
}
