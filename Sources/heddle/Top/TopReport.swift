import HeddleAPI

/// One turn of `heddle top --json`: a line of JSON. Rates are null where a port has no earlier look to compare with.
struct TopReport: Encodable {
    struct Direction: Encodable {
        var framesPerSecond: Double?
        var bitsPerSecond: Double?

        enum CodingKeys: String, CodingKey {
            case framesPerSecond = "frames_per_s"
            case bitsPerSecond = "bits_per_s"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            // Also what is nil, so that a key is always there.
            try container.encode(framesPerSecond, forKey: .framesPerSecond)
            try container.encode(bitsPerSecond, forKey: .bitsPerSecond)
        }
    }

    struct Port: Encodable {
        var port: String
        var network: String
        var rx: Direction
        var tx: Direction
        var dropsPerSecond: [String: Double]

        enum CodingKeys: String, CodingKey {
            case port
            case network
            case rx
            case tx
            case dropsPerSecond = "drops_per_s"
        }
    }

    /// How long the turn was.
    var seconds: Double
    var ports: [Port]

    init(_ rates: StatsRates, _ state: TopState, seconds: Double) {
        self.seconds = seconds
        ports = state.order.sorted(TopView.shown(rates.rows, state), reversed: state.isReversed).map { row in
            Port(
                port: row.port, network: row.network,
                rx: Direction(framesPerSecond: row.receivedFrames, bitsPerSecond: row.receivedBits),
                tx: Direction(framesPerSecond: row.sentFrames, bitsPerSecond: row.sentBits), dropsPerSecond: row.drops)
        }
    }
}
