import ArgumentParser
import Foundation
import HeddleAPI
import Testing

@testable import heddle

/// Publishes and flows: what may be typed, and what is shown.
struct PublishFormTests {
    private func parse<Command>(_ line: String, as type: Command.Type = Command.self) throws -> Command {
        try #require(try Heddle.parseAsRoot(line.split(separator: " ").map(String.init)) as? Command)
    }

    private func port(
        _ sandbox: String = "web", at address: String? = nil, _ host: ClosedRange<Int>, _ inside: ClosedRange<Int>,
        reason: String? = nil
    ) -> PublishedPort {
        PublishedPort(
            number: 7, network: "lan", sandbox: sandbox, endpoint: "3fa9c1d277e0b846", spec: "8080:80", proto: "tcp",
            hostAddress: address, hostPort: host.lowerBound, hostEnd: host.upperBound, port: inside.lowerBound,
            end: inside.upperBound, mode: "translate", state: reason == nil ? .active : .waiting, reason: reason)
    }

    private func flow(_ inside: String, network: String = "lan", proto: String = "tcp") -> Flow {
        Flow(
            network: network, proto: proto, inside: inside, outside: "192.0.2.7:61440", remote: "198.51.100.1:443",
            direction: .incoming, state: "established", ageMilliseconds: 2_000, idleMilliseconds: 1_500,
            tx: .init(frames: 3, bytes: 300), rx: .init(frames: 2, bytes: 2_000), uplink: "eth0")
    }

    @Test func commandsParse() throws {
        let add = try parse(
            "publish add lan web 8080:80 [::1]:53:53/udp --publish-mode relay", as: PublishAddCommand.self)
        #expect(add.network.text == "lan" && add.sandbox.text == "web" && add.publishMode == .relay)
        #expect(add.specs == ["8080:80", "[::1]:53:53/udp"])
        #expect(try parse("publish add lan web 8080:80", as: PublishAddCommand.self).publishMode == nil)
        #expect(try parse("publish rm lan web 8080:80", as: PublishRemoveCommand.self).spec.text == "8080:80")
        #expect(try parse("publish ls --json", as: PublishListCommand.self).global.json)
        #expect(try parse("publish ls lan", as: PublishListCommand.self).network?.text == "lan")
        #expect(try parse("flows", as: FlowsCommand.self).network == nil)
        #expect(try parse("flows lan", as: FlowsCommand.self).network?.text == "lan")
        let attach = try parse("attach lan web -p 1:1 --publish 2:2", as: AttachCommand.self)
        #expect(attach.attachment.request == AttachRequest(network: "lan", sandbox: "web", publish: ["1:1", "2:2"]))
        let create = try parse("network create x --route", as: NetworkCreateCommand.self)
        #expect(create.request == NetworkRequest(name: "x", route: true))
    }

    @Test(arguments: [
        "publish add", "publish add lan", "publish add lan web", "publish rm lan web", "publish rm lan web 1:1 2:2",
        "publish ls lan web", "publish add lan web 1:1 --publish-mode carry", "attach lan web --publish-mode",
        "flows a b", "attach lan web -p", "publish lan web 1:1",
    ])
    func refuses(_ line: String) {
        let error = #expect(throws: (any Error).self) {
            try Heddle.parseAsRoot(line.split(separator: " ").map(String.init))
        }
        if let error { #expect(Heddle.exitCode(for: error).rawValue == 64, "\(line)") }
    }

    @Test func whatIsPublishedIsShown() {
        let ports = [
            port("web", 8_080...8_080, 80...80), port("db", at: "127.0.0.1", 8_000...8_009, 80...89),
            port(at: "fd00::1", 53...53, 53...53, reason: "the endpoint is gone"),
        ]
        #expect(
            PublishListCommand.table(ports).lines(styled: false) == [
                "NETWORK  SANDBOX  HOST                 PORTS  PROTO  MODE       STATE",
                "lan      web      *:8080               80     tcp    translate  active",
                "lan      db       127.0.0.1:8000-8009  80-89  tcp    translate  active",
                "lan      web      [fd00::1]:53         53     tcp    translate  waiting: the endpoint is gone",
            ])
        #expect(PublishListCommand.table(ports).text(styled: true).contains("\u{1B}[33mwaiting"))
    }

    @Test func flowsAreSortedAndShown() {
        let flows = [
            flow("10.0.0.10:4000"), flow("10.0.0.9:4000", proto: "udp"), flow("10.0.0.9:40000"), flow("10.0.0.9:4000"),
        ]
        let sorted = FlowsCommand.sorted(flows)
        #expect(sorted.map(\.inside) == ["10.0.0.9:4000", "10.0.0.9:40000", "10.0.0.10:4000", "10.0.0.9:4000"])
        #expect(
            FlowsCommand.table(Array(sorted.prefix(1))).lines(styled: false) == [
                "PROTO  INSIDE         OUTSIDE          REMOTE            STATE        IDLE     TX       RX",
                "tcp    10.0.0.9:4000  192.0.2.7:61440  198.51.100.1:443  established  1.5s  300 B  2.00 kB",
            ])
        let several = FlowsCommand.table(FlowsCommand.sorted(flows + [flow("10.1.0.2:1", network: "dmz")]))
        #expect(several.lines(styled: false)[0].hasPrefix("NETWORK  PROTO"))
        #expect(several.lines(styled: false)[1].hasPrefix("dmz      tcp"))
    }

    @Test func numbersInTextsAreOrderedAsNumbers() {
        let texts = ["", "a", "a2", "a10", "a010b", "a10c", "a99999999999999999999", "b"]
        for (index, text) in texts.enumerated() {
            for other in texts[(index + 1)...] {
                #expect(NaturalOrder(text) < NaturalOrder(other), "\(text) \(other)")
                #expect(!(NaturalOrder(other) < NaturalOrder(text)), "\(text) \(other)")
            }
        }
        #expect(NaturalOrder("a01") == NaturalOrder("a1"))
    }

    @Test func theKeysThatScriptsRelyOn() throws {
        func object(_ value: some Encodable) throws -> [String: Any] {
            let text = try GlobalOptions.encode(value)
            return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        }
        let keys: Set = [
            "number", "network", "sandbox", "endpoint", "spec", "proto", "host_port", "host_end", "port", "end", "mode",
            "state",
        ]
        let everywhere = try object(port("web", 8_080...8_080, 80...80))
        #expect(Set(everywhere.keys) == keys)
        #expect(everywhere["host_port"] as? Int == 8_080 && everywhere["state"] as? String == "active")
        let somewhere = try object(port(at: "127.0.0.1", 80...81, 80...81, reason: "why"))
        #expect(Set(somewhere.keys) == keys.union(["host_ip", "reason"]))
        #expect(somewhere["state"] as? String == "waiting" && somewhere["host_end"] as? Int == 81)

        let flow = try object(flow("10.0.0.9:4000"))
        #expect(
            Set(flow.keys) == [
                "network", "proto", "inside", "outside", "remote", "direction", "state", "age_ms", "idle_ms", "tx",
                "rx", "uplink",
            ])
        #expect(flow["direction"] as? String == "in" && flow["idle_ms"] as? Int == 1_500)
        #expect(flow["tx"] as? [String: Int] == ["frames": 3, "bytes": 300])
        #expect(try GlobalOptions.encode([Flow]()) == "[]\n")
    }

    @Test func helpTeachesIt() {
        for (command, words) in [
            (AttachCommand.self, ["--publish", "-p", "--publish-mode", "8080:80"]),
            (NetworkCreateCommand.self, ["--route"]), (PublishAddCommand.self, ["--publish-mode", "[::1]"]),
        ] as [(any ParsableCommand.Type, [String])] {
            let help = Heddle.helpMessage(for: command, columns: 100)
            for word in words { #expect(help.contains(word), "\(word)") }
        }
    }
}
