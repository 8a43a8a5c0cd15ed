import HeddleAPI
import Testing

@testable import heddle

/// `heddle top`, without a terminal: keys, order, sparklines, pictures.
struct TopTests {
    private func rates(_ rows: [(String, String, Double?, Double?, [String: Double])]) -> StatsRates {
        var rates = StatsRates(from: Statistics(ports: []), to: Statistics(ports: []), seconds: 1)
        rates.rows = rows.map { port, network, received, sent, drops in
            StatsRates.Row(
                port: port, network: network, receivedFrames: received.map { $0 / 8000 }, receivedBits: received,
                sentFrames: sent.map { $0 / 8000 }, sentBits: sent, drops: drops)
        }
        return rates
    }

    private var some: StatsRates {
        rates([
            ("eth0@a", "lan", 8000, 1_000_000, [:]), ("eth0@b", "lan", 2_000_000, nil, ["ring-full": 3]),
            ("eth0@c10", "wan", nil, nil, [:]), ("eth0@c9", "wan", nil, nil, ["source-guard": 5]),
        ])
    }

    private func names(_ order: TopOrder, reversed: Bool = false) -> [String] {
        order.sorted(some.rows, reversed: reversed).map(\.port)
    }

    // MARK: Sparklines

    @Test func sparklinesAreAsHighAsTheirFigures() {
        let figures: [Double?] = [0, 1, 50, 99, 100, nil]
        #expect(Sparkline.text(figures, peak: 100, width: 6, isUnicode: true) == " ▁▄██ ")
        #expect(Sparkline.text(figures, peak: 100, width: 6, isUnicode: false) == " .=## ")
    }

    @Test func sparklinesKeepTheNewestAtTheRight() {
        #expect(Sparkline.text([8, 8, 1], peak: 8, width: 2, isUnicode: true) == "█▁")
        #expect(Sparkline.text([8], peak: 8, width: 4, isUnicode: true) == "   █")
        #expect(Sparkline.text([8], peak: 8, width: 0, isUnicode: true) == "")
    }

    @Test func sparklinesBearWhatIsNoNumber() {
        let figures: [Double?] = [.infinity, -.infinity, .nan, 5]
        #expect(Sparkline.text(figures, peak: 0, width: 4, isUnicode: true) == "    ")
        #expect(Sparkline.text(figures, peak: 1, width: 4, isUnicode: true) == "█  █")
    }

    @Test func historyForgetsOldTurnsAndPortsThatAreGone() {
        var history = TopHistory()
        for turn in 0..<30 { history.add(rates([("p", "n", Double(turn), 0, [:])])) }
        let key = PortKey(port: "p", network: "n")
        #expect(history.figures(of: key) == (10..<30).map { Double($0) })
        history.add(rates([("q", "n", 1, 1, [:])]))
        #expect(history.figures(of: key).isEmpty)
    }

    // MARK: Order

    @Test func ordersByFiguresLargestFirst() {
        #expect(names(.rate) == ["eth0@b", "eth0@a", "eth0@c9", "eth0@c10"])
        #expect(names(.rx) == ["eth0@b", "eth0@a", "eth0@c9", "eth0@c10"])
        #expect(names(.tx) == ["eth0@a", "eth0@b", "eth0@c9", "eth0@c10"])
        #expect(names(.drops) == ["eth0@c9", "eth0@b", "eth0@a", "eth0@c10"])
    }

    @Test func ordersNamesAsPeopleDo() {
        #expect(names(.port) == ["eth0@a", "eth0@b", "eth0@c9", "eth0@c10"])
        #expect(names(.network, reversed: true) == ["eth0@c10", "eth0@c9", "eth0@b", "eth0@a"])
    }

    @Test func idleRowsKeepTheirPlacesWhenReversed() {
        #expect(names(.drops, reversed: true) == ["eth0@a", "eth0@c10", "eth0@b", "eth0@c9"])
    }

    // MARK: Keys

    @Test func readsKeys() {
        #expect(TopKey.read(Array("qÄ".utf8)) == [.character("q"), .character("Ä")])
        #expect(TopKey.read([0x1B]) == [.escape])
        #expect(
            TopKey.read(Array("\u{1B}[A\u{1B}OB\u{1B}[5~\u{1B}[6~\u{1B}[1~\u{1B}[4~".utf8))
                == [.up, .down, .pageUp, .pageDown, .home, .end])
        #expect(TopKey.read(Array("\u{1B}[1;5Cx\r\u{7F}".utf8)) == [.right, .character("x"), .enter, .backspace])
    }

    @Test func unknownSequencesAreNoKeys() {
        #expect(TopKey.read(Array("\u{1B}[15~\u{1B}[200~".utf8)).isEmpty)
        #expect(TopKey.read(Array("\u{1B}[".utf8)).isEmpty)
        #expect(TopKey.read([0, 1, 2]).isEmpty)
    }

    @Test func anyBytesAreRead() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0..<12, using: &generator)).map { _ in UInt8.random(in: 0...255) }
            #expect(TopKey.read(bytes).count <= bytes.count)
        }
    }

    @Test func keysChooseOrderAndTurns() {
        var state = TopState()
        #expect(state.press(.character("d"), page: 10) == .redraw)
        #expect(state.order == .drops)
        #expect(state.press(.right, page: 10) == .redraw)
        #expect(state.order == .port)
        #expect(state.press(.left, page: 10) == .redraw)
        #expect(state.order == .drops)
        _ = state.press(.character("+"), page: 10)
        #expect(state.interval == .seconds(2))
        for _ in 0..<9 { _ = state.press(.character("-"), page: 10) }
        #expect(state.interval == .milliseconds(250))
        #expect(state.press(.character("x"), page: 10) == .none)
        #expect(state.press(.character("q"), page: 10) == .quit)
    }

    @Test func aFilterIsTyped() {
        var state = TopState()
        for key in TopKey.read(Array("/quX\u{7F}".utf8)) { #expect(state.press(key, page: 1) == .redraw) }
        #expect(state.filter == "qu" && state.isTyping)
        _ = state.press(.enter, page: 1)
        #expect(state.filter == "qu" && !state.isTyping)
        _ = state.press(.escape, page: 1)
        #expect(state.filter.isEmpty)
    }

    // MARK: Pictures

    private func picture(_ state: inout TopState, height: Int?, trouble: String? = nil) -> [String] {
        var history = TopHistory()
        history.add(some)
        let content = TopView.Content(rates: some, history: history, status: Samples.status, trouble: trouble)
        return TopView(isStyled: false, isUnicode: true).lines(content, &state, height: height)
    }

    @Test func showsRowsAndTotals() {
        var state = TopState()
        #expect(
            picture(&state, height: nil) == [
                "heddle top   4 ports   rx 2.01 Mbit/s   tx 1.00 Mbit/s   drops 8/s   engine uring, 1 worker, up 12s",
                "by rate   every 1.0s", "",
                "PORT      NETWORK      RX-RATE      TX-RATE  HISTORY▾              FRAMES/s  DROPS/s  REASONS",
                "eth0@b    lan      2.00 Mbit/s            -                     █       250        3  ring-full=3",
                "eth0@a    lan      8.00 kbit/s  1.00 Mbit/s                     █       126        0",
                "eth0@c9   wan                -            -                             -        5  source-guard=5"
                    .replacing("            -        5", with: "              -        5"),
                "eth0@c10  wan                -            -                               -        0",
            ])
    }

    @Test func fitsTheWindowAndScrolls() {
        var state = TopState(order: .port)
        state.first = .max
        let lines = picture(&state, height: 7)
        #expect(lines.count == 7)
        #expect(state.first == 2)
        #expect(lines[1] == "by port   every 1.0s   rows 3 to 4 of 4")
        #expect(lines[4].hasPrefix("eth0@c9") && lines[5].hasPrefix("eth0@c10"))
        #expect(lines[6].hasPrefix("q quit"))
        #expect(picture(&state, height: 20).count == 20)
        #expect(state.first == 0)
    }

    @Test func filtersByPortAndNetwork() {
        var state = TopState(filter: "WAN")
        #expect(picture(&state, height: nil).dropFirst(4).map { $0.prefix(7) } == ["eth0@c9", "eth0@c1"])
        state.filter = "nothing like it"
        #expect(picture(&state, height: nil).last == "no port has \"nothing like it\"")
    }

    @Test func saysThatFiguresAreOld() {
        var state = TopState()
        #expect(picture(&state, height: nil, trouble: "heddled can't be reached")[1].contains("can't be reached"))
    }

    @Test func helpNamesEveryKey() {
        var state = TopState()
        state.isHelpShown = true
        let help = picture(&state, height: 24).joined(separator: "\n")
        for word in ["b r t f d p n", "reverse", "space", "quit", "Esc"] { #expect(help.contains(word)) }
        _ = state.press(.escape, page: 1)
        #expect(!state.isHelpShown)
    }
}
