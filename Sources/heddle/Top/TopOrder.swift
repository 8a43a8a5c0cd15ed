import ArgumentParser

/// By what the rows of `heddle top` are ordered.
enum TopOrder: String, CaseIterable, ExpressibleByArgument {
    case rate
    case rx
    case tx
    case frames
    case drops
    case port
    case network

    /// The title of the column that it is.
    var title: String {
        switch self {
        case .rate: "HISTORY"
        case .rx: "RX-RATE"
        case .tx: "TX-RATE"
        case .frames: "FRAMES/s"
        case .drops: "DROPS/s"
        case .port: "PORT"
        case .network: "NETWORK"
        }
    }

    /// The columns from left to right.
    static let columns: [TopOrder] = [.port, .network, .rx, .tx, .rate, .frames, .drops]

    /// The column beside this one, around the ends.
    func neighbour(_ step: Int) -> TopOrder {
        let all = TopOrder.columns
        guard let place = all.firstIndex(of: self) else { return self }
        return all[(place + step + all.count) % all.count]
    }

    /// Figures begin with the largest, names with the first; what is equal is ordered by port and network, so that idle
    /// rows don't change places.
    func sorted(_ rows: [StatsRates.Row], reversed: Bool) -> [StatsRates.Row] {
        struct Keyed {
            var row: StatsRates.Row
            var figure: Double
            var port: NaturalOrder
            var network: NaturalOrder
        }
        let keyed = rows.map { row in
            Keyed(
                row: row, figure: figure(row), port: NaturalOrder(row.port), network: NaturalOrder(row.network))
        }
        func byName(_ left: Keyed, _ right: Keyed) -> Bool {
            let isNetworkFirst = self == .network
            let first = isNetworkFirst ? (left.network, right.network) : (left.port, right.port)
            if first.0 != first.1 { return first.0 < first.1 }
            return isNetworkFirst ? left.port < right.port : left.network < right.network
        }
        let ordered = keyed.sorted { left, right in
            if left.figure != right.figure { return (left.figure > right.figure) != reversed }
            let isNamed = self == .port || self == .network
            return isNamed && reversed ? byName(right, left) : byName(left, right)
        }
        return ordered.map(\.row)
    }

    private func figure(_ row: StatsRates.Row) -> Double {
        switch self {
        case .rate: row.bits ?? -1
        case .rx: row.receivedBits ?? -1
        case .tx: row.sentBits ?? -1
        case .frames: row.frames ?? -1
        case .drops: row.dropped
        case .port, .network: 0
        }
    }
}
