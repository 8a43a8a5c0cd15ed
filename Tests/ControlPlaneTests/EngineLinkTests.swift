import CLinux
import DataPlane
import Foundation
import Glibc
import HeddleAPI
import SystemPackage
import Testing

@testable import ControlPlane

/// The daemon's side of the conversation against an engine that follows a script.
@Suite struct EngineLinkTests {
    private static let information = EngineInformation(
        pid: 4_711, version: "9.9", workers: 3, usesRing: true, uptimeSeconds: 12)

    /// Answers the requests of one connection by `script` until the other side is gone; returns them all.
    private func withEngine(
        _ script: @escaping @Sendable (UInt32, EngineRequest, borrowing EngineConnection) throws -> Bool,
        _ body: (EngineLink) throws -> Void
    ) throws -> [EngineRequest] {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/e"
        let listener = heddle_seqpacket_listen(path)
        try #require(listener >= 0)
        let finished = DispatchSemaphore(value: 0)
        let seen = Seen()
        Thread.detachNewThread {
            defer { finished.signal() }
            let descriptor = heddle_seqpacket_accept(listener)
            guard descriptor >= 0 else { return }
            let connection = EngineConnection(descriptor: descriptor)
            while let (request, passed) = try? connection.receiveRequest(),
                case .success(let (sequence, asked)) = request
            {
                if let passed { close(passed) }
                seen.requests.append(asked)
                guard (try? script(sequence, asked, connection)) == true else { return }
            }
        }
        do {
            let link = try EngineLink(path: path)
            try body(link)
        }
        finished.wait()
        close(listener)
        return seen.requests
    }

    /// Written by the engine's thread, read after it has ended.
    private final class Seen: @unchecked Sendable {
        var requests: [EngineRequest] = []
    }

    @Test func helloTellsWhatTheEngineIs() throws {
        let requests = try withEngine { sequence, _, connection in
            try connection.send(.information(Self.information))
            try connection.send(.acknowledgement(sequence: sequence, error: 0))
            return true
        } _: { link in
            let information = try link.hello()
            #expect(information == Self.information)
        }
        #expect(requests == [.hello])
    }

    @Test func anAcknowledgementCarriesTheEnginesRefusal() throws {
        _ = try withEngine { sequence, _, connection in
            // An answer to a request that was given up comes first.
            try connection.send(.acknowledgement(sequence: sequence &- 1, error: 5))
            try connection.send(.acknowledgement(sequence: sequence, error: ENOENT))
            return true
        } _: { link in
            for _ in 0..<2 {
                let answer = try link.ask(.removePort(3))
                #expect(answer == .noSuchFileOrDirectory)
            }
        }
    }

    @Test func eventsBetweenAnswersAreKept() throws {
        _ = try withEngine { sequence, _, connection in
            try connection.send(.portGone(port: 7, token: 70, error: EBADFD))
            try connection.send(.acknowledgement(sequence: sequence, error: 0))
            try connection.send(.portGone(port: 8, token: 80, error: EBADFD))
            return true
        } _: { link in
            let answer = try link.ask(.begin)
            #expect(answer == nil)
            #expect(link.hasEvents)
            var events = try link.takeEvents()
            // The second one may still be on its way.
            while events.count < 2 { events += try link.takeEvents() }
            #expect(events == [.portGone(port: 7, token: 70), .portGone(port: 8, token: 80)])
            #expect(!link.hasEvents)
        }
    }

    @Test func descriptorsComeBackWithTheirPorts() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let reading = ends[0]
        _ = try withEngine { sequence, _, connection in
            try connection.send(.descriptor(port: 1, kind: .tap, token: 10), passing: reading)
            try connection.send(.descriptor(port: 2, kind: .packetSocket, token: 20), passing: reading)
            try connection.send(.acknowledgement(sequence: sequence, error: 0))
            return true
        } _: { link in
            let taken = try link.takeDescriptors()
            #expect(taken.map(\.port) == [1, 2] && taken.map(\.kind) == [.tap, .packetSocket])
            #expect(taken.map(\.token) == [10, 20])
            for port in taken {
                var byte: UInt8 = UInt8(port.port)
                #expect(write(ends[1], &byte, 1) == 1)
                #expect(read(port.descriptor, &byte, 1) == 1 && byte == UInt8(port.port))
                close(port.descriptor)
            }
        }
        for end in ends { close(end) }
    }

    @Test func anEngineThatEndsIsNoticedAtOnce() throws {
        _ = try withEngine { _, _, _ in
            false
        } _: { link in
            let start = ContinuousClock.now
            #expect(throws: EngineLink.Failure.closed) { try link.ask(.begin) }
            #expect(throws: EngineLink.Failure.closed) { try link.ask(.begin) }
            #expect(ContinuousClock.now - start < .seconds(1))
        }
    }

    @Test func anEngineThatDiedBeforeItAcceptedIsNoticedAtOnce() throws {
        // The connection waits in a listener that this process holds too: only the process tells.
        let directory = try TemporaryDirectory()
        let listener = heddle_seqpacket_listen(directory.path + "/e")
        try #require(listener >= 0)
        defer { close(listener) }
        let process = try EngineProcess.start(program: "/bin/true", arguments: [], passing: [listener], errorTo: 2)
        let link = try EngineLink(path: directory.path + "/e")
        #expect(throws: EngineLink.Failure.closed) { try link.hello(process: process) }
        #expect(process.hasEnded(within: 1_000))
    }

    @Test func whatIsNoMessageIsStrange() throws {
        _ = try withEngine { _, _, connection in
            let noise: [UInt8] = [1, 2, 3]
            _ = noise.withUnsafeBytes { heddle_send_message(connection.descriptor, $0.baseAddress, $0.count, -1) }
            return true
        } _: { link in
            #expect(throws: EngineLink.Failure.strange) { try link.hello() }
        }
    }
}

@Suite struct EngineProcessTests {
    @Test func itGetsItsDescriptorsAndNothingElse() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        // 3 and 4 are the pipe; the shell says what else is open (its own listing of the directory is one more).
        let script = "echo here >&4; ls /proc/self/fd | tr '\\n' ' ' >&4"
        let process = try EngineProcess.start(
            program: "/bin/sh", arguments: ["-c", script], passing: [ends[0], ends[1]], errorTo: 2)
        #expect(process.hasEnded(within: 5_000))
        close(ends[1])
        let text = try FileHandle(fileDescriptor: ends[0], closeOnDealloc: true).readToEnd()
        #expect(text.map { String(decoding: $0, as: UTF8.self) } == "here\n0 1 2 3 4 5 ")
    }

    @Test func itIsFoundAgainByItsStartAndKilled() throws {
        let process = try EngineProcess.start(program: "/bin/sleep", arguments: ["60"], passing: [], errorTo: 2)
        let time = try #require(process.startTime)
        #expect(EngineProcess.find(recorded: "\(process.pid) \(time)")?.pid == process.pid)
        #expect(EngineProcess.find(recorded: "\(process.pid) \(time + 1)") == nil)
        #expect(EngineProcess.find(recorded: "") == nil && EngineProcess.find(recorded: "x y") == nil)
        #expect(!process.hasEnded(within: 0))
        process.kill()
        #expect(process.hasEnded(within: 5_000))
        #expect(EngineProcess.find(recorded: "\(process.pid) \(time)") == nil)
    }

    @Test func aProgramThatIsNotThereIsNamed() {
        let error = #expect(throws: EngineFailure.self) {
            try EngineProcess.start(program: "/no/such/engine", arguments: [], passing: [], errorTo: 2)
        }
        #expect(error?.description.contains("/no/such/engine") == true)
        #expect(error?.description.contains("HEDDLE_ENGINE") == true)
        #expect(error?.apiError.code == .unavailable)
    }
}
