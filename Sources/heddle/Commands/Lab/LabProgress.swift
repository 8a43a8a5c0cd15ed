import Lab

/// How far a lab is, from what is told of it. Pure: whoever asks says what time it is.
struct LabProgress {
    private struct Running {
        var thing: LabThing
        var since: ContinuousClock.Instant
        /// That it takes long was said, after so many seconds.
        var said: Int64 = 0
    }

    private var planned = 0
    private var finished = 0
    /// In the order in which they began.
    private var running: [Running] = []

    /// After so many seconds, without a terminal, a line says that something is not done yet; and after each ten times that.
    private static let patience: [Int64] = [10, 100, 1_000, 10_000]
    /// From so many seconds on, a thing's own time stands beside it.
    private static let notable = 2

    /// Takes news in.
    mutating func note(_ news: LabNews, at now: ContinuousClock.Instant) {
        switch news {
        case .planned(let count): planned += count
        case .began(let thing): running.append(Running(thing: thing, since: now))
        case .ended(let thing):
            finished += 1
            if let index = running.firstIndex(where: { $0.thing == thing }) { running.remove(at: index) }
        case .skipped(let things): finished += things.count
        case .failed: break
        }
    }

    /// "12 of 40: web: ping -c 1 db, for 3 s": what has been under way for longest; nil if nothing is.
    func line(at now: ContinuousClock.Instant) -> String? {
        guard let oldest = running.first else { return nil }
        let seconds = Int((now - oldest.since) / .seconds(1))
        let time = seconds >= Self.notable ? ", for \(seconds) s" : ""
        let others = running.count > 1 && seconds >= Self.notable ? " (and \(running.count - 1) more)" : ""
        return "\(finished) of \(planned): \(oldest.thing)\(time)\(others)"
    }

    /// What takes long and has not been said to do so.
    mutating func delays(at now: ContinuousClock.Instant) -> [String] {
        var lines: [String] = []
        for index in running.indices {
            let seconds = Int64((now - running[index].since) / .seconds(1))
            guard let due = Self.patience.last(where: { $0 <= seconds }), due > running[index].said else { continue }
            running[index].said = due
            lines.append("\(running[index].thing): not done yet, after \(seconds) s")
        }
        return lines
    }
}
