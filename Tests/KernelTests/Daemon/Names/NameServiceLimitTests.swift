import Foundation
import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// Long answers, extensions, what nobody should send, and how long an answer takes. Needs dig.
@Suite("Daemon: names at their limits", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct NameServiceLimitKernelTests {
    @Test("40 addresses under one alias: cut short for 512 bytes, whole with EDNS and over TCP")
    func truncation() throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.65.0.0/24")
            let boxes = try (0..<40).map { try lab.makeSandbox("n\($0)") }
            for (number, box) in boxes.enumerated() { try lab.attach(box, name: "n\(number)", aliases: ["many"]) }
            let server = "@10.65.0.1"
            let short = try lab.dig(boxes[0], [server, "+notcp", "+noedns", "+ignore", "many"])
            #expect(short.contains(" tc"), "RFC 1035 4.1.1: TC says that there is more")
            #expect(size(of: short) ?? .max <= 512)
            let all = Set((2..<42).map { "10.65.0.\($0)" })
            for words in [["+tcp"], ["+notcp", "+bufsize=1232", "+ignore"], ["+noedns"]] {
                let answer = try lab.dig(boxes[0], [server, "+short", "many"] + words)
                #expect(Set(answer.split(separator: "\n").map(String.init)) == all, "\(words)")
            }
        }
    }

    @Test("EDNS: another version is refused as such, unknown options and cookies are passed over")
    func extensions() throws {
        try HeddleUnderTest.run { lab in
            let box = try lab.makeSandbox("a")
            try lab.makeNetwork("lan", "10.66.0.0/24")
            try lab.attach(box, name: "web")
            let server = "@10.66.0.1"
            // RFC 6891 section 6.1.3.
            #expect(try lab.status(box, [server, "+edns=1", "+noednsneg", "web"]) == "BADVERS")
            for words in [["+cookie"], ["+nsid"], ["+ednsopt=65001:0102"], ["+subnet=10.0.0.0/8"], ["+dnssec"]] {
                #expect(try lab.dig(box, [server, "+short", "web"] + words) == "10.66.0.2\n", "\(words)")
            }
            #expect(try lab.dig(box, [server, "web"]).contains("EDNS: version: 0"))
            #expect(!(try lab.dig(box, [server, "+noedns", "web"]).contains("EDNS")))
            let answer = try lab.dig(box, [server, "+noall", "+answer", "web"])
            let lifetime = try #require(
                answer.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
            #expect((0...600).contains(lifetime))
        }
    }

    @Test("Garbage of all kinds is answered with an error or not at all; the next question is answered")
    func garbage() throws {
        try HeddleUnderTest.run { lab in
            let box = try lab.makeSandbox("a")
            try lab.makeNetwork("lan", "10.67.0.0/24")
            try lab.attach(box, name: "web")
            let daemon = try lab.client.status().daemon.pid
            let engine = try lab.enginePID()
            var random = Seeded(7)
            let good = Self.question("web", identifier: 1)
            try box.inside {
                let socket = try InternetSocket.datagram("10.67.0.1")
                defer { close(socket) }
                try InternetSocket.connect(socket, "10.67.0.1", port: 53)
                for round in 0..<4_000 {
                    var bytes = good
                    switch round % 4 {
                    case 0: bytes = (0..<random.below(600)).map { _ in UInt8(random.below(256)) }
                    case 1: bytes = Array(bytes.prefix(random.below(bytes.count + 1)))
                    case 2: for _ in 0...random.below(6) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
                    default:
                        // A name that points to itself, and names without an end.
                        bytes = Array(good.prefix(12)) + [0xC0, UInt8(random.below(40))] + [0, 1, 0, 1]
                    }
                    _ = send(socket, bytes, bytes.count, 0)
                }
            }
            // Bytes that are no question over TCP, and a connection that says nothing.
            try box.inside {
                let silent = try InternetSocket.stream("10.67.0.1")
                defer { close(silent) }
                try InternetSocket.connect(silent, "10.67.0.1", port: 53)
                for _ in 0..<20 {
                    let socket = try InternetSocket.stream("10.67.0.1")
                    defer { close(socket) }
                    try InternetSocket.connect(socket, "10.67.0.1", port: 53)
                    let bytes = [0xFF, 0xFF] + (0..<random.below(200)).map { _ in UInt8(random.below(256)) }
                    _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                }
            }
            for transport in ["+notcp", "+tcp"] {
                #expect(try lab.dig(box, ["@10.67.0.1", transport, "+short", "web"]) == "10.67.0.2\n")
            }
            #expect(try lab.client.status().daemon.pid == daemon)
            #expect(try lab.enginePID() == engine)
        }
    }

    @Test("A resolver file that somebody else wrote is left as it is")
    func foreignFile() throws {
        try HeddleUnderTest.run { lab in
            let box = try lab.makeSandbox("a")
            try lab.makeNetwork("lan", "10.68.0.0/24")
            let directory = "/etc/netns/\(box.name)"
            let path = directory + "/resolv.conf"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let text = "nameserver 192.0.2.53\n"
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            try lab.attach(box, name: "web")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
            try lab.client.detach(network: "lan", sandbox: box.name)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        }
    }

    /// The fastest of some rounds: other work on the machine makes them slower, never faster.
    @Test("99 of 100 questions are answered within a millisecond")
    func time() throws {
        try HeddleUnderTest.run { lab in
            let box = try lab.makeSandbox("a")
            try lab.makeNetwork("lan", "10.69.0.0/24")
            try lab.attach(box, name: "web")
            var rounds: [(median: Duration, late: Duration)] = []
            while rounds.count < 10 {
                let times = try box.inside { try Self.times(server: "10.69.0.1", questions: 1_000) }.sorted()
                #expect(times.count == 1_000, "all are answered")
                rounds.append((times[times.count / 2], times[times.count * 99 / 100]))
                if rounds.last?.late ?? .seconds(1) < .milliseconds(1) { break }
            }
            let best = try #require(rounds.min { $0.late < $1.late })
            print("name query: median \(best.median), p99 \(best.late), of \(rounds.count) rounds the best")
            #expect(best.late < .milliseconds(1))
        }
    }

    private static func times(server: String, questions: Int) throws -> [Duration] {
        let socket = try InternetSocket.datagram(server)
        defer { close(socket) }
        InternetSocket.setTimeout(socket, .seconds(1))
        try InternetSocket.connect(socket, server, port: 53)
        var bytes = [UInt8](repeating: 0, count: 2_048)
        return (0..<questions).compactMap { number in
            let asked = question("web", identifier: UInt16(number))
            let begun = ContinuousClock.now
            guard send(socket, asked, asked.count, 0) == asked.count, recv(socket, &bytes, bytes.count, 0) > 12,
                bytes[0] == asked[0], bytes[1] == asked[1], bytes[3] & 0x0F == 0, bytes[7] == 1
            else { return nil }
            return ContinuousClock.now - begun
        }
    }

    /// A question for an A record, RFC 1035 section 4.1.
    private static func question(_ label: String, identifier: UInt16) -> [UInt8] {
        [UInt8(identifier >> 8), UInt8(identifier & 0xFF), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
            + [UInt8(label.utf8.count)] + Array(label.utf8) + [0, 0, 1, 0, 1]
    }

    private func size(of answer: String) -> Int? {
        answer.firstMatch(of: /MSG SIZE +rcvd: ([0-9]+)/).flatMap { Int($0.1) }
    }
}
