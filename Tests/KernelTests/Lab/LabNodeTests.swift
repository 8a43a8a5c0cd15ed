import Foundation
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// What a node's commands find around them.
@Suite("Labs: nodes", .enabled(if: geteuid() == 0, "needs root"), .serialized, .labAlone)
struct LabNodeTests {
    @Test func commandsSeeTheNodesOwn() throws {
        try LabRig.run { lab in
            try lab.up(
                """
                networks: {lan: {subnet: 10.61.1.0/24}}
                nodes:
                  a:
                    networks: [lan]
                    environment: {GREETING: good morning}
                    files:
                      /etc/hosts: "127.0.0.1 localhost\\n10.9.8.7 invented\\n"
                      /etc/heddle-lab-test/deep.conf: "only here\\n"
                      note: "in the directory\\n"
                    sysctls: {net.ipv4.ip_default_ttl: 33}
                  b:
                    networks: [{network: lan, address: 10.61.1.77, ifname: lan0, mac: 02:00:00:00:00:77}]
                    start: {sleeper: sleep 1000}

                """)
            #expect(try lab.pings("a", "b") && lab.pings("b", "a"))
            #expect(try lab.exec("b", "ls", "/sys/class/net").output == "lan0\nlo\n")
            #expect(try lab.exec("b", "cat", "/sys/class/net/lan0/address").output == "02:00:00:00:00:77\n")
            #expect(try lab.exec("a", "cat", "/etc/hosts").output.contains("10.9.8.7 invented"))
            #expect(try !lab.exec("b", "cat", "/etc/hosts").output.contains("invented"))
            let files = try lab.exec("a", "cat", "/etc/heddle-lab-test/deep.conf", "note")
            #expect(files.output == "only here\nin the directory\n", "\(files.errors)")
            #expect(!FileManager.default.fileExists(atPath: "/etc/heddle-lab-test"))
            #expect(try lab.exec("a", "sh", "-c", "echo $GREETING").output == "good morning\n")
            #expect(try lab.exec("a", "cat", "/proc/sys/net/ipv4/ip_default_ttl").output == "33\n")
            let failing = try lab.exec("b", "sh", "-c", "echo bad >&2; exit 42")
            #expect(failing.status == 42 && failing.output.isEmpty && failing.errors == "bad\n", "\(failing)")
            let unknown = try lab.exec("bb", "true")
            #expect(unknown.status == 1 && unknown.errors.contains("It has a, b"), "\(unknown.errors)")
            let table = try lab.heddle.heddle("lab", "ls", lab.name).output
            #expect(table.contains("10.61.1.77/24") && table.contains("sleeper"), "\(table)")
        }
    }

    /// As a shell does: 127 if there is no such program, 126 if it can't be run.
    @Test func aFileTakesTheEmptiedPlaceOfADirectory() throws {
        try LabRig.run { lab in
            func text(_ files: String) -> String { "nodes: {a: {files: {\(files)}}}\n" }
            try lab.up(text("d/y: 1, d/z/w: 2, /etc/hdt/y: 3"))
            try lab.up(text("d: 4, /etc/hdt: 5"))
            #expect(try lab.exec("a", "cat", "d", "/etc/hdt").output == "45")
            try lab.up(text("d/y: 6"))
            _ = try lab.exec("a", "touch", "d/own")
            // What somebody else has put there stays.
            let outcome = try lab.up(text("d: 7"), status: 1)
            #expect(outcome.errors.contains("d is a directory with other files in it"), "\(outcome.errors)")
            _ = try lab.exec("a", "rm", "d/own")
            try lab.up(text("d: 7"))
            #expect(try lab.exec("a", "cat", "d").output == "7")
        }
    }

    @Test func execSaysWhyAProgramIsNotRun() throws {
        try LabRig.run { lab in
            try lab.up(
                """
                nodes:
                  a:
                    files: {plain: "#!/bin/sh\\n", orphan: "#!/no/such/shell\\n", words: "no program\\n"}
                    run: [chmod +x orphan words]

                """)
            for (program, status, words) in [
                ("no-such-program", 127, "there is no program \"no-such-program\" in PATH"),
                ("./no-such-file", 127, "there is no program"), ("./plain", 126, "is not executable"),
                ("./orphan", 127, "its interpreter, is not there"), ("./words", 126, "is no program"),
                ("/etc", 126, "/etc is a directory"),
            ] {
                let outcome = try lab.exec("a", program)
                #expect(outcome.status == status && outcome.errors.contains(words), "\(program): \(outcome)")
                #expect(outcome.output.isEmpty && outcome.errors.hasPrefix("heddle: "), "\(program): \(outcome)")
            }
        }
    }

    @Test func aNamespaceThatIsThereIsUsedAndStays() throws {
        try LabRig.run { lab in
            let sandbox = try lab.heddle.makeSandbox("mine")
            try lab.up(
                """
                networks: {lan: {subnet: 10.61.1.0/24}}
                nodes:
                  theirs: {sandbox: \(sandbox.name), networks: [lan], run: [ip link show eth0]}
                  own: {networks: [lan]}

                """)
            #expect(try lab.pings("own", "theirs"))
            #expect(try lab.heddle.heddle("lab", "down", lab.name).status == 0)
            #expect(try sandbox.link("lo") != nil && sandbox.link("eth0") == nil)
            #expect(lab.leftovers().isEmpty, "\(lab.leftovers())")
        }
    }

    @Test func aContainerIsANode() throws {
        try LabRig.run { lab in
            let box = try lab.heddle.makeSandbox("box")
            let process = try RunningProgram(try Programs.system("sleep"), ["1000"], in: try box.open())
            defer { process.kill() }
            // Says of one container what Docker says; it stands before Docker's own in PATH.
            let folder = lab.heddle.directory + "/own-bin"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            let script = "#!/bin/sh\n[ \"$4\" = web ] || { echo no such container >&2; exit 1; }\necho \(process.pid)\n"
            try script.write(toFile: folder + "/docker", atomically: false, encoding: .utf8)
            #expect(chmod(folder + "/docker", 0o755) == 0)
            func up(_ container: String) throws -> Outcome {
                try lab.write(
                    """
                    networks: {lan: {subnet: 10.61.1.0/24}}
                    nodes:
                      theirs: {sandbox: "container:\(container)", networks: [lan]}
                      own: {networks: [lan]}

                    """)
                return try lab.heddle.finish(
                    try Programs.system("env"),
                    ["PATH=\(folder):/usr/sbin:/usr/bin:/sbin:/bin", Programs.client, "lab", "up", lab.file],
                    environment: ["HEDDLE_SOCKET": lab.heddle.socket])
            }
            let wrong = try up("wob")
            #expect(wrong.status == 1 && wrong.errors.contains("there is no running container \"wob\""), "\(wrong)")
            let right = try up("web")
            #expect(right.status == 0, "\(right.errors)")
            #expect(try lab.pings("own", "theirs"))
            #expect(try lab.heddle.heddle("lab", "down", lab.name).status == 0)
            #expect(try box.link("eth0") == nil && process.wait(within: .zero) == nil)
        }
    }

    @Test func whatIsSomebodyElsesIsLeftAlone() throws {
        try LabRig.run { lab in
            try lab.heddle.makeNetwork("\(lab.name)-lan")
            let outcome = try lab.up(
                "networks: {lan: {}}\nnodes: {a: {networks: [lan]}, b: {run: [echo b]}}\n", status: 1)
            #expect(outcome.errors.contains("there is a network \(lab.name)-lan already"), "\(outcome.errors)")
            #expect(outcome.errors.contains("heddle network rm \(lab.name)-lan"), "\(outcome.errors)")
            let down = try lab.heddle.heddle("lab", "down", lab.name)
            #expect(down.status == 0, "\(down.errors)")
            #expect(try lab.heddle.client.networks().map(\.name) == ["\(lab.name)-lan"])
            try lab.heddle.client.removeNetwork(named: "\(lab.name)-lan")
        }
    }
}
