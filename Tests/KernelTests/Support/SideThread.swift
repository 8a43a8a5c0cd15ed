// Offers: `SideThread`, a thread of its own for what blocks or counts beside the test, with its result; `SetupError`.

import Glibc
import Synchronization

/// Runs something on a thread of its own while the test goes on. `join` waits for it and returns what came of it; a thread
/// that is forgotten is waited for when the value is let go.
final class SideThread<Outcome: Sendable> {
    /// Written by the thread, read after the join that orders the two.
    private final class Place: @unchecked Sendable {
        var outcome: Result<Outcome, any Error>?
        let hasEnded = Atomic(false)
    }

    private let place = Place()
    private var thread = pthread_t()
    private var isJoined = false

    /// Starts the thread.
    init(_ body: @escaping @Sendable () throws -> Outcome) throws {
        let place = place
        let context = Unmanaged.passRetained(
            SideJob {
                place.outcome = Result { try body() }
                place.hasEnded.store(true, ordering: .releasing)
            })
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<SideJob>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, context.toOpaque())
        guard failure == 0 else {
            context.release()
            isJoined = true
            throw SetupError("cannot start a thread: error \(failure)")
        }
    }

    deinit {
        if !isJoined { pthread_join(thread, nil) }
    }

    /// Whether it is through; `join` then returns at once.
    var hasEnded: Bool { place.hasEnded.load(ordering: .acquiring) }

    /// Waits for the end.
    func join() throws -> Outcome {
        if !isJoined {
            pthread_join(thread, nil)
            isJoined = true
        }
        guard let outcome = place.outcome else { throw SetupError("a thread ended without a result") }
        return try outcome.get()
    }
}

/// What a thread is given: a C function knows no generic type.
private final class SideJob {
    let body: () -> Void

    init(_ body: @escaping () -> Void) {
        self.body = body
    }
}

/// Something that a test stands on could not be made or did not come in time.
struct SetupError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
