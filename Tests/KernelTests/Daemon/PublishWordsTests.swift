import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// What the commands around published ports say.
@Suite("Daemon: words about published ports", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct PublishWordsTests {
    @Test("a star is all addresses; ls of one network; rm names the holder; a taken port has one advice")
    func words() throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.66.0.0/24")
            try lab.makeNetwork("dmz", "10.66.1.0/24")
            let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
            try lab.attach(boxes[0], to: "lan")
            try lab.attach(boxes[1], to: "dmz")
            #expect(try lab.heddle("publish", "add", "lan", boxes[0].name, "*:8080:80").status == 0)
            #expect(try lab.heddle("publish", "add", "dmz", boxes[1].name, "8081:80").status == 0)
            let lan = try lab.heddle("publish", "ls", "lan").output
            #expect(lan.contains("8080") && !lan.contains("8081"), "\(lan)")
            let unknown = try lab.heddle("publish", "ls", "wan")
            #expect(unknown.status != 0 && unknown.errors.contains("no network"), "\(unknown.errors)")
            let wrong = try lab.heddle("publish", "rm", "dmz", boxes[1].name, "8080:80")
            #expect(
                wrong.status != 0 && wrong.errors.contains("but of eth0@\(boxes[0].name) in lan"), "\(wrong.errors)")
            #expect(try lab.heddle("publish", "rm", "lan", boxes[0].name, "*:8080:80").status == 0)
            let thief = try lab.host.inside { try InternetSocket.stream("0.0.0.0") }
            defer { close(thief) }
            try InternetSocket.bind(thief, "0.0.0.0", port: 8_082)
            #expect(listen(thief, 1) == 0)
            let taken = try lab.heddle("publish", "add", "lan", boxes[0].name, "8082:80")
            let advice = taken.errors.lowercased().split(separator: " ").count { $0.hasPrefix("choose") }
            #expect(taken.status != 0 && taken.errors.contains("has it") && advice == 1, "\(taken.errors)")
        }
    }
}
