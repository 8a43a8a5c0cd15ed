import Capture
import Foundation
import HeddleAPI
import HeddleClient
import Synchronization
import Testing

/// A capture whose pieces are the test's.
final class ScriptedFeed: CaptureFeed {
    private struct State {
        var pieces: [[UInt8]] = []
        var isEnded = false
        /// What still comes after the end was asked for.
        var rest: [UInt8]?
    }

    private let state = Mutex(State())

    init(rest: [UInt8]? = nil) {
        state.withLock { $0.rest = rest }
    }

    func add(_ bytes: [UInt8]) { state.withLock { $0.pieces.append(bytes) } }

    var isEnded: Bool { state.withLock { $0.isEnded } }

    func next() async -> [UInt8]? {
        while true {
            let (piece, isOver) = state.withLock { state -> ([UInt8]?, Bool) in
                if !state.pieces.isEmpty { return (state.pieces.removeFirst(), false) }
                guard state.isEnded else { return (nil, false) }
                defer { state.rest = nil }
                return (state.rest, state.rest == nil)
            }
            if let piece { return piece }
            if isOver { return nil }
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    func end() async { state.withLock { $0.isEnded = true } }
}

/// Captures over HTTP, and the command that shows them.
struct CaptureAnswerTests {
    /// A section, an interface and frames.
    private static func stream(_ count: Int) -> [UInt8] {
        var writer = PcapngWriter()
        writer.writeSection(application: "heddle")
        writer.write(.init(name: "eth0@web"))
        let arp: [UInt8] =
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 10, 0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1]
            + [2, 0, 10, 0, 0, 2, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 10, 0, 0, 3]
        for number in 0..<count {
            writer.write(
                .init(
                    interface: 0, time: UInt64(number) * 1_000_000_000, length: 42, bytes: arp, direction: .in,
                    comment: "flooded"))
        }
        return writer.take()
    }

    private static func counts(lost: UInt64, comment: String = "") -> [UInt8] {
        var writer = PcapngWriter()
        writer.write(.init(interface: 0, time: 0, received: 1, lost: lost, comment: comment))
        return writer.take()
    }

    private static func heddle(_ words: [String], socket: String) async throws -> CommandLineTool.Outcome {
        try await CommandLineTool.run(["--socket", socket] + words)
    }

    @Test func piecesComeAsTheyAreAndTheRestAfterTheEnd() async throws {
        let feed = ScriptedFeed(rest: [9, 9])
        let service = RecordingService()
        service.set { $0.feed = feed }
        try await withServer(service) { service, socket in
            feed.add([1, 2, 3])
            try await blocking {
                var stream = try CaptureStream(CaptureRequest(port: "web", filter: "tcp port 80"), socketPath: socket)
                var pieces = [try stream.read()]
                feed.add([4])
                pieces.append(try stream.read())
                #expect(!feed.isEnded)
                stream.finish()
                pieces.append(try stream.read())
                pieces.append(try stream.read())
                #expect(pieces == [[1, 2, 3], [4], [9, 9], nil])
            }
            #expect(feed.isEnded)
            #expect(service.calls == ["capture port=web&filter=tcp%20port%2080"])
        }
    }

    @Test func aClientThatGoesEndsIt() async throws {
        let feed = ScriptedFeed()
        let service = RecordingService()
        service.set { $0.feed = feed }
        try await withServer(service) { _, socket in
            feed.add([1])
            try await blocking {
                var stream = try CaptureStream(CaptureRequest(network: "lan"), socketPath: socket)
                let piece = try stream.read()
                #expect(piece == [1])
            }
            for _ in 0..<500 where !feed.isEnded { try await Task.sleep(for: .milliseconds(10)) }
            #expect(feed.isEnded)
        }
    }

    @Test func aDaemonThatEndsEndsIt() async throws {
        let feed = ScriptedFeed(rest: [7])
        let service = RecordingService()
        service.set { $0.feed = feed }
        try await withDirectory { directory in
            let socket = directory + "/s"
            let reading = Mutex<Task<[UInt8], any Error>?>(nil)
            let took = try await serving(service, at: socket) {
                feed.add([1])
                let task = Task {
                    try await blocking {
                        var stream = try CaptureStream(CaptureRequest(network: "lan"), socketPath: socket)
                        var all: [UInt8] = []
                        while let piece = try stream.read() { all += piece }
                        return all
                    }
                }
                reading.withLock { $0 = task }
                // The first piece was taken: the capture runs.
                for _ in 0..<500 where service.calls.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            }
            #expect(took < .milliseconds(500), "\(took)")
            #expect(try await reading.withLock { $0 }?.value == [1, 7])
        }
    }

    @Test(arguments: [
        ("", "isn't said"), ("?port=", "is empty"), ("?port=a&direction=up", "no direction"),
        ("?network=a&snaplen=0", "no snap length"), ("?network=a&snaplen=x", "no snap length"), ("?colour=1", "colour"),
        ("?network=a&follow=0", "no number of frames"), ("?network=a&follow=10001", "no number of frames"),
    ])
    func whatIsMissingOrWrongIsSaid(query: String, words: String) async throws {
        try await withServer { service, socket in
            let answer = try await RawClient(socket: socket).post("/v1/capture" + query, [], method: "GET")
            #expect(answer.status == 400 && answer.body.contains(words), "\(answer.body)")
            #expect(service.calls.isEmpty)
        }
    }

    @Test func theCommandShowsFramesAndCountsThem() async throws {
        let feed = ScriptedFeed(rest: Self.counts(lost: 3))
        let service = RecordingService()
        service.set { $0.feed = feed }
        try await withServer(service) { service, socket in
            feed.add(Self.stream(5))
            let outcome = try await Self.heddle(["capture", "lan", "-c", "2", "arp", "or", "icmp"], socket: socket)
            #expect(outcome.status == 0)
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(
                lines.first?.hasSuffix(
                    " eth0@web in  ARP, Request who-has 10.0.0.3 tell 10.0.0.2, length 28 [flooded]") == true,
                "\(outcome.output)")
            #expect(outcome.errors == "2 frames captured, 3 lost because the reader was slow\n")
            #expect(service.calls == ["networks", "capture network=lan&filter=arp%20or%20icmp"])
        }
    }

    @Test func theCommandWritesFilesAndStandardOutput() async throws {
        for isFile in [true, false] {
            let feed = ScriptedFeed(rest: Self.counts(lost: 0))
            let service = RecordingService()
            service.set { $0.feed = feed }
            try await withServer(service) { service, socket in
                feed.add(Self.stream(4))
                let path = isFile ? socket + ".pcapng" : "-"
                defer { unlink(path) }
                let words = [
                    "capture", "web", "-w", path, "--duration", "300ms", "--direction", "in", "--snaplen", "96",
                ]
                let outcome = try await Self.heddle(words, socket: socket)
                #expect(outcome.errors == "4 frames captured, none lost\n" && outcome.status == 0)
                #expect(service.calls.last == "capture port=web&direction=in&snaplen=96")
                if isFile {
                    let written = Array(try Data(contentsOf: URL(filePath: path)))
                    #expect(written == Self.stream(4) + Self.counts(lost: 0))
                    #expect(outcome.output.isEmpty)
                } else {
                    #expect(!outcome.output.isEmpty)
                }
            }
        }
    }

    @Test func theCommandSaysWhyItEnded() async throws {
        let feed = ScriptedFeed(rest: Self.counts(lost: 0, comment: "eth0@web was detached"))
        let service = RecordingService()
        service.set { $0.feed = feed }
        try await withServer(service) { _, socket in
            feed.add(Self.stream(1))
            await feed.end()
            let outcome = try await Self.heddle(["capture", "web", "--json"], socket: socket)
            #expect(outcome.status == 1 && outcome.errors.contains("eth0@web was detached"), "\(outcome.errors)")
            let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            #expect(object?["port"] as? String == "eth0@web" && object?["verdict"] as? String == "flooded")
        }
        try await withServer { service, socket in
            let outcome = try await Self.heddle(["capture", "nobody"], socket: socket)
            #expect(outcome.status == 1 && outcome.errors.contains("there is no port"), "\(outcome.errors)")
        }
    }

    @Test(arguments: [
        ["capture"], ["capture", "lan", "--files", "3"], ["capture", "lan", "--rotate-size", "1mb"],
        ["capture", "lan", "-c", "0"], ["capture", "lan", "-w", "x", "--json"],
        ["capture", "lan", "--direction", "up"], ["capture", "lan", "--duration", "soon"],
        ["capture", "lan", "-w", "-", "--rotate-time", "1m"], ["capture", "lan", "--snaplen", "0"],
    ])
    func whatCannotBeMeantIsRefused(words: [String]) async throws {
        #expect(try await CommandLineTool.run(words).status == 64)
    }
}
