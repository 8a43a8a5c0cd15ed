/// One family with its numbers. No two samples have the same label values: what comes again adds to what is there (or,
/// of a gauge, takes its place).
public struct MetricFamily: Sendable {
    /// A number with its labels' values.
    struct Sample: Sendable {
        var labels: [String]
        var value: Value
    }

    /// A number, or a whole histogram.
    enum Value: Sendable {
        case integer(UInt64)
        case number(Double)
        case histogram(DurationHistogram)
    }

    /// See `MetricDefinition`.
    public let definition: MetricDefinition
    private(set) var samples: [Sample] = []
    private var places: [[String]: Int] = [:]

    /// A family without numbers.
    public init(_ definition: MetricDefinition) {
        self.definition = definition
    }

    /// Whether it has no numbers.
    public var isEmpty: Bool { samples.isEmpty }

    /// Takes a whole number in, exactly. `labels` are the values of the definition's labels, in its order: missing ones
    /// are empty, which for Prometheus is the same as no label; what is too much is left out.
    public mutating func add(_ value: UInt64, _ labels: [String] = []) {
        add(.integer(value), labels)
    }

    /// Takes a number in.
    public mutating func add(number value: Double, _ labels: [String] = []) {
        add(.number(value), labels)
    }

    /// Takes a histogram in.
    public mutating func add(_ value: DurationHistogram, _ labels: [String] = []) {
        add(.histogram(value), labels)
    }

    private mutating func add(_ value: Value, _ labels: [String]) {
        let count = definition.labels.count
        let key = Array(labels.prefix(count)) + Array(repeating: "", count: max(0, count - labels.count))
        guard let place = places[key] else {
            places[key] = samples.count
            samples.append(Sample(labels: key, value: value))
            return
        }
        let isGauge = definition.kind == .gauge
        switch (samples[place].value, value) {
        case (.integer(let old), .integer(let new)) where !isGauge: samples[place].value = .integer(old &+ new)
        case (.number(let old), .number(let new)) where !isGauge: samples[place].value = .number(old + new)
        case (.histogram(var old), .histogram(let new)):
            old.merge(new)
            samples[place].value = .histogram(old)
        default: samples[place].value = value
        }
    }
}
