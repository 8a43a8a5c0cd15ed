extension BenchReport {
    /// The tables for a terminal: one for each main figure, one for each kind of latency, and the notes.
    public func text() -> String {
        var lines: [String] = []
        lines.append("\(machine.processor), \(machine.cores) cores, \(machine.kernel), \(machine.system)")
        lines.append(
            "\(options.rounds) rounds, subjects in turn; median (min…max); ratios are taken within each round")
        for metric in metrics where metric.isMain {
            let measured = measuredSubjects(of: metric)
            guard !measured.isEmpty else { continue }
            lines += ["", heading(of: metric)] + table(of: metric, measured).lines()
        }
        for (title, curves) in latenciesByTitle {
            lines += ["", "\(title): percentiles, µs"] + table(of: curves).lines()
        }
        if !remarks.isEmpty { lines += [""] + remarks }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The latency curves by what was timed, in the order in which they were taken.
    var latenciesByTitle: [(title: String, curves: [LatencyCurve])] {
        var groups: [(title: String, curves: [LatencyCurve])] = []
        for curve in latencies {
            if let index = groups.firstIndex(where: { $0.title == curve.title }) {
                groups[index].curves.append(curve)
            } else {
                groups.append((curve.title, [curve]))
            }
        }
        return groups
    }

    /// The heads of a table of one or more figures.
    var ratioHeads: [String] {
        ["subject", "median", "min…max", "× \(options.scene.referenceWord)", "min…max"]
            + (floor.map { ["× \($0.rawValue)", "min…max"] } ?? ["", ""])
    }

    /// The name that people read of a subject.
    func title(ofSubject name: String) -> String {
        subjects.first { $0.name == name }?.title ?? name
    }

    private func heading(of metric: Metric) -> String {
        "\(metric.title) [\(metric.unit), \(metric.better == .higher ? "more" : "less") is better]"
    }

    private func table(of metric: Metric, _ measured: [SubjectFacts]) -> TextTable {
        var table = TextTable(ratioHeads)
        for subject in measured {
            guard let summary = summary(of: metric, subject: subject.name) else { continue }
            table.add(
                [subject.title, (summary.senderLimited ? "≥ " : "") + Quantity.text(summary.spread.median)]
                    + [Self.range(summary.spread, Quantity.text)] + Self.cells(summary.toReference)
                    + Self.cells(summary.toFloor))
        }
        return table
    }

    private func table(of curves: [LatencyCurve]) -> TextTable {
        var table = TextTable(["subject", "p50", "p90", "p99", "p99.9", "max", "mean", "count"])
        for curve in curves {
            table.add(
                [title(ofSubject: curve.subject)]
                    + LatencyCurve.tableFractions.map { Quantity.text(curve.microseconds(at: $0) ?? .nan) }
                    + [Quantity.text(curve.longest), Quantity.text(curve.mean), "\(curve.count)"])
        }
        return table
    }

    private static func cells(_ ratio: Spread?) -> [String] {
        guard let ratio else { return ["", ""] }
        return [Quantity.ratio(ratio.median), range(ratio) { Quantity.fixed($0, decimals: 2) }]
    }

    private static func range(_ spread: Spread, _ text: (Double) -> String) -> String {
        spread.count > 1 ? "\(text(spread.minimum))…\(text(spread.maximum))" : ""
    }
}
