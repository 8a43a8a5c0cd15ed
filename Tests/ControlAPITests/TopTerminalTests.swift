import Foundation
import HeddleAPI
import Testing

/// `heddle top` in a terminal, which `script` of util-linux makes.
struct TopTerminalTests {
    /// What was seen on the terminal while `keys` were pressed, one a third of a second, and the exit status.
    private func watch(
        _ keys: [String], socket: String, size: String = "rows 30 cols 140"
    ) async throws -> (
        screen: String, status: Int32
    ) {
        let tool = try CommandLineTool.path()
        let process = Process()
        // Bounded: whatever is wrong, the terminal goes away.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        process.arguments = [
            "--kill-after=5", "20", "script", "--quiet", "--return", "--echo", "never", "--command",
            // Ctrl-C reaches the shell, too, which is to tell of what comes after.
            "trap : INT; stty \(size); before=$(stty -g); \(tool) top --interval 0.2 --socket \(socket); status=$?;"
                + " [ \"$(stty -g)\" = \"$before\" ] && echo SAME; exit $status",
            "/dev/null",
        ]
        var environment = ProcessInfo.processInfo.environment
        environment["LC_ALL"] = "C.UTF-8"
        environment["TERM"] = "xterm"
        environment["NO_COLOR"] = nil
        process.environment = environment
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        let screen = try await blocking {
            [
                process = CommandLineTool.Sent(process), input = CommandLineTool.Sent(input),
                output = CommandLineTool.Sent(output)
            ] in
            try process.value.run()
            usleep(1_000_000)
            for key in keys {
                // It may have ended before its last key.
                try? input.value.fileHandleForWriting.write(contentsOf: Data(key.utf8))
                usleep(300_000)
            }
            // Less than a pipe holds. Input is held open until here: at its end `script` would type Ctrl-D.
            let screen = output.value.fileHandleForReading.readDataToEndOfFile()
            process.value.waitUntilExit()
            try? input.value.fileHandleForWriting.close()
            return String(decoding: screen, as: UTF8.self)
        }
        return (screen, process.terminationStatus)
    }

    @Test func takesKeysAndGivesTheTerminalBack() async throws {
        try await withServer { service, socket in
            service.set { $0.statistics = Statistics(ports: [RecordingService.port("eth0@web", frames: 5)]) }
            let (screen, status) = try await watch(["d", "\u{1B}[C", "/nix\r", "h", "q"], socket: socket)
            #expect(status == 0, "\(screen.debugDescription)")
            #expect(screen.contains("\u{1B}[?1049h"))
            for text in [
                "by rate", "by drops", "by port", "eth0@web", "no port has \"nix\"", "order by the next column",
            ] {
                #expect(screen.contains(text), "\(text) in \(screen.debugDescription)")
            }
            let end = try #require(screen.range(of: "\u{1B}[?25h\u{1B}[?1049l", options: .backwards))
            #expect(screen[end.upperBound...].contains("SAME"), "echo and line mode are as before")
        }
    }

    @Test func endsAtAnInterrupt() async throws {
        try await withServer { _, socket in
            let (screen, status) = try await watch(["\u{03}"], socket: socket)
            #expect(status == 0)
            #expect(screen.contains("there are no ports"))
            #expect(screen.hasSuffix("SAME\r\n"), "\(screen.debugDescription)")
        }
    }

    @Test func fitsASmallWindow() async throws {
        try await withServer { service, socket in
            service.set { state in
                state.statistics = Statistics(ports: (1...9).map { RecordingService.port("eth0@n\($0)", frames: 1) })
            }
            let (screen, status) = try await watch(["p", "q"], socket: socket, size: "rows 8 cols 60")
            #expect(status == 0)
            #expect(screen.contains("rows 1 to 3 of 9") && screen.contains("eth0@n3"))
            #expect(!screen.contains("eth0@n9"))
        }
    }

    @Test func printsTurnsForScripts() async throws {
        try await withServer { service, socket in
            service.set { $0.statistics = Statistics(ports: [RecordingService.port("eth0@web", frames: 5)]) }
            let words = ["top", "--count", "2", "--interval", "0.1", "--socket", socket]
            let text = try await CommandLineTool.run(words)
            #expect(text.status == 0 && text.errors.isEmpty)
            #expect(text.output.components(separatedBy: "heddle top").count == 3)
            #expect(!text.output.contains("\u{1B}"))
            let lines = try await CommandLineTool.run(words + ["--json"]).output.split(separator: "\n")
            #expect(lines.count == 2)
            for line in lines {
                let turn = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                let ports = try #require(turn["ports"] as? [[String: Any]])
                #expect(ports.count == 1 && ports[0]["port"] as? String == "eth0@web")
                #expect((ports[0]["rx"] as? [String: Any])?["bits_per_s"] as? Double == 0)
                #expect((ports[0]["drops_per_s"] as? [String: Any])?.isEmpty == true)
            }
        }
    }

    @Test func refusesWhatMakesNoSense() async throws {
        for words in [["--count", "0"], ["--interval", "0"], ["--sort", "weight"]] {
            let outcome = try await CommandLineTool.run(["top"] + words)
            #expect(outcome.status == 64, "\(words)")
            #expect(!outcome.errors.isEmpty)
        }
        let alone = try await CommandLineTool.run(["top", "--count", "1", "--socket", "/tmp/hdt-no-such.sock"])
        #expect(alone.status == 1)
    }
}
