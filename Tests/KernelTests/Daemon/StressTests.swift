import Glibc
import HeddleAPI
import HeddleClient
import Synchronization
import Testing

/// Many clients at once, and processes that die while they work.
@Suite("Daemon: many at once", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct StressTests {
    /// What clients were told that they had not expected.
    private final class Complaints: Sendable {
        let list = Mutex<[String]>([])

        func add(_ text: String) {
            list.withLock { $0.append(text) }
        }
    }

    @Test("Forty sandboxes, attached and detached by four clients at once", arguments: InputOutput.allCases)
    func clients(io: InputOutput) throws {
        try HeddleUnderTest.run(io: io) { lab in
            try lab.makeNetwork("lan", "10.45.0.0/26")
            let names = try (0..<40).map { try lab.makeSandbox("x\($0)").name }
            let complaints = Complaints()
            for isAttaching in [true, false, true] {
                work(lab, names, complaints) { client, name in
                    let via = name.hasSuffix("3") || name.hasSuffix("8") ? "veth" : "tap"
                    if isAttaching {
                        _ = try client.attach(AttachRequest(network: "lan", sandbox: name, via: via))
                    } else {
                        try client.detach(network: "lan", sandbox: name)
                    }
                }
                let endpoints = try lab.client.endpoints()
                #expect(endpoints.count == (isAttaching ? 40 : 0))
                // Everybody has an address and a MAC address of their own.
                #expect(Set(endpoints.flatMap(\.addresses)).count == endpoints.count)
                #expect(Set(endpoints.map(\.mac)).count == endpoints.count)
                #expect(try lab.inconsistencies() == [])
            }
            #expect(complaints.list.withLock { $0 } == [])
            let first = try #require(lab.sandboxes["x0"])
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.45.0.20"], in: first))
        }
    }

    @Test("Engines die while sandboxes are attached and detached", arguments: InputOutput.allCases)
    func dyingEngines(io: InputOutput) throws {
        try HeddleUnderTest.run(io: io) { lab in
            try lab.makeNetwork("lan", "10.45.0.0/26")
            let names = try (0..<12).map { try lab.makeSandbox("x\($0)").name }
            let complaints = Complaints()
            for _ in 0..<3 {
                for isAttaching in [true, false] {
                    let client = lab.client
                    let killer = LabThread {
                        // A fourth would be replaced only later, by intention.
                        for _ in 0..<3 {
                            Patience.pass(.milliseconds(50))
                            if let engine = try? client.status().engine { kill(pid_t(engine.pid), SIGKILL) }
                        }
                    }
                    work(lab, names, complaints) { client, name in
                        try Self.persistently { () throws(APIError) in
                            if isAttaching {
                                _ = try client.attach(AttachRequest(network: "lan", sandbox: name))
                            } else {
                                try client.detach(network: "lan", sandbox: name)
                            }
                        } done: {
                            isAttaching ? .conflict : .notFound
                        }
                    }
                    killer.join()
                    #expect(try lab.client.endpoints().count == (isAttaching ? names.count : 0))
                    // With a clean record of deaths.
                    try lab.replaceDaemon()
                    #expect(try lab.inconsistencies() == [])
                }
            }
            #expect(complaints.list.withLock { $0 } == [])
            #expect(Patience.until { (try? lab.enginePID()) != nil })
            #expect(try lab.client.endpoints().isEmpty)
            for name in names.prefix(2) {
                _ = try lab.client.attach(AttachRequest(network: "lan", sandbox: name))
            }
            #expect(try lab.inconsistencies() == [])
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.45.0.3"], in: try #require(lab.sandboxes["x0"])))
        }
    }

    /// Four threads share the names.
    private func work(
        _ lab: HeddleUnderTest, _ names: [String], _ complaints: Complaints,
        _ body: @escaping @Sendable (DaemonClient, String) throws -> Void
    ) {
        let client = lab.client
        let threads = (0..<4).map { index in
            LabThread {
                for name in names.enumerated().filter({ $0.offset % 4 == index }).map(\.element) {
                    do {
                        try body(client, name)
                    } catch {
                        complaints.add("\(name): \(error)")
                    }
                }
            }
        }
        for thread in threads { thread.join() }
    }

    /// Does what a client is told to do where there was no engine for a moment: try again. `done` is what tells that an
    /// attempt before had done it after all.
    private static func persistently(
        _ body: () throws(APIError) -> Void, done: () -> APIError.Code
    ) throws(APIError) {
        for attempt in 0..<50 {
            do throws(APIError) {
                return try body()
            } catch {
                if attempt > 0, error.code == done() { return }
                guard error.code == .unavailable else { throw error }
                Patience.pass(.milliseconds(50))
            }
        }
        throw APIError(.unavailable, "fifty times")
    }
}
