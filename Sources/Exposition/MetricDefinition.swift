/// What a family of metrics is, apart from its numbers.
public struct MetricDefinition: Hashable, Sendable {
    /// How a family's numbers behave.
    public enum Kind: String, Sendable {
        /// Only grows, but begins at zero again with what counts it.
        case counter
        /// Goes up and down.
        case gauge
        /// How often values fell below each of some bounds, with their sum.
        case histogram
    }

    /// As Prometheus names metrics: with the base unit, and of a counter with `_total` at the end.
    public let name: String
    /// See `Kind`.
    public let kind: Kind
    /// Names of its labels, in the order in which samples give their values.
    public let labels: [String]
    /// One sentence for whoever sees the metric for the first time.
    public let help: String

    /// Makes a definition.
    public init(_ name: String, _ kind: Kind, _ labels: [String] = [], _ help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }
}
