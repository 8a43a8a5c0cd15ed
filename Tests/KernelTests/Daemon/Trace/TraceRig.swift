import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// What a trace must not change, read before and after.
struct TraceWorld: Equatable {
    /// Frames and drops of each port.
    var counters: [String: [UInt64]] = [:]
    /// By network: MAC addresses and where they are.
    var stations: [String: [String]] = [:]
    /// Inside, outside and remote ends.
    var flows: [String] = []

    /// Frames that came in, of each port.
    var received: [String: UInt64] { counters.compactMapValues(\.first) }
    /// Where stations are, and the flows without their counters.
    var known: [[String]] {
        stations.sorted { $0.key < $1.key }.map(\.value) + [flows.map { String($0.prefix { $0 != "|" }) }]
    }

    init(_ lab: HeddleUnderTest, networks: [String]) throws {
        for port in try lab.client.statistics().ports {
            counters["\(port.port) \(port.network)"] =
                [port.rx.frames, port.tx.frames, port.forwarded, port.flooded]
                + port.drops.sorted { $0.key < $1.key }.map(\.value)
        }
        for network in networks {
            stations[network] = try lab.client.stations(network: network).map {
                "\($0.mac) \($0.port ?? $0.vtep ?? "")"
            }.sorted()
        }
        flows = try lab.client.flows().map {
            "\($0.inside) \($0.outside) \($0.remote) | \($0.tx.frames) \($0.rx.frames)"
        }.sorted()
    }
}

extension HeddleUnderTest {
    /// `heddle trace … --json`. Checks that nothing has changed.
    func trace(
        _ network: String, from port: String, _ frame: String, at location: SourceLocation = #_sourceLocation
    ) throws -> TraceReport {
        // Sandboxes also speak by themselves, and most in their first seconds: of that no trace is guilty. One that
        // changes something changes it each time.
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let before = try TraceWorld(self, networks: [network])
            let report: TraceReport = try json("trace", network, "--from", port, frame)
            let after = try TraceWorld(self, networks: [network])
            if before == after { return report }
            // Where nothing came in, nobody else has taught the switch anything.
            let isOwn = before.received == after.received && before.known != after.known
            guard !isOwn, ContinuousClock.now < deadline else {
                #expect(before == after, "\(frame)", sourceLocation: location)
                throw LabError("every trace of \(frame) changed something")
            }
            Patience.pass(.milliseconds(100))
        }
    }

    /// How often a port dropped for a reason.
    func drops(_ reason: String, at port: String) throws -> UInt64 {
        try client.statistics().ports.filter { $0.port == port }.reduce(0) { $0 + $1.drops[reason, default: 0] }
    }
}

extension TraceReport {
    /// The bytes of the frame.
    var bytes: [UInt8] { Self.bytes(frame) }

    /// Bytes of hex.
    static func bytes(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// The steps' words.
    var words: [String] { steps.map(\.what) }

    /// The first step of a kind.
    func step(_ what: String) -> Step? { steps.first { $0.what == what } }
}
