import Testing

/// How many tests of the daemon run at once: a few, and where a test measures time, that one alone.
actor LabGate {
    static let shared = LabGate()
    /// Most labs at once. They wait more than they work.
    static let slots = 3

    private var free = slots
    private var waiting: [(need: Int, continuation: CheckedContinuation<Void, Never>)] = []

    /// Waits for one slot, or for all of them. Whoever came first is first, so that nobody waits for ever.
    func enter(alone: Bool) async {
        let need = alone ? Self.slots : 1
        if waiting.isEmpty, free >= need {
            free -= need
            return
        }
        await withCheckedContinuation { waiting.append((need, $0)) }
    }

    /// Gives back what `enter` took.
    func leave(alone: Bool) {
        free += alone ? Self.slots : 1
        while let next = waiting.first, free >= next.need {
            free -= next.need
            waiting.removeFirst()
            next.continuation.resume()
        }
    }
}

/// Runs tests on threads that may be blocked, a few at once or, as `.labAlone`, one at a time.
struct LabTrait: SuiteTrait, TestTrait, TestScoping {
    var isAlone: Bool

    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        await LabGate.shared.enter(alone: isAlone)
        let result: Result<Void, any Error>
        do {
            try await withTaskExecutorPreference(LabThreads.shared) { try await function() }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await LabGate.shared.leave(alone: isAlone)
        try result.get()
    }
}

extension Trait where Self == LabTrait {
    /// A test that can run beside others of its kind.
    static var lab: Self { LabTrait(isAlone: false) }
    /// A test that measures time. Not in a suite with `.lab`: whoever holds a slot can't get all of them.
    static var labAlone: Self { LabTrait(isAlone: true) }
}
