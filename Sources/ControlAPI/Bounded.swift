import HeddleAPI

/// The control plane can't be interrupted, but whoever waits for it can be told. What only looks at it goes before what
/// changes it.
func bounded<Answer: Sendable>(
    _ limit: Duration, isLook: Bool = false, _ work: @escaping @Sendable () async throws -> Answer
) async throws -> Answer {
    let (answers, answer) = AsyncThrowingStream<Answer, any Error>.makeStream()
    let timer = Task {
        try await Task.sleep(for: limit)
        answer.finish(throwing: APIError(.unavailable, "Heddle did not answer in time; it goes on with what was asked"))
    }
    defer { timer.cancel() }
    Task(priority: isLook ? .high : .medium) {
        do {
            answer.yield(try await work())
            answer.finish()
        } catch {
            answer.finish(throwing: error)
        }
    }
    for try await first in answers { return first }
    throw CancellationError()
}
