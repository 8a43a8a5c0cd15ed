import HeddleAPI

/// Draws `heddle top`: figures and choices in, lines out.
struct TopView {
    /// What there is to show.
    struct Content {
        var rates: StatsRates
        var history: TopHistory
        var status: Status?
        /// What keeps the figures from being of now; nil if nothing does.
        var trouble: String?
    }

    var isStyled: Bool
    var isUnicode: Bool

    /// Lines around the rows: the head, the choices, a blank, the titles; and the keys at the end.
    static let linesAround = 5

    /// As many rows as fit into a window of so many lines; without a window all do.
    static func page(height: Int?) -> Int {
        height.map { max(1, $0 - linesAround) } ?? .max
    }

    /// The lines of one picture, at most `height`. `state.first` is brought into the bounds of what there is.
    func lines(_ content: Content, _ state: inout TopState, height: Int?) -> [String] {
        let chosen = state.order.sorted(TopView.shown(content.rates.rows, state), reversed: state.isReversed)
        let page = TopView.page(height: height)
        state.first = max(0, min(state.first, chosen.count - page))
        let rows = chosen[state.first..<min(chosen.count, state.first + min(page, chosen.count))]
        var lines = [head(content), choices(content, state, shown: rows.count, of: chosen.count), ""]
        if state.isHelpShown {
            lines += TopView.help
        } else if rows.isEmpty {
            lines.append(state.filter.isEmpty ? "there are no ports" : "no port has \(state.filter.debugDescription)")
        } else {
            lines += table(Array(rows), content.history, state).lines(styled: isStyled)
        }
        guard let height else { return lines }
        lines = Array(lines.prefix(height - 1))
        lines += Array(repeating: "", count: max(0, height - 1 - lines.count))
        return lines + [keys(state)]
    }

    /// The rows that the filter lets through.
    static func shown(_ rows: [StatsRates.Row], _ state: TopState) -> [StatsRates.Row] {
        guard !state.filter.isEmpty else { return rows }
        let wanted = state.filter.lowercased()
        return rows.filter { $0.port.lowercased().contains(wanted) || $0.network.lowercased().contains(wanted) }
    }

    private func head(_ content: Content) -> String {
        let rows = content.rates.rows
        let dropped = rows.map(\.dropped).reduce(0, +)
        let received = rows.compactMap(\.receivedBits).reduce(0, +)
        let sent = rows.compactMap(\.sentBits).reduce(0, +)
        var parts = [
            Table.decorate("heddle top", .title, styled: isStyled),
            "\(rows.count) port\(rows.count == 1 ? "" : "s")", "rx \(Units.bitRate(received))",
            "tx \(Units.bitRate(sent))",
            Table.decorate("drops \(Units.rate(dropped))/s", dropped > 0 ? .alarm : .none, styled: isStyled),
        ]
        if let engine = content.status?.engine {
            let workers = "\(engine.workers) worker\(engine.workers == 1 ? "" : "s")"
            parts.append("engine \(engine.io), \(workers), up \(Units.span(seconds: engine.uptimeSeconds))")
        } else if content.status != nil {
            parts.append(Table.decorate("the engine is being replaced", .alarm, styled: isStyled))
        }
        return parts.joined(separator: "   ")
    }

    private func choices(_ content: Content, _ state: TopState, shown: Int, of all: Int) -> String {
        let milliseconds = Int(state.interval / .milliseconds(1))
        var parts = [
            "by \(state.order.rawValue)\(state.isReversed ? " (reversed)" : "")",
            "every \(Units.span(milliseconds: milliseconds))",
        ]
        if state.isTyping || !state.filter.isEmpty {
            parts.append("filter: \(Table.printable(state.filter))\(state.isTyping ? "_" : "")")
        }
        if shown < all { parts.append("rows \(state.first + 1) to \(state.first + shown) of \(all)") }
        if state.isPaused { parts.append(Table.decorate("paused", .warning, styled: isStyled)) }
        if let trouble = content.trouble {
            parts.append(Table.decorate(Table.printable(trouble), .alarm, styled: isStyled))
        }
        return parts.joined(separator: "   ")
    }

    private func table(_ rows: [StatsRates.Row], _ history: TopHistory, _ state: TopState) -> Table {
        var table = Table(
            TopOrder.columns.map { order in
                let mark = order != state.order ? "" : isUnicode ? (state.isReversed ? "▴" : "▾") : "*"
                let title = order.title + mark
                return order == .port || order == .network || order == .rate ? .left(title) : .right(title)
            } + [.left("REASONS")])
        for row in rows {
            let figures = history.figures(of: row.key)
            let peak = figures.compactMap(\.self).max() ?? 0
            let reasons = row.drops
                .sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
                .map { "\($0.key)=\(Units.rate($0.value))" }
            table.add([
                "\(row.port)", "\(row.network.isEmpty ? "-" : row.network)",
                "\(row.receivedBits.map(Units.bitRate) ?? "-")", "\(row.sentBits.map(Units.bitRate) ?? "-")",
                Table.Cell(
                    Sparkline.text(figures, peak: peak, width: TopHistory.length, isUnicode: isUnicode)),
                "\(row.frames.map(Units.rate) ?? "-")",
                Table.Cell(Units.rate(row.dropped), row.dropped > 0 ? .alarm : .none),
                Table.Cell(reasons.joined(separator: " "), .warning),
            ])
        }
        return table
    }

    private func keys(_ state: TopState) -> String {
        let text =
            state.isTyping
            ? "type a part of a port's or network's name   Enter keeps it   Esc clears it"
            : "q quit   h help   / filter   space pause   b r t f d p n order   R reverse   + - interval   arrows scroll"
        return Table.decorate(text, .title, styled: isStyled)
    }

    private static let help = [
        "RX is what comes from a port into the switch, TX what goes out of it; FRAMES/s are both together.",
        "HISTORY is bits a second in both directions over the last \(TopHistory.length) turns; each row has its own scale,",
        "from 0 to the row's highest figure shown. DROPS/s and REASONS are frames that went nowhere, as in 'heddle stats'.",
        "",
        "b r t f d p n   order by bits (both ways), rx, tx, frames, drops, port, network",
        "left, right     order by the next column        R   reverse the order",
        "up, down, page  scroll                          /   show only what has a text in its name",
        "+ -             longer and shorter turns        space   hold the picture",
        "Esc             back; clears the filter         q   quit",
    ]
}
