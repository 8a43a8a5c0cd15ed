/// Whoever has numbers to show.
public protocol MetricsSource: Sendable {
    /// All of them, as they are now. Must be cheap: it is asked every few seconds for ever.
    func metricFamilies() async throws -> [MetricFamily]
}
