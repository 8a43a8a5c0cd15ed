extension TraceReport {
    /// Ports that a conclusion names.
    private static let mostNames = 4

    /// The outcomes in a line.
    public static func conclusion(_ outcomes: [Outcome]) -> String {
        var parts: [String] = []
        // What is sent after an answer or a message to the sender is that.
        let isReply = outcomes.contains { $0.verdict == "answered" || $0.verdict == "notified" }
        for outcome in outcomes where outcome.verdict == "answered" {
            parts.append("answered by the switch" + (outcome.port.map { ", to \($0)" } ?? ""))
        }
        let sent = outcomes.filter { $0.verdict == "sent" && !isReply }.compactMap(\.port)
        if !sent.isEmpty {
            parts.append(sent.count > mostNames ? "sent to \(sent.count) ports" : "sent to " + list(sent))
        }
        if outcomes.contains(where: { $0.verdict == "host" }) { parts.append("left to the host") }
        for outcome in outcomes where outcome.verdict == "held" {
            parts.append("held" + (outcome.port.map { ", from \($0)" } ?? ""))
        }
        var reasons: [String: [String]] = [:]
        var order: [String] = []
        for outcome in outcomes where outcome.verdict == "dropped" {
            let reason = outcome.reason ?? "unknown"
            if reasons[reason] == nil { order.append(reason) }
            reasons[reason, default: []].append(outcome.port ?? "")
        }
        for reason in order {
            let places = reasons[reason, default: []].filter { !$0.isEmpty }
            let at =
                places.isEmpty
                ? "" : places.count > mostNames ? " at \(places.count) ports" : " at " + list(places)
            parts.append("dropped\(at): \(reason)")
        }
        if outcomes.contains(where: { $0.verdict == "notified" }) { parts.append("the sender is told") }
        return parts.isEmpty ? "nothing more happens" : parts.joined(separator: "; ")
    }

    private static func list(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }
}
