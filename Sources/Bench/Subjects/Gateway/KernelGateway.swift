import Addresses
import Glibc
import Netlink

/// The kernel's way: a bridge that has the gateway's address, a pair of interfaces into the sandbox, and nftables.
package final class KernelGateway: Gateway {
    /// How a port of the host leads into the sandbox.
    package enum Publishing: Sendable {
        /// By a rule that translates.
        case rules
        /// By Docker's program, which carries the bytes in user space.
        case dockerProxy
    }

    private let publishing: Publishing
    private var proxies: [ChildProcess] = []

    /// What conntrack keeps of a closed connection, seconds: with its 120 the table of a busy host would fill up in a
    /// few rounds, and what is measured then is a full table.
    private static let closedTimeout = 10

    init(publishing: Publishing) {
        self.publishing = publishing
    }

    package var switchProcesses: [Int32] { proxies.map(\.identifier) }

    /// What nftables is told.
    package static func ruleset(_ publishing: Publishing) -> String {
        let target = "\(GatewayPlan.sandbox):\(GatewayPlan.servicePort)"
        let published = ["tcp", "udp"].map { proto in
            "    iifname \"\(GatewayPlan.uplink)\" ip daddr \(GatewayPlan.host) "
                + "\(proto) dport \(GatewayPlan.publishedPort) dnat to \(target)\n"
        }.joined()
        let incoming = """
              chain incoming {
                type nat hook prerouting priority dstnat; policy accept;
            \(published)  }

            """
        return "table ip bench {\n" + (publishing == .rules ? incoming : "") + """
              chain outgoing {
                type nat hook postrouting priority srcnat; policy accept;
                ip saddr \(Plan.subnet) oifname "\(GatewayPlan.uplink)" masquerade
              }
            }

            """
    }

    package func setUp(host: Sandbox, sandbox: Sandbox, in workspace: Workspace) throws -> TestPath.End {
        guard let tool = Tool.find("nft") else {
            throw SubjectUnavailable(reason: "nft is not installed (Debian: nftables)")
        }
        try KernelBridge.turnNetfilterOff(in: host)
        let bridge = try host.routes().createBridge(NewLink(name: try Plan.name("br0"), isUp: true))
        _ = try GatewayHosts.addAddress(GatewayPlan.gateway, to: "br0", of: host)
        try KernelBridge.connect(sandbox, to: bridge, as: "port1", in: host)
        let inside = try Plan.bringUp(sandbox, GatewayPlan.sandbox)
        if let all = IPPrefix(IPv4Address.any, length: 0) {
            try sandbox.routes().addRoute(Route(to: all, via: .v4(GatewayPlan.gateway)))
        }
        try load(with: tool, in: host, workspace)
        try forward(in: host)
        if publishing == .dockerProxy { try startProxies(in: host, workspace) }
        return inside
    }

    private func load(with tool: String, in host: Sandbox, _ workspace: Workspace) throws {
        let name = try workspace.folder() + "/\(host.name).nft"
        do {
            try TextFile.write(Self.ruleset(publishing), to: name)
        } catch {
            throw BenchError("cannot write \(name): \(error)")
        }
        let program = try host.start(tool, ["-f", name], output: .file(name + ".log"))
        let end = program.wait(seconds: 10)
        guard end == .exited(0) else {
            program.stop()
            let said = ((try? TextFile.read(name + ".log")) ?? "").split(separator: "\n").first ?? "it printed nothing"
            throw BenchError(
                "nft did not take the rules: \(said)",
                hint: "the kernel needs nf_tables with nat: modules nft_chain_nat and nft_masq")
        }
    }

    private func forward(in host: Sandbox) throws {
        try host.run {
            do {
                try TextFile.write("1", to: "/proc/sys/net/ipv4/ip_forward")
            } catch {
                throw BenchError("cannot turn forwarding on in \(host.name): \(error)")
            }
            // Absent before the rules are there, and where conntrack tells no time.
            try? TextFile.write(
                "\(Self.closedTimeout)", to: "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait")
        }
    }

    private func startProxies(in host: Sandbox, _ workspace: Workspace) throws {
        guard let tool = Tool.find("docker-proxy") else {
            throw SubjectUnavailable(reason: "docker-proxy is not installed (Debian: docker.io)")
        }
        // It tells at descriptor 3 that it serves, and closes that whatever it is: without one, its own socket.
        let told = open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard told >= 0 else { throw BenchError("cannot open /dev/null") }
        defer { close(told) }
        for proto in ["tcp", "udp"] {
            let program = try host.start(
                tool,
                [
                    "-proto", proto, "-host-ip", "0.0.0.0", "-host-port", "\(GatewayPlan.publishedPort)",
                    "-container-ip", "\(GatewayPlan.sandbox)", "-container-port", "\(GatewayPlan.servicePort)",
                ], passing: [told])
            try workspace.adopt(program)
            proxies.append(program)
        }
        let deadline = MachineClock.now + MachineClock.nanoseconds(5)
        while true {
            let socket = try? host.run {
                try InternetSocket.connect(to: GatewayPlan.host, port: GatewayPlan.publishedPort)
            }
            if let socket {
                close(socket)
                return
            }
            if let ended = proxies.first(where: { $0.poll() != nil }) {
                throw BenchError("\(ended.name) ended at once")
            }
            guard MachineClock.now < deadline else { throw BenchError("docker-proxy did not begin to listen") }
            MachineClock.sleep(seconds: 0.02)
        }
    }
}
