import Glibc

/// Bounded waiting.
enum Patience {
    /// Waits until `condition` holds, for at most `limit`; whether it did. Looks again every few milliseconds.
    static func until(_ limit: Duration = .seconds(5), _ condition: () throws -> Bool) rethrows -> Bool {
        let deadline = ContinuousClock.now + limit
        while true {
            if try condition() { return true }
            if ContinuousClock.now >= deadline { return false }
            usleep(3_000)
        }
    }

    /// Lets time go by, where time itself is what is tested.
    static func pass(_ duration: Duration) {
        usleep(UInt32(duration / .microseconds(1)))
    }
}

extension Duration {
    /// For printing.
    var milliseconds: Double { self / .milliseconds(1) }

    /// "12.3 ms"
    var text: String {
        let tenths = (milliseconds * 10).rounded() / 10
        return "\(tenths) ms"
    }
}
