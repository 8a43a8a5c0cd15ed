import Capture
import HeddleAPI

/// A frame that was followed: what came in, and all that left of it. Built of captured records; safe for any.
struct FollowedFrame {
    /// A record, and the port that it is of.
    private struct Place {
        var packet: PcapngWriter.Packet
        var port: String
    }

    private let arrival: Place
    private var departures: [Place] = []
    /// Records that found no room in the ring: what left is told in part then.
    private var lost: UInt64 = 0

    /// Bytes of an outcome's frame, as in a trace.
    private static let headLength = 128

    init(_ packet: PcapngWriter.Packet, port: String) {
        arrival = Place(packet: packet, port: port)
    }

    /// The same for all records of a frame.
    var number: UInt64 { arrival.packet.number }

    /// Adds something that left.
    mutating func add(_ packet: PcapngWriter.Packet, port: String) {
        departures.append(Place(packet: packet, port: port))
        lost += packet.lostBefore
    }

    /// Records behind its last one found no room.
    mutating func lose(_ count: UInt64) { lost += count }

    /// What happened, in the words of a trace.
    func report(network: String) -> FollowedReport {
        let (came, port) = (arrival.packet, arrival.port)
        let verdict = CapturedVerdict(came.comment)
        var telling = Telling()
        telling.steps.append(
            TraceReport.Step(
                what: "arrived", result: "ok",
                text: "\(came.length) bytes came in" + (verdict.notes.isEmpty ? "" : "; \(verdict.notes)"), port: port))
        telling.tell(verdict, port)
        for departure in departures { tell(departure, of: verdict, &telling) }
        if lost > 0 {
            telling.steps.append(
                TraceReport.Step(
                    what: "omitted", result: "ok", text: Self.loss(lost)))
        }
        let report = TraceReport(
            network: network, from: port, summary: Self.summary(came), frame: Self.hexadecimal(came.bytes[...]),
            assumed: [], steps: telling.steps, outcomes: telling.outcomes,
            conclusion: lost > 0 && telling.outcomes.isEmpty
                ? "what left isn't known" : TraceReport.conclusion(telling.outcomes))
        return FollowedReport(time: came.time, lost: lost, report: report)
    }

    /// `3 records were lost, since they weren't read in time`
    static func loss(_ count: UInt64) -> String {
        (count == 1 ? "1 record was lost, since it wasn't" : "\(count) records were lost, since they weren't")
            + " read in time"
    }

    /// The steps and outcomes so far.
    private struct Telling {
        var steps: [TraceReport.Step] = []
        var outcomes: [TraceReport.Outcome] = []

        /// What a verdict says that isn't of something that left.
        mutating func tell(_ verdict: CapturedVerdict, _ port: String) {
            guard let what = verdict.what else { return }
            steps.append(
                TraceReport.Step(what: what, result: verdict.reason ?? "ok", text: verdict.text, port: port))
            switch verdict.kind {
            case .dropped: outcomes.append(.init(verdict: "dropped", port: port, reason: verdict.reason))
            case .held: outcomes.append(.init(verdict: "held", port: port))
            case .answered: outcomes.append(.init(verdict: "answered", port: port))
            case .forwarded, .routed, .sent, .unknown: break
            }
        }
    }

    private func tell(_ departure: Place, of verdict: CapturedVerdict, _ telling: inout Telling) {
        let (packet, port) = (departure.packet, departure.port)
        let fate = CapturedVerdict(packet.comment)
        if case .dropped = fate.kind { return telling.tell(fate, port) }
        let isSame = packet.bytes == arrival.packet.bytes
        var text = "\(packet.length) bytes left" + (fate.text.isEmpty ? "" : " \(fate.text)")
        if port == arrival.port, Self.mayTell(verdict), !isSame {
            telling.steps.append(
                TraceReport.Step(
                    what: "sender-told", result: "ok", text: "the sender is told: \(Self.summary(packet))", port: port))
            telling.outcomes.append(.init(verdict: "notified", port: port))
        } else {
            text += isSame ? ", as they came" : ": \(Self.summary(packet))"
        }
        telling.steps.append(TraceReport.Step(what: "sent", result: "ok", text: text, port: port))
        telling.outcomes.append(
            .init(
                verdict: "sent", port: fate.vtep.map { "vtep \($0)" } ?? port,
                frame: isSame ? nil : Self.hexadecimal(packet.bytes.prefix(Self.headLength))))
    }

    /// Whether what leaves by the port that the frame came in by, and isn't the frame, is an ICMP error about it: a router
    /// may send a packet back the way it came, a switch doesn't.
    private static func mayTell(_ verdict: CapturedVerdict) -> Bool {
        switch verdict.kind {
        case .dropped, .forwarded: true
        case .routed, .held, .answered, .sent, .unknown: false
        }
    }

    private static func summary(_ packet: PcapngWriter.Packet) -> String {
        FrameSummary(packet.bytes, length: Int(packet.length)).description
    }

    private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
        // Frames of 64 KB are many.
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// What happened to a frame, and when: a trace's report, and `time` and `lost` beside its fields.
struct FollowedReport: Encodable {
    /// Nanoseconds since 1970.
    var time: UInt64
    /// Records that were lost before the next frame: of this one, or of others that aren't told at all.
    var lost: UInt64
    var report: TraceReport

    private enum Key: String, CodingKey {
        case time
        case lost
    }

    func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(CaptureLine.seconds(time), forKey: .time)
        try container.encode(lost, forKey: .lost)
    }
}
