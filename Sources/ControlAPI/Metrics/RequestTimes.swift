public import Exposition
import HTTPTypes
import Synchronization

/// How many requests to the control API there were, and how long they took: by the template of their path, so that what
/// clients write in a path makes no series.
public final class RequestTimes: MetricsSource {
    private struct Place: Hashable {
        var route: String
        var method: String
    }

    private struct Record {
        var times = DurationHistogram()
        var statuses: [Int: UInt64] = [:]
    }

    /// What a request is counted as that asks for nothing that there is.
    private static let stranger = Place(route: "other", method: "other")

    private let records = Mutex<[Place: Record]>([:])

    /// Nothing measured.
    public init() {}

    /// Takes a request in that was answered. `target` is as the client wrote it.
    func record(_ method: HTTPRequest.Method, target: String, status: Int, took duration: Duration) {
        let place = Self.place(method, target)
        records.withLock { records in
            records[place, default: Record()].times.record(duration)
            records[place, default: Record()].statuses[status, default: 0] += 1
        }
    }

    private static func place(_ method: HTTPRequest.Method, _ target: String) -> Place {
        guard let entry = Route.entry(method: method, target: target) else { return stranger }
        return Place(route: entry.path, method: entry.method.rawValue)
    }

    /// See `MetricsSource`.
    public func metricFamilies() -> [MetricFamily] {
        let records = records.withLock { $0 }
        var requests = MetricFamily(HeddleMetrics.ControlInterface.requests)
        var durations = MetricFamily(HeddleMetrics.ControlInterface.duration)
        for (place, record) in records.sorted(by: { ($0.key.route, $0.key.method) < ($1.key.route, $1.key.method) }) {
            for (status, count) in record.statuses.sorted(by: { $0.key < $1.key }) {
                requests.add(count, [place.route, place.method, "\(status)"])
            }
            durations.add(record.times, [place.route, place.method])
        }
        return [requests, durations]
    }
}
