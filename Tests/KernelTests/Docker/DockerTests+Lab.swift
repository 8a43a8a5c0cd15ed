import Foundation
import HeddleAPI
import HeddleClient
import Testing

extension DockerTests {
    @Test("Containers as nodes of a lab: joined, joined again after a restart, refused when they are gone")
    func lab() throws {
        try SharedDockerHost.use { host in
            let lab = try ContainerLab(host)
            defer { lab.end() }
            let c1 = try host.container("c1", "--network none")
            let c2 = try host.container("c2", "--network none")
            try lab.heddle("up", lab.file)
            #expect(try c1.pings("10.61.9.22") && c2.pings("10.61.9.11"))
            // A command of a node is in the container's network namespace, and is the machine's program.
            let address = try lab.heddle("exec", "--lab", lab.name, "first", "--", "ip", "-br", "address")
            #expect(address.output.contains("10.61.9.11/24"), "\(address)")
            let same = try lab.heddle("up", lab.file)
            #expect(same.output.contains("nothing to do"), "\(same)")
            // Another namespace under the same name.
            try host.docker("restart -t 0 c2")
            let broken = try lab.heddle("ls", lab.name)
            #expect(broken.output.contains("broken"), "\(broken)")
            try lab.heddle("up", lab.file)
            #expect(try c1.pings("10.61.9.22"))
            try host.docker("rm -f c1")
            let refused = try lab.heddle("up", lab.file, status: 1)
            #expect(refused.errors.contains("there is no running container \"c1\""), "\(refused)")
            #expect(try c2.sandbox().addresses("eth0") == ["10.61.9.22/24"], "the rest does not stand")
            try lab.heddle("down", lab.name)
            #expect(try c2.sandbox().link("eth0") == nil)
            #expect(try c2.isRunning())
        }
    }
}

/// A lab of two containers, and `heddle lab` as somebody says it on the machine that Docker runs on.
private final class ContainerLab {
    let name: String
    let file: String
    private let host: DockerHost

    init(_ host: DockerHost) throws {
        self.host = host
        name = "hdt-c\(host.lab.tag.dropFirst(4))"
        file = host.lab.directory + "/own-containers.yaml"
        let text = """
            name: \(name)
            networks: {lan: {subnet: 10.61.9.0/24}}
            nodes:
              first: {sandbox: "container:c1", networks: [{network: lan, address: 10.61.9.11}]}
              second: {sandbox: "container:c2", networks: [{network: lan, address: 10.61.9.22}]}

            """
        try text.write(toFile: file, atomically: true, encoding: .utf8)
    }

    /// Runs `heddle lab` with these words to its end.
    @discardableResult
    func heddle(
        _ words: String..., status: Int32 = 0, at location: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let errors = host.lab.directory + "/own-errors"
        defer { unlink(errors) }
        let program = try RunningProgram(
            Programs.client, ["lab"] + words, in: try host.lab.host.open(),
            environment: ["HEDDLE_SOCKET": host.lab.socket, "DOCKER_HOST": "unix://" + host.engine.socket],
            errors: errors)
        let output = try program.readAll()
        let text = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
        let end = program.wait(within: .seconds(10))
        #expect(end == .exited(status), "\(words): \(output)\(text)", sourceLocation: location)
        return Outcome(status: status, output: output, errors: text)
    }

    /// Takes it away if a test has not.
    func end() {
        guard FileManager.default.fileExists(atPath: "/run/heddle/labs/\(name)") else { return }
        _ = try? heddle("down", name, "--force")
    }
}
