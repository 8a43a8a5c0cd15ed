import CLinux
import DataPlane
import Glibc
import Testing

@Suite("Daemons come and go")
struct EngineConnectionTests {
    @Test("the engine says who it is", arguments: IOChoice.available)
    func hello(io: IOChoice) throws {
        let rig = try EngineRig(io: io, workers: 2)
        let client = try rig.connect()
        #expect(try client.request(.hello) == 0)
        guard case .information(let information)? = client.others.first?.reply else {
            Issue.record("no information")
            return
        }
        #expect(information.pid == getpid() && information.workers == 2)
        #expect(information.usesRing == (io == .uring) && information.version == Engine.version)
        #expect(information.uptimeSeconds < 60)
    }

    @Test("left to itself it takes the ring where there is one")
    func auto() throws {
        let rig = try EngineRig(io: .auto)
        let client = try rig.connect()
        #expect(try client.request(.hello) == 0)
        guard case .information(let information)? = client.others.first?.reply else {
            Issue.record("no information")
            return
        }
        #expect(information.usesRing == IOChoice.available.contains(.uring))
    }

    @Test("an engine that can't start says why", arguments: IOChoice.available)
    func cannotStart(io: IOChoice) throws {
        let file = try TemporaryTables(workers: 1)
        let options = EngineOptions(workers: 3, io: io)
        let error = #expect(throws: EngineError.self) {
            _ = try Engine(options: options, listener: -1, tables: file.descriptor, latency: -1)
        }
        #expect(error?.reason == "the shared tables were made for 1 workers")
        let noTables = #expect(throws: EngineError.self) {
            _ = try Engine(options: EngineOptions(io: io), listener: -1, tables: -1, latency: -1)
        }
        #expect(noTables?.reason.hasPrefix("the shared tables can't be used: ") == true)
    }

    @Test("the next daemon replaces the one before, and frames flow on", arguments: IOChoice.available)
    func replaced(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let first = try rig.connect()
        let taps = try (UInt16(1)...2).map { try FakeTap($0) }
        try first.configure(taps)
        // A configuration that is never finished removes nothing.
        #expect(try first.request(.begin) == 0)
        let second = try rig.connect()
        #expect(try second.request(.hello) == 0)
        #expect(try first.isClosed())
        try taps[0].send(frame: TestFrames.plain())
        #expect(taps[1].receiveFrame() == TestFrames.plain())
        #expect(try second.request(.commit) == EINVAL, "the other's begin is forgotten")
        #expect(try second.request(.port(taps[0].configuration())) == 0, "known by its token")
    }

    @Test("a daemon that is gone leaves everything as it is", arguments: IOChoice.available)
    func gone(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let taps = try (UInt16(1)...2).map { try FakeTap($0) }
        do {
            let client = try rig.connect()
            try client.configure(taps)
        }
        try taps[0].send(frame: TestFrames.plain())
        #expect(taps[1].receiveFrame() == TestFrames.plain())
        #expect(try rig.connect().request(.removePort(1)) == 0)
        #expect(taps[0].isClosed())
    }

    @Test("a daemon takes all descriptors back, and they are the same", arguments: IOChoice.available)
    func takesDescriptors(io: IOChoice) throws {
        let rig = try EngineRig(io: io, workers: 2)
        let taps = try (UInt16(1)...300).map { try FakeTap($0) }
        do {
            let client = try rig.connect()
            try client.configure(domain: 1, Array(taps[..<150]))
            try client.configure(domain: 2, Array(taps[150...]))
        }
        let client = try rig.connect()
        #expect(try client.request(.takeDescriptors) == 0)
        var taken: [UInt16: Int32] = [:]
        for (reply, descriptor) in client.others {
            guard case .descriptor(let port, let kind, let token) = reply, let descriptor else {
                Issue.record("not a descriptor: \(reply)")
                continue
            }
            #expect(token == UInt64(port) && kind == .tap)
            taken[port] = descriptor
        }
        #expect(Set(taken.keys) == Set(1...300))
        for tap in taps {
            let descriptor = try #require(taken[tap.id])
            var number = tap.id
            #expect(Glibc.send(descriptor, &number, 2, 0) == 2)
            #expect(tap.receive() == [UInt8(tap.id & 0xFF), UInt8(tap.id >> 8)])
            // Close-on-exec, as everything that is passed around.
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
        }
        // The engine keeps its own.
        #expect(try client.request(.begin) == 0 && client.request(.commit) == 0)
        #expect(taps.allSatisfy { !isAtEnd($0) }, "the daemon holds them still")
    }

    private func isAtEnd(_ tap: FakeTap) -> Bool {
        var byte: UInt8 = 0
        return recv(tap.far, &byte, 1, Int32(MSG_PEEK)) == 0
    }

    @Test("what is no message is answered as such, and the connection goes on", arguments: IOChoice.available)
    func malformed(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let good = EngineRequest.domain(DomainConfiguration(id: 1)).encoded(sequence: 9)
        var cases: [[UInt8]] = [[0], Array("GET / HTTP/1.1".utf8), good + [0]]
        cases += (1..<good.count).map { Array(good[..<$0]) }
        var random = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            // Random bytes behind a sound beginning, so that each field is reached.
            let kept = random.below(12)
            let rest = (0...random.below(80)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let bytes = Array(good[..<kept]) + rest
            // Of the right length it might be one.
            if bytes.count != good.count { cases.append(bytes) }
        }
        for bytes in cases {
            #expect(client.send(raw: bytes) == bytes.count)
            let reply = try client.receive().reply
            #expect(reply == .acknowledgement(sequence: 0, error: EPROTO), "\(bytes)")
        }
        #expect(try client.request(.removeDomain(1)) == ENOENT, "nothing of it was done")
    }

    @Test("a descriptor that comes with something else is closed", arguments: IOChoice.available)
    func strayDescriptors(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let taps = try (UInt16(1)...2).map { try FakeTap($0) }
        #expect(client.send(raw: [1, 2, 3], passing: taps[0].near) == 3)
        #expect(try client.receive().reply == .acknowledgement(sequence: 0, error: EPROTO))
        #expect(try client.request(.hello, passing: taps[1].near) == 0)
        for tap in taps {
            tap.closeNear()
            #expect(tap.isClosed())
        }
    }

    @Test("a message that is too long ends the connection, not the engine", arguments: IOChoice.available)
    func oversized(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let taps = try (UInt16(1)...2).map { try FakeTap($0) }
        try client.configure(taps)
        let tooLong = MessageLimits.maximumBytes + 1
        #expect(client.send(raw: [UInt8](repeating: 1, count: tooLong)) == tooLong)
        #expect(try client.isClosed())
        try taps[0].send(frame: TestFrames.plain())
        #expect(taps[1].receiveFrame() == TestFrames.plain())
        #expect(try rig.connect().request(.hello) == 0)
    }

    @Test("a daemon that reads nothing doesn't keep the next one out", arguments: IOChoice.available)
    func deaf(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let first = try rig.connect()
        let taps = try (UInt16(1)...2).map { try FakeTap($0) }
        try first.configure(taps)
        // More than the socket holds: 4000 answers of which none is read.
        for _ in 0..<20 { try first.post(.takeDescriptors) }
        for _ in 0..<1_000 {
            guard (try? first.post(.hello)) != nil else { break }
        }
        let second = try rig.connect()
        #expect(try second.request(.hello) == 0)
        try taps[0].send(frame: TestFrames.plain())
        #expect(taps[1].receiveFrame() == TestFrames.plain())
    }

    @Test("the end: answered, everything closed, nothing left running", arguments: IOChoice.available)
    func shutdown(io: IOChoice) throws {
        let taps = try (UInt16(1)...3).map { try FakeTap($0) }
        do {
            let rig = try EngineRig(io: io, workers: 2)
            let client = try rig.connect()
            try client.configure(domain: 1, Array(taps[..<2]))
            try client.configure(domain: 2, [taps[2]])
            try rig.stop()
            #expect(throws: (any Error).self) { try rig.connect().request(.hello) }
        }
        for tap in taps { #expect(tap.isClosed()) }
    }

    @Test("a hundred engines one after the other leave no descriptor behind", arguments: IOChoice.available)
    func noLeaks(io: IOChoice) throws {
        // Descriptors of this test alone: other tests run beside it.
        func watched() -> Int {
            (0..<4_096).count { descriptor in
                var status = stat()
                guard fstat(Int32(descriptor), &status) == 0 else { return false }
                return status.st_mode & S_IFMT == S_IFIFO && status.st_ino == marker.st_ino
            }
        }
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        var marker = stat()
        try #require(fstat(ends[0], &marker) == 0)
        for _ in 0..<100 {
            let rig = try EngineRig(io: io)
            let client = try rig.connect()
            #expect(try client.request(.domain(DomainConfiguration(id: 1))) == 0)
            let port = PortConfiguration(id: 1, domain: 1, kind: .tap, token: 1)
            #expect(try client.request(.port(port), passing: ends[0]) == 0)
            #expect(try client.request(.hello, passing: ends[0]) == 0)
        }
        #expect(watched() == 2)
    }
}
