import Capture
import DataPlane
import HeddleAPI

/// Says the steps of an explanation in words. Pure.
struct TraceWriter {
    let names: TraceNames
    /// The frame as it came.
    let frame: [UInt8]

    /// All steps, in their order. A port to which nothing happens beyond that it gets no copy has one step.
    func steps(_ steps: [ExplanationStep]) -> [TraceReport.Step] {
        steps.map { step in
            TraceReport.Step(
                what: step.kind.word, result: result(of: step), text: TraceSentence(step, names).text,
                port: step.port == 0 || !step.kind.isAtPort ? nil : names.place(step.port))
        }
    }

    /// What becomes of the frame and of its copies; where nothing is said, that.
    func outcomes(_ steps: [ExplanationStep]) -> [TraceReport.Outcome] {
        // Where it goes that leaves in a datagram.
        var peer: UInt16?
        return steps.compactMap { step in
            var port = step.port == 0 ? nil : names.place(step.port)
            switch step.kind {
            case .encapsulated:
                peer = step.port
                return nil
            case .sent:
                port = peer.map(names.place) ?? port
                peer = nil
                let isSame = step.bytes.isEmpty || frame.starts(with: step.bytes)
                return TraceReport.Outcome(
                    verdict: "sent", port: port, frame: isSame ? nil : Self.hexadecimal(step.bytes))
            case .dropped:
                return TraceReport.Outcome(verdict: "dropped", port: port, reason: step.reason?.name)
            case .held: return TraceReport.Outcome(verdict: "held", port: port)
            case .answered: return TraceReport.Outcome(verdict: "answered", port: port)
            case .senderTold: return TraceReport.Outcome(verdict: "notified", port: port)
            default: return nil
            }
        }
    }

    /// What the conclusion must not hide: places where what is told as sent comes to nothing.
    func remarks(_ steps: [ExplanationStep]) -> [String] {
        let lost = steps.filter { $0.impairment?.losesAll == true }
        let swallowed = steps.filter { $0.kind == .portState && $0.first == ExplainedPort.noCarrier.rawValue }
        return [
            ("all of it lost by the impairment", lost), ("without a carrier, and thrown away by the kernel", swallowed),
        ].filter { !$0.1.isEmpty }.map { what, steps in
            let places = steps.count > 4 ? ["\(steps.count) ports"] : steps.map { names.place($0.port) }
            return "\(what): \(places.joined(separator: ", "))"
        }
    }

    private func result(of step: ExplanationStep) -> String {
        switch step.kind {
        case .dropped: step.reason?.name ?? "unknown"
        case .learned: ExplainedLearning(rawValue: step.second)?.word ?? "unknown"
        case .lookedUp: ExplainedTarget(rawValue: step.second)?.word ?? "unknown"
        case .toHost: ExplainedHostReason(rawValue: step.first)?.word ?? "unknown"
        case .flow: ExplainedFlow(rawValue: step.second)?.word ?? "unknown"
        case .held: ExplainedWait(rawValue: step.first)?.word ?? "unknown"
        case .senderTold: ExplainedMessage(rawValue: step.first)?.word ?? "unknown"
        case .leaves: ExplainedTag(rawValue: step.first)?.word ?? "unknown"
        case .portState: ExplainedPort(rawValue: step.first)?.word ?? "unknown"
        case .routed: step.bytes.count > 16 ? "ok" : "no-route"
        case .nextHop: step.first == 0 ? "unknown" : "known"
        default: "ok"
        }
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        var text = ""
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes { text += (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        return text
    }
}

extension TraceReport {
    /// Of a frame that an uplink's socket doesn't hear, so that the engine never sees it.
    static func unheard(_ frame: [UInt8], network: String, from port: String, assumed: [String]) -> TraceReport {
        let outcomes = [Outcome(verdict: "host", port: port)]
        return TraceReport(
            network: network, from: port, summary: FrameSummary(frame, length: frame.count).description,
            frame: TraceWriter.hexadecimal(frame), assumed: assumed,
            steps: [
                Step(what: "arrived", result: "ok", text: "\(frame.count) bytes come in from outside", port: port),
                Step(
                    what: "unheard", result: "ok",
                    text:
                        "it is left to the host: the uplink's filter takes only packets for this host that may belong to "
                        + "a translated flow, to what is published, or to a routed network", port: port),
            ], outcomes: outcomes, conclusion: conclusion(outcomes))
    }
}
