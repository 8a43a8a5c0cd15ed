import FoundationEssentials

extension BenchReport {
    /// Everything as JSON, keys in snake_case and sorted, so that two reports can be compared line by line.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let encoded = try encoder.encode(Document(report: self, summaries: summaries))
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Reads what `json` wrote.
    public init(json: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(Document.self, from: Data(json.utf8)).report
    }

    private var summaries: [SummaryRow] {
        metrics.flatMap { metric in
            subjects.compactMap { subject in
                summary(of: metric, subject: subject.name).map {
                    SummaryRow(
                        metric: metric.id, subject: subject.name, spread: $0.spread,
                        toBridge: options.scene == .host ? $0.toReference : nil,
                        toVxlan: options.scene == .overlay ? $0.toReference : nil,
                        toNftables: options.scene == .nat ? $0.toReference : nil,
                        toOther: options.scene == .builds ? $0.toReference : nil,
                        toRelay: floor == .relay ? $0.toFloor : nil,
                        toHost: floor == .plainHost ? $0.toFloor : nil,
                        senderLimited: $0.senderLimited)
                }
            }
        }
    }

    /// The report and, since not everybody wants to take medians, what its samples say.
    private struct Document: Codable {
        var report: BenchReport
        var summaries: [SummaryRow]

        init(report: BenchReport, summaries: [SummaryRow]) {
            self.report = report
            self.summaries = summaries
        }

        init(from decoder: any Decoder) throws {
            report = try BenchReport(from: decoder)
            summaries = try decoder.container(keyedBy: CodingKeys.self).decode([SummaryRow].self, forKey: .summaries)
        }

        func encode(to encoder: any Encoder) throws {
            try report.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(summaries, forKey: .summaries)
        }

        enum CodingKeys: String, CodingKey {
            case summaries
        }
    }

    private struct SummaryRow: Codable {
        var metric: String
        var subject: String
        var spread: Spread
        var toBridge: Spread?
        var toVxlan: Spread?
        var toNftables: Spread?
        var toOther: Spread?
        var toRelay: Spread?
        var toHost: Spread?
        var senderLimited: Bool
    }
}
