import ControlAPI
import Foundation
import HeddleAPI
import HeddleClient
import ServiceLifecycle
import Testing

/// `heddle` as a process, against a server whose control plane only records.
struct CommandLineTests {
    private func heddle(
        _ line: String, socket: String? = nil, environment: [String: String] = [:]
    ) async throws -> CommandLineTool.Outcome {
        let words = line.split(separator: " ").map(String.init)
        return try await CommandLineTool.run(
            words + (socket.map { ["--socket", $0] } ?? []), environment: environment)
    }

    private func json(_ text: String) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(text.utf8))
    }

    @Test func everyCommandEndsWell() async throws {
        try await withServer { service, socket in
            let lines = [
                "status", "network create new --subnet 10.1.0.0/24", "network ls", "network inspect lan",
                "network rm lan", "attach lan web", "network connect lan web", "detach lan web",
                "network disconnect lan web", "endpoint ls", "endpoint ls lan", "endpoint inspect 3fa9",
                "port adopt lan veth7", "port release veth7", "stations lan", "publish add lan web 8080:80 53:53/udp",
                "publish rm lan web 8080:80", "publish ls", "flows", "flows lan",
                "impair web --delay 50ms", "impair web --in --clear", "impair", "impair ls", "impair web",
                "trace lan --from web arp 10.0.0.9",
            ]
            for line in lines {
                let outcome = try await heddle(line, socket: socket)
                #expect(outcome.status == 0, "\(line): \(outcome.errors)")
                #expect(!outcome.output.isEmpty, "\(line)")
                #expect(outcome.errors.isEmpty, "\(line)")
                #expect(!outcome.output.contains("\u{1B}"), "colours only on a terminal")
            }
            // Each asks once; `--clear` asks before what there is to clear.
            #expect(service.calls.count == lines.count + 1)
            #expect(service.calls.filter { $0 == "detach lan web" }.count == 2)
        }
    }

    @Test func printsJSONForScripts() async throws {
        try await withServer { service, socket in
            service.set { $0.statistics = Statistics(ports: [RecordingService.port("eth0@web", frames: 5)]) }
            let networks = try json(try await heddle("--json network ls", socket: socket).output) as? [[String: Any]]
            #expect(networks?.map { $0["name"] as? String } == ["lan", "wire"])
            let endpoints = try json(try await heddle("endpoint ls --json", socket: socket).output) as? [[String: Any]]
            #expect(endpoints?.count == 2)
            let attached = try json(try await heddle("attach lan web --json", socket: socket).output) as? [String: Any]
            #expect(attached?["ifname"] as? String == "eth0")
            let created =
                try json(
                    try await heddle("network create x --json", socket: socket).output) as? [String: Any]
            #expect(created?["name"] as? String == "x")
            let statistics = try json(try await heddle("stats --json", socket: socket).output) as? [String: Any]
            #expect((statistics?["ports"] as? [Any])?.count == 1)
            let published = try json(try await heddle("publish ls --json", socket: socket).output) as? [[String: Any]]
            #expect(published?.map { $0["host_port"] as? Int } == [8080, 8081])
            let added = try json(try await heddle("--json publish add lan web 1:1", socket: socket).output) as? [Any]
            #expect(added?.count == 1)
            let flows = try json(try await heddle("flows --json", socket: socket).output) as? [[String: Any]]
            #expect(flows?.map { $0["inside"] as? String } == ["10.0.0.9:4000", "10.0.0.10:4000"])
            let silent = try await heddle("detach lan web --json", socket: socket)
            #expect(silent.status == 0 && silent.output.isEmpty)
        }
    }

    @Test func emptyListsAreEmptyArraysOrAWordToThePerson() async throws {
        try await withServer { service, socket in
            service.set {
                $0.networks = []
                $0.endpoints = []
                $0.published = []
                $0.flows = []
            }
            for line in ["network ls", "endpoint ls", "publish ls", "flows", "stats"] {
                let outcome = try await heddle(line, socket: socket)
                #expect(outcome.status == 0 && outcome.output.isEmpty && !outcome.errors.isEmpty, "\(line)")
            }
            #expect(try await heddle("network ls --json", socket: socket).output == "[]\n")
        }
    }

    @Test func passesNamesOnAsTheyAre() async throws {
        try await withServer { service, socket in
            let outcome = try await CommandLineTool.run(["network", "rm", "a/b ü%?", "--socket", socket])
            #expect(outcome.status == 0)
            #expect(service.calls == ["remove a/b ü%?"])
        }
    }

    @Test func errorsNameThingReasonAndWayOut() async throws {
        try await withServer { service, socket in
            let missing = try await heddle("network inspect nope", socket: socket)
            #expect(missing.status == 1)
            #expect(missing.output.isEmpty)
            #expect(missing.errors == "heddle: there is no network \"nope\"\n  see: heddle network ls\n")
            service.set { $0.refusal = APIError(.conflict, "in use") }
            let plain = try await heddle("network rm lan --json", socket: socket)
            #expect(plain.status == 1 && plain.errors == "heddle: in use\n")
            #expect(try await heddle("network create", socket: socket).status == 64)
        }
    }

    @Test func saysThatNoDaemonRuns() async throws {
        let path = "/tmp/hdt-none/heddle.sock"
        for outcome in [
            try await heddle("status", socket: path),
            try await heddle("status", environment: ["HEDDLE_SOCKET": path]),
            try await heddle("stats --watch", socket: path),
        ] {
            #expect(outcome.status == 1 && outcome.output.isEmpty)
            #expect(outcome.errors.hasPrefix("heddle: heddled is not running on \(path): "))
            #expect(outcome.errors.contains("heddled --socket \(path)"))
        }
    }

    @Test func findsTheSocketInTheEnvironmentUnlessTold() async throws {
        try await withServer { service, socket in
            let inherited = try await heddle("status", environment: ["HEDDLE_SOCKET": socket])
            #expect(inherited.status == 0)
            let told = try await heddle("status", socket: socket, environment: ["HEDDLE_SOCKET": "/none"])
            #expect(told.status == 0)
            #expect(service.calls.count == 2)
        }
    }

    @Test func teaches() async throws {
        let version = try await heddle("--version")
        #expect(version.output == HeddleVersion.current + "\n")
        let help = try await heddle("attach --help")
        #expect(help.status == 0 && help.output.contains("Examples:") && help.output.contains("--publish"))
        #expect(try await heddle("").output.contains("USAGE: heddle"))
    }

    @Test func offersNamesToTheShell() async throws {
        try await withServer { service, socket in
            let shell = ["SAP_SHELL": "bash", "SAP_SHELL_VERSION": "5.2"]
            let words = ["---completion", "attach", "--", "positional@0", "2", "0", "heddle", "attach", ""]
            let known = try await CommandLineTool.run(
                words, environment: shell.merging(["HEDDLE_SOCKET": socket]) { $1 })
            #expect(known.status == 0 && known.errors.isEmpty)
            #expect(known.output.split(whereSeparator: \.isWhitespace) == ["lan", "wire"])
            let unknown = try await CommandLineTool.run(
                words, environment: shell.merging(["HEDDLE_SOCKET": "/none"]) { $1 })
            #expect(unknown.status == 0 && unknown.errors.isEmpty)
            #expect(unknown.output.split(whereSeparator: \.isWhitespace).isEmpty)
            // A daemon that does not answer must not hold up the shell.
            service.set { $0.delay = .seconds(3) }
            let start = ContinuousClock.now
            let slow = try await CommandLineTool.run(
                words, environment: shell.merging(["HEDDLE_SOCKET": socket]) { $1 })
            #expect(slow.status == 0 && slow.errors.isEmpty)
            #expect(start.duration(to: .now) < .seconds(2))
            service.set { $0.delay = .zero }
        }
    }

    @Test func completionScriptsAreAcceptedByTheirShell() async throws {
        try await withDirectory { directory in
            let script = directory + "/heddle.bash"
            let outcome = try await heddle("--generate-completion-script bash")
            #expect(outcome.status == 0)
            try outcome.output.write(toFile: script, atomically: false, encoding: .utf8)
            let bash = Process()
            bash.executableURL = URL(fileURLWithPath: "/bin/bash")
            bash.arguments = ["-n", script]
            try bash.run()
            bash.waitUntilExit()
            #expect(bash.terminationStatus == 0)
        }
        for shell in ["zsh", "fish"] {
            let outcome = try await heddle("--generate-completion-script \(shell)")
            #expect(outcome.status == 0 && outcome.output.contains("heddle"))
        }
    }

    /// The watch outlives a daemon, says so once each way, and ends cleanly.
    @Test func watchSurvivesARestart() async throws {
        let service = RecordingService()
        service.set { $0.statistics = Statistics(ports: [RecordingService.port("eth0@web", frames: 5)]) }
        try await withDirectory { directory in
            let socket = directory + "/s"
            let (output, errors) = (directory + "/out", directory + "/err")
            func text(_ path: String) -> String {
                String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
            }
            func eventually(_ what: String, _ condition: () -> Bool) async throws {
                for _ in 0..<200 where !condition() {
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(condition(), "\(what): \(text(output)) \(text(errors))")
            }
            func served(_ body: () async throws -> Void) async throws {
                let server = ControlServer(service: service, socketPath: socket, logger: quietLogger)
                let group = ServiceGroup(services: [server], logger: quietLogger)
                async let running: Void = group.run()
                try await eventually("socket") { FileManager.default.fileExists(atPath: socket) }
                try await body()
                await group.triggerGracefulShutdown()
                try await running
            }
            var watch: Process?
            defer { watch?.terminate() }
            try await served {
                watch = try CommandLineTool.start(
                    ["stats", "--watch", "0.2", "--socket", socket], output: output, errors: errors)
                try await eventually("a block") { text(output).contains("RX-FRAMES/s") }
                #expect(text(output).contains("eth0@web"))
                #expect(text(errors).isEmpty)
            }
            try await eventually("word of the end") { text(errors).contains("trying again") }
            let before = text(output).count
            try await served {
                try await eventually("word of the return") { text(errors).contains("heddled is back") }
                try await eventually("more blocks") { text(output).count > before }
            }
            #expect(text(errors).split(separator: "\n").count { $0.contains("trying again") } <= 2)
            watch?.interrupt()
            try await eventually("end") { watch?.isRunning == false }
            #expect(watch?.terminationStatus == 0)
            #expect(watch?.terminationReason == .exit)
        }
    }

    @Test func watchPrintsAJSONLineAtATime() async throws {
        try await withServer { service, socket in
            service.set { $0.statistics = Statistics(ports: [RecordingService.port("eth0@web", frames: 5)]) }
            let directory = (socket as NSString).deletingLastPathComponent
            let (output, errors) = (directory + "/out", directory + "/err")
            let watch = try CommandLineTool.start(
                ["stats", "--watch=0.1", "--json", "--socket", socket], output: output, errors: errors)
            try await Task.sleep(for: .milliseconds(700))
            watch.terminate()
            watch.waitUntilExit()
            #expect(watch.terminationStatus == 0)
            let lines = String(decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
                .split(separator: "\n")
            #expect(lines.count >= 2)
            for line in lines {
                let object = try json(String(line)) as? [String: Any]
                #expect(object?.keys.sorted() == ["ports"])
            }
            try FileManager.default.removeItem(atPath: output)
            try FileManager.default.removeItem(atPath: errors)
        }
    }
}
