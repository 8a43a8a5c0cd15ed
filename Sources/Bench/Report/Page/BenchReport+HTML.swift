extension BenchReport {
    /// The report as one page that needs nothing else: no script, no picture, no font from anywhere.
    public func html() -> String {
        let title = "Heddle bench"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <title>\(title), \(Markup.escape(startedAt))</title>
            <style>\(PageStyle.sheet)</style>
            </head>
            <body>
            <main>
            <h1>\(title)</h1>
            <p class="soft">\(Markup.escape(options.scene.summary))</p>
            \(facts)
            \(legend)
            \(overview)
            \(samplesSection)
            \(latencySection)
            \(tableSection)
            \(notesSection)
            \(methodSection)
            </main>
            </body>
            </html>

            """
    }

    private var facts: String {
        let tools = machine.tools.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let items =
            [
                ("Heddle", version), ("taken", startedAt), ("took", Quantity.duration(seconds: seconds)),
                ("rounds", "\(options.rounds)"), ("TCP runs", "\(Quantity.tick(options.seconds)) s"),
                ("processor", "\(machine.cores) × \(machine.processor)\(machine.isVirtual ? ", virtual" : "")"),
                ("memory", "\(machine.memory) MiB"), ("kernel", machine.kernel), ("system", machine.system),
                ("idle driver", machine.idleDriver),
            ] + tools
        let list = items.map { "<li>\(Markup.escape($0.0)) <b>\(Markup.escape($0.1))</b></li>" }.joined()
        return "<ul class=\"facts\">\(list)</ul>"
    }

    private var legend: String {
        let measured = Set(samples.map(\.subject))
        let items = subjects.filter { measured.contains($0.name) }.map { subject in
            "<li>\(dot(subject.name))\(Markup.escape(subject.title))</li>"
        }
        return "<ul class=\"legend\">\(items.joined())</ul>"
    }

    private var overview: String {
        guard let chart = RatioChart(self) else { return "" }
        return """
            <h2>Against the \(Markup.escape(options.scene.referenceTitle))</h2>
            <p class="soft">Each dot is the median of the ratios of each round, each line reaches from the lowest to the
            highest. Turned so that right is better, also where less is better; hollow dots lie beyond the edge.</p>
            <figure class="wide">\(chart.svg)</figure>
            """
    }

    private var samplesSection: String {
        let figures = metrics.filter(\.isMain).compactMap { metric in
            SamplesChart(metric, in: self).map { chart in
                "<figure><h3>\(Markup.escape(metric.title))</h3><figcaption>\(Markup.escape(metric.caption))"
                    + "</figcaption>\(chart.svg)</figure>"
            }
        }
        guard !figures.isEmpty else { return "" }
        return """
            <h2>Every sample</h2>
            <p class="soft">Dots are single runs, the bar is the median, the box reaches from quartile to quartile.</p>
            <div class="grid">\(figures.joined(separator: "\n"))</div>
            """
    }

    private var latencySection: String {
        let figures = latenciesByTitle.map { title, curves in
            "<figure><h3>\(Markup.escape(title))</h3><figcaption>µs by percentile; lower is better</figcaption>"
                + "\(LatencyChart(title: title, curves: curves).svg)</figure>"
        }
        guard !figures.isEmpty else { return "" }
        return """
            <h2>Latency</h2>
            <p class="soft">All rounds together. The curve tells which part was at most so slow.</p>
            \(legend)
            <div class="grid">\(figures.joined(separator: "\n"))</div>
            """
    }

    private var notesSection: String {
        guard !remarks.isEmpty else { return "" }
        let items = remarks.map { "<li>\(Markup.escape($0))</li>" }.joined()
        return "<h2>Notes</h2><ul class=\"notes\">\(items)</ul>"
    }

    /// The mark of a subject's colour.
    func dot(_ subject: String) -> String {
        "<i style=\"background:\(PageStyle.colour(of: subject))\"></i>"
    }
}

extension Metric {
    /// The unit and which way is better.
    var caption: String {
        let direction = better == .higher ? "more is better" : "less is better"
        return unit.isEmpty ? direction : "\(unit), \(direction)"
    }
}
