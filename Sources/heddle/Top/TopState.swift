/// What a person has chosen in `heddle top`.
struct TopState: Equatable {
    /// The spans between two turns that can be chosen, in milliseconds.
    static let intervals = [250, 500, 1000, 2000, 5000, 10_000]

    var order: TopOrder
    var isReversed = false
    /// Only ports whose name or network has this in it, whatever its case.
    var filter = ""
    /// Whether keys go into the filter.
    var isTyping = false
    var isPaused = false
    var isHelpShown = false
    /// The first row that is shown.
    var first = 0
    var interval: Duration

    /// What a key leads to.
    enum Effect: Equatable {
        case none
        case redraw
        case quit
    }

    init(order: TopOrder = .rate, isReversed: Bool = false, filter: String = "", interval: Duration = .seconds(1)) {
        self.order = order
        self.isReversed = isReversed
        self.filter = filter
        self.interval = interval
    }

    /// Takes a key in. `page` is how many rows there is room for.
    mutating func press(_ key: TopKey, page: Int) -> Effect {
        if isTyping { return type(key) }
        switch key {
        case .character("q"), .character("Q"): return .quit
        case .escape:
            // Back from what was last opened; nothing to go back from: nothing.
            if isHelpShown { isHelpShown = false } else { filter = "" }
        case .character("h"), .character("?"): isHelpShown.toggle()
        case .character("/"): isTyping = true
        case .character(" "): isPaused.toggle()
        case .character("R"): isReversed.toggle()
        case .character("b"): choose(.rate)
        case .character("r"): choose(.rx)
        case .character("t"): choose(.tx)
        case .character("f"): choose(.frames)
        case .character("d"): choose(.drops)
        case .character("p"): choose(.port)
        case .character("n"): choose(.network)
        case .right: choose(order.neighbour(1))
        case .left: choose(order.neighbour(-1))
        case .character("+"): change(by: 1)
        case .character("-"): change(by: -1)
        case .down: first += 1
        case .up: first = max(0, first - 1)
        case .pageDown: first += max(1, page)
        case .pageUp: first = max(0, first - max(1, page))
        case .home: first = 0
        case .end: first = .max
        default: return .none
        }
        return .redraw
    }

    private mutating func type(_ key: TopKey) -> Effect {
        switch key {
        case .enter: isTyping = false
        case .escape: (isTyping, filter) = (false, "")
        case .backspace: filter = String(filter.dropLast())
        case .character(let character) where filter.count < 64: filter.append(character)
        default: return .none
        }
        first = 0
        return .redraw
    }

    private mutating func choose(_ order: TopOrder) {
        if order != self.order { isReversed = false }
        self.order = order
        first = 0
    }

    private mutating func change(by step: Int) {
        let now = interval
        let spans = TopState.intervals.map { Duration.milliseconds($0) }
        interval = (step > 0 ? spans.first { $0 > now } : spans.last { $0 < now }) ?? now
    }
}
