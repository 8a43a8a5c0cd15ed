import ArgumentParser
import Foundation
import HeddleAPI
import Testing

@testable import heddle

/// Traces: what may be typed, and what is shown.
struct TraceFormTests {
    private func parse(_ words: String...) throws -> TraceCommand {
        try #require(try Heddle.parseAsRoot(["trace"] + words) as? TraceCommand)
    }

    @Test func commandsParse() throws {
        let one = try parse("lan", "--from", "web", "tcp > 10.0.0.9:80 flags S")
        #expect(one.network.text == "lan" && one.from?.text == "web" && one.frame == ["tcp > 10.0.0.9:80 flags S"])
        #expect(
            try FrameArgument(words: parse("lan", "arp", "10.0.0.9", "--from", "web").frame) == .text("arp 10.0.0.9"))
        #expect(try FrameArgument(words: parse("lan", "--from", "web", "-").frame) == .standardInput)
        let file = try parse("lan", "--from", "eth0@web", "@a b.pcapng", "--packet", "3")
        #expect(FrameArgument(words: file.frame) == .file("a b.pcapng") && file.packet == 3)
        #expect(try parse("lan", "--from", "web", "0x0203", "04:05").frame.count == 2)
        let live = try parse("--live", "-n", "3", "lan", "udp", "port", "53")
        #expect(live.live && live.frames == 3 && live.from == nil && live.frame == ["udp", "port", "53"])
    }

    @Test(arguments: [
        ["lan", "--from", "web"], ["lan", "tcp > 10.0.0.9:80"], ["--from", "web", "tcp > 10.0.0.9:80"],
        ["lan", "--from", "web", "tcp 10.0.0.9"], ["lan", "--from", "web", "@"], ["lan", "--from", "", "arp 10.0.0.9"],
        ["lan", "--from", "web", "@a", "--packet", "0"], ["lan", "--from", "web", "arp 10.0.0.9", "--packet", "2"],
        ["lan", "--from", "web", "xyz"], ["--live", "-n", "0", "lan"], ["--live", "-n", "10001", "lan"],
        ["lan", "--from", "web", "-n", "2", "arp 10.0.0.9"], ["--live", "lan", "--packet", "1"], ["--live"],
    ])
    func refuses(_ words: [String]) {
        let error = #expect(throws: (any Error).self) { try Heddle.parseAsRoot(["trace"] + words) }
        if let error { #expect(Heddle.exitCode(for: error).rawValue == 64, "\(words)") }
    }

    @Test func whatIsWrongIsMarked() {
        let error = #expect(throws: (any Error).self) {
            try Heddle.parseAsRoot(["trace", "lan", "--from", "web", "tcp > 10.0.0.9:80 falgs S"])
        }
        let text = error.map { Heddle.fullMessage(for: $0) } ?? ""
        #expect(text.contains("'falgs' says nothing of a frame\n"), "\(text)")
        #expect(text.contains("tcp > 10.0.0.9:80 falgs S\n                  ^^^^^\n"), "\(text)")
    }

    @Test func framesComeFromFiles() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "heddle-trace-\(UUID())")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data([2, 0, 0, 0, 0, 255]).write(to: file)
        #expect(try FrameArgument.file(file.path).text(packet: 1) == "0200000000ff")
        try Data("arp 10.0.0.9\n".utf8).write(to: file)
        #expect(try FrameArgument.file(file.path).text(packet: 1) == "arp 10.0.0.9\n")
        try Data().write(to: file)
        let empty = #expect(throws: APIError.self) { try FrameArgument.file(file.path).text(packet: 1) }
        #expect(empty?.message == "no frame in \(file.path): there are no bytes")
        let absent = #expect(throws: APIError.self) { try FrameArgument.file(file.path + "x").text(packet: 1) }
        #expect(absent?.message == "cannot read \(file.path)x: No such file or directory")
    }

    private static let report = TraceReport(
        network: "lan", from: "eth0@web", summary: "ARP, Request who-has 10.0.0.9 tell 10.0.0.2, length 28",
        frame: "02",
        assumed: ["source 10.0.0.2, of eth0@web"],
        steps: [
            .init(what: "arrived", result: "ok", text: "42 bytes come in to lan", port: "eth0@web"),
            .init(what: "flooded", result: "ok", text: "it goes to all ports of lan that may have it"),
            .init(what: "dropped", result: "exceeds-mtu", text: "exceeds-mtu: too \u{1B}long", port: "eth0@db"),
        ],
        outcomes: [.init(verdict: "dropped", port: "eth0@db", reason: "exceeds-mtu")],
        conclusion: "dropped at eth0@db: exceeds-mtu")

    @Test func whatPeopleSee() {
        #expect(
            TraceCommand.text(Self.report, styled: false) == """
                ARP, Request who-has 10.0.0.9 tell 10.0.0.2, length 28
                  source 10.0.0.2, of eth0@web

                STEP     PORT      WHAT HAPPENS
                arrived  eth0@web  42 bytes come in to lan
                flooded  -         it goes to all ports of lan that may have it
                dropped  eth0@db   exceeds-mtu: too ?long

                dropped at eth0@db: exceeds-mtu

                """)
        #expect(TraceCommand.text(Self.report, styled: true).contains("\u{1B}[31mdropped at eth0@db: exceeds-mtu"))
    }
}
