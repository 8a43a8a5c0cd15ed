/// All that a run of the bench found: what `--json` prints and the report page shows.
public struct BenchReport: Codable, Sendable, Hashable {
    /// A subject of the comparison.
    public struct SubjectFacts: Codable, Sendable, Hashable {
        /// The word in JSON and on the command line.
        public var name: String
        /// What people read.
        public var title: String
        /// Why it was left out; nil if it was set up.
        public var skipped: String?

        /// Puts facts together.
        package init(name: String, title: String, skipped: String? = nil) {
            self.name = name
            self.title = title
            self.skipped = skipped
        }
    }

    /// Heddle's version.
    public var version: String
    /// When the run began, ISO 8601 in UTC.
    public var startedAt: String
    /// How long it took.
    public var seconds: Double
    /// What was asked for.
    public var options: BenchOptions
    /// Where it ran.
    public var machine: MachineFacts
    /// In the order of the tables.
    public var subjects: [SubjectFacts]
    /// In the order of the tables.
    public var metrics: [Metric]
    /// Every single figure.
    public var samples: [Sample]
    /// Distributions of latencies.
    public var latencies: [LatencyCurve]
    /// What a reader must know to judge the figures: limits and oddities of this run.
    public var notes: [String]
    /// What should have been measured and could not be.
    public var failures: [String]

    /// Puts a report together.
    package init(
        version: String, startedAt: String, seconds: Double, options: BenchOptions, machine: MachineFacts,
        subjects: [SubjectFacts], metrics: [Metric], samples: [Sample], latencies: [LatencyCurve], notes: [String],
        failures: [String] = []
    ) {
        self.version = version
        self.startedAt = startedAt
        self.seconds = seconds
        self.options = options
        self.machine = machine
        self.subjects = subjects
        self.metrics = metrics
        self.samples = samples
        self.latencies = latencies
        self.notes = notes
        self.failures = failures
    }

    /// Everything that must be said beside the figures, in sentences.
    public var remarks: [String] {
        failures.map { "failed: \($0)" }
            + subjects.compactMap { subject in subject.skipped.map { "left out: \(subject.title): \($0)" } }
            + notes.map { "note: \($0)" }
    }

    /// What one subject's samples of one metric say.
    public struct Summary: Sendable, Hashable {
        /// Of the samples themselves.
        public var spread: Spread
        /// Against the subject's reference (the kernel's way, the other build), round by round; nil if there is nothing
        /// to compare with.
        public var toReference: Spread?
        /// Against the scene's floor (the bare relay, a plain host), round by round.
        public var toFloor: Spread?
        /// In most rounds it was the sender that could do no more.
        public var senderLimited: Bool
    }

    /// The subject that stands for what is there without what is measured.
    public var floor: SubjectKind? { options.scene.floor }

    /// What a subject's samples of a metric say; nil if there are none.
    public func summary(of metric: Metric, subject: String) -> Summary? {
        let own = samples.filter { $0.metric == metric.id && $0.subject == subject }
        guard let spread = Spread(own.map(\.value)) else { return nil }
        let byRound = values(of: metric, subject: subject)
        func ratio(to other: SubjectKind?) -> Spread? {
            guard let other, subject != other.rawValue else { return nil }
            return Spread.ofRatios(byRound, to: values(of: metric, subject: other.rawValue))
        }
        let limited = own.count { $0.senderLimited == true }
        return Summary(
            spread: spread, toReference: ratio(to: reference(of: subject)), toFloor: ratio(to: floor),
            senderLimited: limited * 2 > own.count)
    }

    /// The subjects that have samples of a metric, in order.
    public func measuredSubjects(of metric: Metric) -> [SubjectFacts] {
        let names = Set(samples.lazy.filter { $0.metric == metric.id }.map(\.subject))
        return subjects.filter { names.contains($0.name) }
    }

    private func reference(of subject: String) -> SubjectKind? {
        SubjectKind(rawValue: subject).flatMap { options.scene.reference(of: $0) }
    }

    private func values(of metric: Metric, subject: String) -> [Int: Double] {
        let own = samples.lazy.filter { $0.metric == metric.id && $0.subject == subject }
        return Dictionary(own.map { ($0.round, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}
