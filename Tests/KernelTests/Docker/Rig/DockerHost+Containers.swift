import Addresses
import Foundation
import HeddleAPI
import HeddleClient
import Testing

extension DockerHost {
    /// Runs `docker` with these words, which must succeed; what it prints.
    @discardableResult
    func docker(_ words: [String]) throws -> String {
        let outcome = try engine.docker(words)
        guard outcome.status == 0 else { throw LabError("docker \(words.joined(separator: " ")): \(outcome.errors)") }
        return outcome.output
    }

    /// Runs `docker` with the words of a line, which must succeed; what it prints.
    @discardableResult
    func docker(_ line: String) throws -> String {
        try docker(Self.split(line))
    }

    /// Runs `docker` with the words of a line, which must fail; what it says.
    func refusal(_ line: String) throws -> String {
        let outcome = try engine.docker(Self.split(line))
        guard outcome.status != 0 else { throw LabError("docker \(line) succeeds: \(outcome.output)") }
        return outcome.errors
    }

    private static func split(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

    /// Makes a network of Heddle's.
    func network(_ name: String, _ options: String = "") throws {
        try docker("network create -d heddle \(options) \(name)")
    }

    /// Starts a container whose server runs.
    @discardableResult
    func container(_ name: String, _ options: String, command: String = "") throws -> DockerContainer {
        let names = "--name \(name) --hostname \(name)"
        try docker("run -d --stop-signal KILL \(names) \(options) \(DockerImage.name) \(command)")
        return DockerContainer(host: self, name: name)
    }

    /// What Heddle has under the id that Docker gave a network.
    func heddleNetwork(_ name: String) throws -> Network {
        let id = try docker(["network", "inspect", "-f", "{{.ID}}", name])
        return try lab.client.network(named: "docker-" + id.prefix(12))
    }

    /// Asks a container's web server from a sandbox; "ADDRESS NAME": whom the server saw, and who it is. nil: no answer.
    func ask(from sandbox: TestSandbox, _ address: String, port: UInt16 = 80) throws -> String? {
        let client = try sandbox.inside { try InternetSocket.stream(address) }
        defer { close(client) }
        InternetSocket.setTimeout(client, .seconds(3))
        guard (try? InternetSocket.connect(client, address, port: port)) != nil else { return nil }
        let question = Array("GET \(DockerImage.page) HTTP/1.0\r\n\r\n".utf8)
        guard send(client, question, question.count, Int32(MSG_NOSIGNAL)) == question.count else { return nil }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer[..<count]
        }
        // "[::ffff:192.0.2.2] NAME" behind the header.
        guard let line = String(decoding: answer, as: UTF8.self).split(whereSeparator: \.isNewline).last else {
            return nil
        }
        return line.replacingOccurrences(of: "::ffff:", with: "").filter { $0 != "[" && $0 != "]" }
    }

    /// Removes all containers and networks, and looks whether anything is left of them.
    func clear(at location: SourceLocation) throws {
        let containers = try docker("ps -aq").split(separator: "\n").map(String.init)
        let networks = try docker("network ls -q --filter type=custom").split(separator: "\n").map(String.init)
        try remove(containers, networks: networks)
        #expect(try inconsistencies() == [], sourceLocation: location)
        #expect(try lab.client.networks().map(\.name) == [], sourceLocation: location)
    }

    /// Removes containers and networks, as far as they are there.
    func remove(_ containers: [String], networks: [String] = []) throws {
        if !containers.isEmpty { try docker(["rm", "-f"] + containers) }
        for network in networks { try docker(["network", "rm", network]) }
    }

    /// What is wrong with the world, by Docker's words and Heddle's, after some patience. Networks of Heddle's own that
    /// Docker's containers are in have their addresses on both sides, and nothing else is there.
    func inconsistencies() throws -> [String] {
        var wrong: [String] = []
        _ = try Patience.until(.seconds(5)) {
            wrong = try lab.inconsistencies() + differences()
            return wrong.isEmpty
        }
        return wrong
    }

    private func differences() throws -> [String] {
        let ids = try docker("ps -q").split(separator: "\n").map(String.init)
        let format = "{{range .NetworkSettings.Networks}}{{.NetworkID}} {{.IPAddress}}/{{.IPPrefixLen}}\n{{end}}"
        let lines = ids.isEmpty ? "" : try docker(["inspect", "-f", format] + ids)
        let known = try lab.client.networks().map(\.name)
        let dockers = lines.split(separator: "\n").compactMap { line -> String? in
            let parts = line.split(separator: " ")
            let name = "docker-" + (parts.first ?? "").prefix(12)
            return known.contains(name) ? "\(name) \(parts.last ?? "")" : nil
        }.sorted()
        let heddles = try lab.client.endpoints().filter { $0.sandbox.hasPrefix("docker/") }.map {
            "\($0.network) \($0.addresses.first ?? "/0")"
        }.sorted()
        return dockers == heddles ? [] : ["Docker has \(dockers), Heddle \(heddles)"]
    }
}

/// A container, by its name.
struct DockerContainer {
    let host: DockerHost
    let name: String

    /// Runs a program in it, as `docker exec` does; true if it succeeds.
    func succeeds(_ line: String) throws -> Bool {
        let words = line.split(separator: " ").map(String.init)
        return try host.engine.docker(["exec", name] + words).status == 0
    }

    /// Runs a program in it; what it prints.
    func output(_ line: String) throws -> String {
        try host.engine.docker(["exec", name] + line.split(separator: " ").map(String.init)).output
    }

    /// Whether it gets an answer from a name or an address.
    func pings(_ target: String) throws -> Bool {
        try succeeds("ping -c 1 -W 2 \(target)")
    }

    /// Its network namespace, to be used while it runs.
    func sandbox() throws -> TestSandbox {
        let text = try host.docker(["inspect", "-f", "{{.State.Pid}}", name])
        guard let pid = pid_t(text), pid > 0 else { throw LabError("\(name) does not run") }
        return TestSandbox(of: pid)
    }

    /// Whether it runs.
    func isRunning() throws -> Bool {
        try host.docker(["inspect", "-f", "{{.State.Running}}", name]) == "true"
    }

    /// What Docker says of its attachment to a network: a field such as IPAddress.
    func setting(_ field: String, in network: String) throws -> String {
        try host.docker(["inspect", "-f", "{{(index .NetworkSettings.Networks \"\(network)\").\(field)}}", name])
    }
}
