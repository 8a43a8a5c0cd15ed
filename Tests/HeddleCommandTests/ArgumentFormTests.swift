import ArgumentParser
import HeddleAPI
import Testing

@testable import heddle

/// What may be typed, and what the daemon is told then.
struct ArgumentFormTests {
    private func parse<Command>(_ line: String, as type: Command.Type = Command.self) throws -> Command {
        try #require(try Heddle.parseAsRoot(line.split(separator: " ").map(String.init)) as? Command)
    }

    /// The exit code of a line that is not understood; 0 if it is.
    private func failure(_ words: [String]) -> Int32 {
        do {
            _ = try Heddle.parseAsRoot(words)
            return 0
        } catch {
            return Heddle.exitCode(for: error).rawValue
        }
    }

    @Test(arguments: [
        "--json --socket /x network ls", "network --json --socket /x ls", "network ls --json --socket /x",
        "--json network ls --socket /x", "--socket /x network ls --json", "--socket=/x network --json ls",
    ])
    func takesGlobalOptionsAnywhere(line: String) throws {
        let command = try parse(line, as: NetworkListCommand.self)
        #expect(command.global.json)
        #expect(command.global.socketPath == "/x")
    }

    @Test(arguments: ["attach", "network connect"])
    func attachTakesAllItsOptions(name: String) throws {
        let line =
            "\(name) lan web --via veth --ifname eth7 --ip 10.0.0.9 --ip fd00::9 --mac 02:00:00:00:00:01 --name w"
            + " --alias a --alias b --vlan 12 --publish 8080:80 -p 127.0.0.1:53-54:53-54/udp --publish-mode relay"
        let command = try Heddle.parseAsRoot(line.split(separator: " ").map(String.init))
        let attachment = try #require(
            (command as? AttachCommand)?.attachment ?? (command as? NetworkConnectCommand)?.attachment)
        #expect(
            attachment.request
                == AttachRequest(
                    network: "lan", sandbox: "web", via: "veth", ifname: "eth7", ip: ["10.0.0.9", "fd00::9"],
                    mac: "02:00:00:00:00:01", name: "w", aliases: ["a", "b"], vlan: 12,
                    publish: ["8080:80", "127.0.0.1:53-54:53-54/udp"], publishMode: "relay"))
    }

    @Test func attachLeavesOutWhatIsNotSaid() throws {
        let command = try parse("attach lan pid:12", as: AttachCommand.self)
        #expect(command.attachment.request == AttachRequest(network: "lan", sandbox: "pid:12"))
    }

    @Test func networkCreateTakesAllItsOptions() throws {
        let line =
            "network create lan --driver bridge --subnet 10.0.0.0/24 --subnet fd00::/64 --gateway 10.0.0.1"
            + " --ip-range 10.0.0.128/25 --mtu 9000 --internal --isolated --route"
        let command = try parse(line, as: NetworkCreateCommand.self)
        #expect(
            command.request
                == NetworkRequest(
                    name: "lan", driver: "bridge", subnets: ["10.0.0.0/24", "fd00::/64"], gateways: ["10.0.0.1"],
                    ipRanges: ["10.0.0.128/25"], mtu: 9000, internal: true, isolated: true, route: true))
        let plain = try parse("network create wire", as: NetworkCreateCommand.self)
        #expect(plain.request == NetworkRequest(name: "wire"))
    }

    @Test func detachIsKnownByBothNames() throws {
        #expect(try parse("detach lan web", as: DetachCommand.self).attachment.sandbox.text == "web")
        let disconnect = try parse("network disconnect lan web", as: NetworkDisconnectCommand.self)
        #expect(disconnect.attachment.network.text == "lan")
    }

    @Test func otherCommandsParse() throws {
        #expect(try parse("endpoint ls", as: EndpointListCommand.self).network == nil)
        #expect(try parse("endpoint ls lan", as: EndpointListCommand.self).network?.text == "lan")
        #expect(try parse("endpoint inspect 3f", as: EndpointInspectCommand.self).id.text == "3f")
        #expect(try parse("port adopt lan veth7", as: PortAdoptCommand.self).ifname.text == "veth7")
        #expect(try parse("port release veth7", as: PortReleaseCommand.self).ifname.text == "veth7")
        #expect(try parse("stations lan", as: StationsCommand.self).network.text == "lan")
        #expect(try parse("network rm lan", as: NetworkRemoveCommand.self).name.text == "lan")
        #expect(try parse("status --json", as: StatusCommand.self).global.json)
    }

    @Test func watchTakesSecondsOrNone() throws {
        #expect(try parse("stats", as: StatsCommand.self).watch == nil)
        #expect(try parse("stats --watch", as: StatsCommand.self).watch == 1)
        #expect(try parse("stats --watch 5", as: StatsCommand.self).watch == 5)
        #expect(try parse("stats --watch=0.5", as: StatsCommand.self).watch == 0.5)
        let withJSON = try parse("stats --watch --json", as: StatsCommand.self)
        #expect(withJSON.watch == 1 && withJSON.global.json)
    }

    @Test(arguments: [
        ["network", "create", "x", "--bridge", "eth0"], ["network", "create", "x", "--route=yes"],
        ["network", "create"], ["network", "create", "x", "--mtu", "big"], ["network", "create", ""],
        ["network", "inspect", ""], ["network", "ls", "extra"], ["network", "bogus"], ["bogus"],
        ["attach", "lan"], ["attach", "lan", ""], ["attach", "", "web"], ["attach", "lan", "web", "--via", "wire"],
        ["attach", "lan", "web", "--vlan", "x"], ["attach", "lan", "web", "more"], ["detach", "lan"],
        ["stations"], ["port", "adopt", "lan"], ["stats", "--watch", "0"], ["stats", "--watch=-1"],
        ["stats", "--watch", "nan"], ["status", "--socket", ""], ["status", "--socket"],
    ])
    func refuses(words: [String]) {
        #expect(failure(words) == 64)
    }

    @Test func relativePathsBecomeAbsolute() throws {
        #expect(SandboxName(argument: "web")?.text == "web")
        #expect(SandboxName(argument: "pid:1")?.text == "pid:1")
        #expect(SandboxName(argument: "/run/netns/web")?.text == "/run/netns/web")
        let relative = try #require(SandboxName(argument: "./a/../ns")?.text)
        #expect(relative.hasPrefix("/") && relative.hasSuffix("/ns") && !relative.contains(".."))
    }

    @Test func everyCommandTeaches() throws {
        func check(_ command: any ParsableCommand.Type, _ path: String) {
            let configuration = command.configuration
            // What is not shown is not for people.
            guard configuration.shouldDisplay else { return }
            #expect(!configuration.abstract.isEmpty, "\(path)")
            #expect(configuration.discussion.contains("heddle"), "\(path)")
            for subcommand in configuration.subcommands {
                check(subcommand, path + " " + (subcommand.configuration.commandName ?? ""))
            }
        }
        check(Heddle.self, "heddle")
        #expect(Heddle.configuration.version == HeddleVersion.current)
    }

    @Test func completionFindsTheSocket() {
        #expect(Completions.socketPath(["heddle", "--socket", "/a", "network"]) == "/a")
        #expect(Completions.socketPath(["heddle", "network", "--socket=/b"]) == "/b")
        #expect(
            Completions.socketPath(["heddle", "--socket"]) == GlobalOptions.environmentSocket ?? APIPath.defaultSocket)
    }

    @Test(arguments: [CompletionShell.bash, .zsh, .fish])
    func completionScriptsAreMade(shell: CompletionShell) {
        let script = Heddle.completionScript(for: shell)
        #expect(script.contains("---completion"))
        for word in ["attach", "disconnect", "stations", "--publish", "--publish-mode", "flows", "--watch"] {
            #expect(script.contains(shell == .fish ? String(word.drop { $0 == "-" }) : word))
        }
    }
}
