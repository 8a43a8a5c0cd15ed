import HeddleAPI

/// What went over every port in the last turns, for the sparklines.
struct TopHistory {
    /// As many turns as a sparkline has characters.
    static let length = 20

    private var figures: [PortKey: [Double?]] = [:]

    /// Takes in one turn. Ports that are no longer there are forgotten, so that this stays as large as the table.
    mutating func add(_ rates: StatsRates) {
        var next: [PortKey: [Double?]] = [:]
        for row in rates.rows {
            var line = figures[row.key] ?? []
            line.append(row.bits)
            if line.count > TopHistory.length { line.removeFirst(line.count - TopHistory.length) }
            next[row.key] = line
        }
        figures = next
    }

    /// Bits a second in both directions together, oldest first; nil where a turn has no figure.
    func figures(of key: PortKey) -> [Double?] {
        figures[key] ?? []
    }
}

extension StatsRates.Row {
    /// By what a row is found again at the next turn.
    var key: PortKey { PortKey(port: port, network: network) }

    /// Bits a second, in and out; nil if neither is known.
    var bits: Double? { StatsRates.Row.sum(receivedBits, sentBits) }

    /// Frames a second, in and out; nil if neither is known.
    var frames: Double? { StatsRates.Row.sum(receivedFrames, sentFrames) }

    /// Drops a second, of all reasons.
    var dropped: Double { drops.values.reduce(0, +) }

    private static func sum(_ one: Double?, _ other: Double?) -> Double? {
        one == nil && other == nil ? nil : (one ?? 0) + (other ?? 0)
    }
}
