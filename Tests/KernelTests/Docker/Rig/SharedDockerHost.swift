import Testing

/// One host for all tests of a suite, which run one after the other: a Docker Engine takes seconds to begin and to end.
struct SharedDockerHost: SuiteTrait, TestScoping {
    @TaskLocal static var current: DockerHost?

    var isRecursive: Bool { false }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(LabThreads.shared) {
            let lab = try HeddleUnderTest()
            defer { lab.end(at: test.sourceLocation) }
            do {
                try lab.observer.watch(lab.host, as: "host")
                let host = try DockerHost(lab)
                defer { host.end(at: test.sourceLocation) }
                try host.start()
                try await Self.$current.withValue(host) { try await function() }
            } catch {
                Issue.record("\(error)\n\(lab.logTail)", sourceLocation: test.sourceLocation)
            }
        }
    }

    /// The host of the running test. What goes wrong on it is told with what its daemons said, and what a test leaves in
    /// Docker goes.
    static func use(at location: SourceLocation = #_sourceLocation, _ body: (DockerHost) throws -> Void) throws {
        guard let host = current else { throw LabError("there is no Docker: see what the suite says") }
        do {
            try body(host)
        } catch {
            Issue.record("\(error)\n\(host.engine.logTail)\n\(host.lab.logTail)", sourceLocation: location)
        }
        try host.clear(at: location)
    }
}

extension Trait where Self == SharedDockerHost {
    /// All tests of the suite on one host.
    static var sharedDockerHost: Self { SharedDockerHost() }
}
