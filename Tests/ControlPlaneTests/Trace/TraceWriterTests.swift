import Addresses
import DataPlane
import HeddleAPI
import Testing

@testable import ControlPlane

/// Steps in words, and what comes of them.
struct TraceWriterTests {
    private static let names = TraceNames(
        ports: [1: "eth0@web", 2: "eth0@db", 9: "uplink@ens3"], vteps: [16_385: "198.18.0.2"], domains: [7: "lan"],
        owners: [.init(value: 0x0200_0A00_0009): "eth0@db"], impairedIn: [1: "delay 50ms"], publishes: [3: "8080:80"])
    private static let writer = TraceWriter(names: names, frame: [1, 2, 3, 4])

    /// An IPv4 address in 16 bytes, and a port.
    private static func end(_ last: UInt8, _ port: UInt16? = nil) -> [UInt8] {
        let address = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, last]
        return address + (port.map { [UInt8($0 >> 8), UInt8($0 & 255)] } ?? [])
    }

    @Test(arguments: [
        (ExplanationStep(.arrived, port: 1, first: 7, second: 54), "54 bytes come in to lan"),
        (ExplanationStep(.arrived, port: 9, second: 54), "54 bytes come in from outside"),
        (
            ExplanationStep(.impairedIn, port: 1),
            "packets may be lost, held or changed on purpose here (delay 50ms); this is the way of one that passes unchanged"
        ),
        (ExplanationStep(.classified, first: 10, second: 1), "it belongs to VLAN 10, by its tag"),
        (
            ExplanationStep(.learned, port: 2, first: 0x0200_0000_0001, second: ExplainedLearning.moved.rawValue),
            "02:00:00:00:00:01 was known behind eth0@db, and moves here"
        ),
        (
            ExplanationStep(.lookedUp, port: 2, first: 0x0200_0A00_0009, second: ExplainedTarget.station.rawValue),
            "02:00:0a:00:00:09 (eth0@db) is behind eth0@db"
        ),
        (
            ExplanationStep(
                .lookedUp, port: 16_385, first: 0x0200_0000_0001, second: ExplainedTarget.remoteStation.rawValue),
            "02:00:00:00:00:01 is behind vtep 198.18.0.2"
        ),
        (ExplanationStep(.replicated, first: 7, second: 2), "a copy goes to each of the 2 peers of lan"),
        (
            ExplanationStep(.routed, port: 9, first: 24, second: 1500, bytes: end(7) + end(1)),
            "192.0.2.7 by the host's route of /24, via 192.0.2.1, MTU 1500"
        ),
        (ExplanationStep(.routed, bytes: end(7)), "the host has no route to 192.0.2.7 by an uplink"),
        (
            ExplanationStep(
                .flow, port: 1, second: ExplainedFlow.new.rawValue, bytes: end(1, 7) + end(2, 0) + end(3, 80)),
            "a new flow: 192.0.2.1:7 to 192.0.2.3:80, outside as 192.0.2.2"
        ),
        (
            ExplanationStep(.published, port: 1, first: 3, second: 7, bytes: end(1, 80)),
            "publish 8080:80 leads to 192.0.2.1:80 in lan"
        ),
        (
            ExplanationStep(.translated, first: 6, bytes: end(1, 7) + end(3, 80) + end(2, 61_440) + end(3, 80)),
            "source 192.0.2.1:7 becomes 192.0.2.2:61440"
        ),
        (
            ExplanationStep(.senderTold, port: 1, first: ExplainedMessage.tooBig.rawValue, second: 1400),
            "the sender is told by ICMP: too big, MTU 1400"
        ),
        (
            ExplanationStep(.encapsulated, port: 16_385, first: 7, second: 4789 | 1 << 16, bytes: end(9)),
            "in VXLAN with VNI 7 to 192.0.2.9, UDP port 4789"
        ),
        (
            ExplanationStep(.dropped, port: 1, reason: .guardMAC),
            "guard-mac: the source is not the endpoint's MAC address"
        ),
    ])
    func sentences(step: ExplanationStep, text: String) {
        #expect(TraceSentence(step, Self.names).text == text)
    }

    @Test func anyNumbersAreSafe() {
        for kind in ExplanationKind.allCases {
            for number in [0, 1, 9, 77, UInt64.max] {
                for count in [0, 1, 16, 17, 32, 54, 128] {
                    let step = ExplanationStep(
                        kind, port: UInt16(truncatingIfNeeded: number), first: number, second: number,
                        bytes: Array(repeating: 0xFE, count: count))
                    let shown = Self.writer.steps([step])
                    #expect(shown.count == 1 && !shown[0].text.isEmpty && !shown[0].result.isEmpty, "\(step)")
                    #expect(!TraceReport.conclusion(Self.writer.outcomes([step])).isEmpty)
                }
            }
        }
        #expect(Set(ExplanationKind.allCases.map(\.word)).count == ExplanationKind.allCases.count)
    }

    private func conclude(_ steps: [ExplanationStep]) -> String {
        TraceReport.conclusion(Self.writer.outcomes(steps))
    }

    @Test func conclusions() {
        #expect(conclude([ExplanationStep(.sent, port: 2, first: 4)]) == "sent to eth0@db")
        #expect(
            conclude([
                ExplanationStep(.sent, port: 2), ExplanationStep(.dropped, port: 1, reason: .exceedsMTU),
                ExplanationStep(.sent, port: 16_385),
            ]) == "sent to eth0@db and vtep 198.18.0.2; dropped at eth0@web: exceeds-mtu")
        // What leaves in a datagram goes to a peer, whichever socket sends it; what is sent next doesn't.
        #expect(
            conclude([
                ExplanationStep(.encapsulated, port: 16_385), ExplanationStep(.sent, port: 9),
                ExplanationStep(.sent, port: 2),
            ]) == "sent to vtep 198.18.0.2 and eth0@db")
        #expect(conclude([ExplanationStep(.dropped, port: 1, reason: .guardMAC)]) == "dropped at eth0@web: guard-mac")
        #expect(conclude((1...5).map { ExplanationStep(.sent, port: $0) }) == "sent to 5 ports")
        #expect(
            conclude([ExplanationStep(.answered, port: 1), ExplanationStep(.sent, port: 1)])
                == "answered by the switch, to eth0@web")
        #expect(
            conclude([
                ExplanationStep(.dropped, port: 1, reason: .hopLimitExceeded), ExplanationStep(.senderTold, port: 1),
                ExplanationStep(.sent, port: 1),
            ]) == "dropped at eth0@web: hop-limit; the sender is told")
        #expect(conclude([ExplanationStep(.held, port: 1)]) == "held, from eth0@web")
        #expect(conclude([]) == "nothing more happens")
    }

    @Test func aFrameThatIsChangedIsShown() {
        let same = Self.writer.outcomes([ExplanationStep(.sent, port: 2, bytes: [1, 2])])
        #expect(same[0].frame == nil)
        let other = Self.writer.outcomes([ExplanationStep(.sent, port: 2, bytes: [1, 2, 0x81, 0])])
        #expect(other == [TraceReport.Outcome(verdict: "sent", port: "eth0@db", frame: "01028100")])
    }

    @Test func whatLosesAllIsConcluded() {
        var settings = ImpairmentSettings()
        settings.loss = ImpairmentSettings.certain
        #expect(settings.losesAll)
        // There is a way out of the good state.
        settings.toBad = 1
        #expect(!settings.losesAll)
        settings.badLoss = ImpairmentSettings.certain
        #expect(settings.losesAll)
        #expect(Self.writer.remarks([ExplanationStep(.impairedIn, port: 1), ExplanationStep(.sent, port: 2)]).isEmpty)
    }
}
