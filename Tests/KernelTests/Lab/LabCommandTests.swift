import Foundation
import Glibc
import Testing

/// Commands of nodes whose `up` is ended: none of them runs twice.
@Suite("Labs: commands and signals", .enabled(if: geteuid() == 0, "needs root"), .serialized, .labAlone)
struct LabCommandTests {
    /// Two processes of a command that stay, and one that a command has let go.
    private static func text(_ timeout: String) -> String {
        """
        nodes:
          a: {run: [{command: "sleep 1000 & trap '' INT; sleep 1000; true", timeout: \(timeout)}]}
          b: {run: [setsid sleep 1000 & true]}

        """
    }

    private static func begin(_ lab: LabRig) throws -> RunningProgram {
        try lab.write(text("1m"))
        let up = try RunningProgram(
            Programs.client, ["lab", "up", lab.file], in: try lab.heddle.host.open(),
            environment: ["HEDDLE_SOCKET": lab.heddle.socket])
        let runs = Patience.until(.seconds(10)) {
            lab.processes(of: "a").count == 3 && lab.processes(of: "b").count == 1
        }
        #expect(runs, "the commands don't run: \(lab.processes())")
        return up
    }

    /// SIGINT and SIGHUP do the same; who runs tests in the background may have them ignored.
    @Test func aSignalEndsCommandsWithUp() throws {
        try LabRig.run { lab in
            let up = try Self.begin(lab)
            up.signal(SIGTERM)
            #expect(up.wait(within: .seconds(10)) == .killed(SIGTERM))
            #expect(lab.processes(of: "a").isEmpty, "\(lab.processes(of: "a"))")
            // Its command was at its end.
            #expect(lab.processes(of: "b").count == 1)
        }
    }

    @Test func whatAKilledUpLeftIsEndedBeforeACommandIsRunAgain() throws {
        try LabRig.run { lab in
            try Self.begin(lab).kill()
            let left = lab.processes(of: "a")
            #expect(left.count == 3, "\(left)")
            let other = lab.processes(of: "b")
            let again = try lab.up(Self.text("700ms"), status: 1)
            #expect(again.errors.contains("did not end within 700ms"), "\(again.errors)")
            #expect(lab.processes(of: "a").isEmpty, "\(lab.processes(of: "a")), before: \(left)")
            #expect(lab.processes(of: "b") == other)
        }
    }

    @Test func whatAKilledUpLeftIsEndedWithACommandThatIsEdited() throws {
        try LabRig.run { lab in
            try Self.begin(lab).kill()
            let other = lab.processes(of: "b")
            let lines = Self.text("1m").split(separator: "\n")
            let edited = lines.map { $0.contains("a: ") ? "  a: {run: [ip link]}" : $0 }
            try lab.up(edited.joined(separator: "\n") + "\n")
            #expect(lab.processes(of: "a").isEmpty, "\(lab.processes(of: "a"))")
            #expect(lab.processes(of: "b") == other)
        }
    }
}
