import Glibc
import SystemPackage

/// New TCP connections, one after the other in each of some slots: connect, a byte there and a byte back, close. A thread
/// for the clients and one for the server, and neither ever waits for a single connection.
package struct ConnectionLoad: Sendable {
    /// Seconds to go on for.
    package var seconds: Double
    /// Connections under way at a time.
    package var inFlight: Int

    /// What came of it.
    package struct Outcome: Sendable, Hashable {
        /// Connections whose byte came back.
        package var completed: UInt64 = 0
        /// Connections that were refused, reset, or too slow.
        package var failed: UInt64 = 0
        /// By errno, ETIMEDOUT for those that were too slow.
        package var failures: [Int32: UInt64] = [:]
        /// How long it went on.
        package var seconds: Double = 0

        /// Completed ones.
        package var perSecond: Double { seconds > 0 ? Double(completed) / seconds : 0 }
        /// The part that failed, 0…1.
        package var failedShare: Double {
            completed + failed > 0 ? Double(failed) / Double(completed + failed) : 0
        }

        mutating func fail(_ error: Int32) {
            failed += 1
            failures[error, default: 0] += 1
        }
    }

    /// As many as keep both processors busy and no queue long.
    package static let usualInFlight = 64
    /// What is not through by then has failed: a SYN sent again after one second and after three is not.
    package static let patienceSeconds = 5
    /// Waiting connections that the server's socket holds.
    private static let backlog: Int32 = 4_096

    /// Describes a load.
    package init(seconds: Double, inFlight: Int = usualInFlight) {
        self.seconds = seconds
        self.inFlight = inFlight
    }

    /// Connects from a route's client to its server.
    package func run(on route: ServerRoute) throws -> Outcome {
        let listener = try route.server.run {
            try InternetSocket.listen(on: route.bound.address, port: route.bound.port, backlog: Self.backlog)
        }
        defer { close(listener.descriptor) }
        let place = SocketPlace(address: route.reached.address, port: route.port(ofServerAt: listener.port))
        let client = route.client
        let load = self
        let server = try BenchThread.start { try ConnectionServer(listener: listener.descriptor).run() }
        let result = Result {
            try BenchThread.start {
                // Sockets belong to the namespace of the thread that opens them, and this one opens all the time.
                try client.run { try ConnectionClient(load, to: place).run() }
            }.join()
        }
        // The server's end: accepting fails from now on.
        shutdown(listener.descriptor, Int32(SHUT_RD))
        try server.join()
        return try result.get()
    }
}
