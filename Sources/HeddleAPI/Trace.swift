/// What a client asks to be told of a frame (`heddle trace`).
public struct TraceRequest: Codable, Sendable, Hashable {
    /// The network's name.
    public var network: String
    /// The port by which the frame comes in: as `heddle stats` names it, or its sandbox, or `host`.
    public var from: String
    /// The frame: its bytes in hex, or a description such as `tcp 10.0.0.1:1000 > 10.0.0.2:80`.
    public var frame: String

    /// Makes a request.
    public init(network: String, from: String, frame: String) {
        self.network = network
        self.from = from
        self.frame = frame
    }
}

/// What the switch would do with a frame, and why. Nothing was sent, learned or counted.
public struct TraceReport: Codable, Sendable, Hashable {
    /// One step.
    public struct Step: Codable, Sendable, Hashable {
        /// Which: `arrived`, `learned`, `looked-up`, `sent`, `dropped` and so on; Documentation/Trace.md has all.
        public var what: String
        /// What came of it, in a word: the kind of a destination, a drop's reason; `ok` where there is no choice.
        public var result: String
        /// The same in words, with names and addresses; a part of a sentence.
        public var text: String
        /// The port that it is about, as `heddle stats` names it, or `vtep ADDRESS`.
        public var port: String?

        /// Makes a step.
        public init(what: String, result: String, text: String, port: String? = nil) {
            self.what = what
            self.result = result
            self.text = text
            self.port = port
        }
    }

    /// What would become of the frame, or of one copy of it.
    public struct Outcome: Codable, Sendable, Hashable {
        /// A word: `sent`, `dropped`, `held`, `answered`, `notified` (its sender, by ICMP), `host` (left to it by an uplink).
        public var verdict: String
        /// The port or VTEP by which it leaves, or where it is dropped or waits; absent: nowhere in particular.
        public var port: String?
        /// Of a drop.
        public var reason: String?
        /// The first bytes as they leave, in hex, where they aren't those that came.
        public var frame: String?

        /// Makes an outcome.
        public init(verdict: String, port: String? = nil, reason: String? = nil, frame: String? = nil) {
            self.verdict = verdict
            self.port = port
            self.reason = reason
            self.frame = frame
        }
    }

    /// The network's name.
    public var network: String
    /// The port by which the frame comes in, as `heddle stats` names it.
    public var from: String
    /// The frame in a line, as `heddle capture` shows it.
    public var summary: String
    /// The whole frame in hex.
    public var frame: String
    /// What the request left open, and what was put there: a line each.
    public var assumed: [String]
    /// In their order.
    public var steps: [Step]
    /// One or more.
    public var outcomes: [Outcome]
    /// The outcomes in a line.
    public var conclusion: String

    /// Makes a report.
    public init(
        network: String, from: String, summary: String, frame: String, assumed: [String], steps: [Step],
        outcomes: [Outcome], conclusion: String
    ) {
        self.network = network
        self.from = from
        self.summary = summary
        self.frame = frame
        self.assumed = assumed
        self.steps = steps
        self.outcomes = outcomes
        self.conclusion = conclusion
    }
}
