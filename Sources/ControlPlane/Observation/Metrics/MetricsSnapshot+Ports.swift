import DataPlane
import Exposition

extension MetricsSnapshot {
    /// What each port counted. Two ports of one network, one kind and one name, which the control plane doesn't make,
    /// would be shown as one.
    var portFamilies: [MetricFamily] {
        typealias Family = HeddleMetrics.Port
        var information = MetricFamily(Family.information)
        var dropped = MetricFamily(Family.dropped)
        var drops = MetricFamily(Family.drops)
        let counters: [(MetricDefinition, KeyPath<PortCounters, UInt64>)] = [
            (Family.receivedFrames, \.receivedFrames), (Family.receivedBytes, \.receivedBytes),
            (Family.receivedSuperframes, \.receivedSuperframes), (Family.sentFrames, \.sentFrames),
            (Family.sentBytes, \.sentBytes), (Family.sentSuperframes, \.sentSuperframes),
            (Family.forwarded, \.forwarded), (Family.flooded, \.flooded), (Family.consumed, \.consumed),
            (Family.rearms, \.rearmed),
        ]
        var families = counters.map { MetricFamily($0.0) }
        for port in ports {
            let labels = [port.network, port.label, port.kind.rawValue]
            information.add(
                1,
                labels + [
                    port.sandbox, port.interface, port.endpoint, port.mac, port.number.map { "\($0)" } ?? "",
                ])
            for (place, counter) in counters.enumerated() {
                families[place].add(port.counters[keyPath: counter.1], labels)
            }
            var totals: [DropReason.Direction: UInt64] = [:]
            for (reason, count) in port.counters.drops {
                totals[reason.direction, default: 0] &+= count
            }
            for direction in DropReason.Direction.allCases {
                dropped.add(totals[direction] ?? 0, labels + [direction.rawValue])
            }
            for (reason, count) in port.counters.drops.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                drops.add(count, labels + [reason.direction.rawValue, reason.name])
            }
        }
        return [information] + families + [dropped, drops]
    }
}
