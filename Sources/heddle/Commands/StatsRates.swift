import HeddleAPI

/// By what a port is found again in a later look at the counters.
struct PortKey: Hashable {
    var port: String
    var network: String
}

/// What happened on every port between two looks at the counters.
struct StatsRates {
    /// One port, each figure in a second; nil where there is nothing to compare with.
    struct Row {
        var port: String
        var network: String
        var receivedFrames: Double?
        var receivedBits: Double?
        var sentFrames: Double?
        var sentBits: Double?
        /// By reason; only what grew.
        var drops: [String: Double]
    }

    var rows: [Row]

    /// Compares two looks, `seconds` apart. A port that is new, and a counter that went back because the engine's
    /// tables were made anew, have no rate yet.
    init(from earlier: Statistics, to later: Statistics, seconds: Double) {
        var known: [PortKey: Statistics.Port] = [:]
        for port in earlier.ports {
            known[PortKey(port: port.port, network: port.network)] = port
        }
        func rate(_ before: UInt64?, _ after: UInt64) -> Double? {
            guard let before, after >= before, seconds > 0 else { return nil }
            return Double(after - before) / seconds
        }
        rows = later.ports.map { port in
            let before = known[PortKey(port: port.port, network: port.network)]
            var drops: [String: Double] = [:]
            for (reason, count) in port.drops {
                // A reason is listed from its first frame on, so that one that was not there was zero.
                if let rate = rate(before.map { $0.drops[reason] ?? 0 }, count), rate > 0 { drops[reason] = rate }
            }
            return Row(
                port: port.port, network: port.network, receivedFrames: rate(before?.rx.frames, port.rx.frames),
                receivedBits: rate(before?.rx.bytes, port.rx.bytes).map { $0 * 8 },
                sentFrames: rate(before?.tx.frames, port.tx.frames),
                sentBits: rate(before?.tx.bytes, port.tx.bytes).map { $0 * 8 }, drops: drops)
        }
    }

    var table: Table {
        var table = Table([
            .left("PORT"), .left("NETWORK"), .right("RX-FRAMES/s"), .right("RX-RATE"), .right("TX-FRAMES/s"),
            .right("TX-RATE"), .right("DROPS/s"), .left("REASONS"),
        ])
        for row in rows {
            let drops = row.drops.values.reduce(0, +)
            let reasons = row.drops
                .sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
                .map { "\($0.key)=\(Units.rate($0.value))" }
            table.add([
                "\(row.port)", "\(row.network.isEmpty ? "-" : row.network)",
                "\(row.receivedFrames.map(Units.rate) ?? "-")",
                "\(row.receivedBits.map(Units.bitRate) ?? "-")", "\(row.sentFrames.map(Units.rate) ?? "-")",
                "\(row.sentBits.map(Units.bitRate) ?? "-")",
                Table.Cell(Units.rate(drops), drops > 0 ? .warning : .none), "\(reasons.joined(separator: " "))",
            ])
        }
        return table
    }
}
