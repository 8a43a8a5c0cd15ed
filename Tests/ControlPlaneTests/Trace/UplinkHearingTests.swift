import Addresses
import DataPlane
import FrameText
import HeddleAPI
import Testing

@testable import ControlPlane

/// What an uplink hears of what comes there.
struct UplinkHearingTests {
    private static let uplink = MACAddress(value: 0x0200_0000_0001)
    private static let hearing = UplinkHearing(
        filter: UplinkFilterPlan(poolFirst: 61_440, poolCount: 4_096, tcp: [8_080...8_080]).filter, mac: uplink)

    private func frame(_ text: String, to mac: MACAddress = Self.uplink) throws -> [UInt8] {
        guard case .description(let description) = try FrameText(parsing: text) else { return [] }
        return description.frame(
            sourceMAC: TraceSurroundings.somebody, destinationMAC: mac, source: nil)
    }

    @Test func whatIsPublishedOrOfAFlowAndNothingElse() throws {
        let hearing = Self.hearing
        #expect(hearing.hears(try frame("tcp 198.51.100.7:4000 > 192.0.2.1:8080")))
        #expect(hearing.hears(try frame("udp 198.51.100.7:4000 > 192.0.2.1:61500")))
        #expect(!hearing.hears(try frame("tcp 198.51.100.7:4000 > 192.0.2.1:8081")))
        #expect(!hearing.hears(try frame("udp 198.51.100.7:4000 > 192.0.2.1:8080")))
        #expect(!hearing.hears(try frame("arp 192.0.2.1 tell 192.0.2.2", to: MACAddress(value: 0xFFFF_FFFF_FFFF))))
        // For another machine: only a promiscuous device lets it in, and the filter doesn't.
        #expect(
            !hearing.hears(try frame("tcp 198.51.100.7:4000 > 192.0.2.1:8080", to: MACAddress(value: 0x0200_0000_0002)))
        )
        #expect(!hearing.hears([]) && !hearing.hears([1, 2, 3]))
    }

    @Test func itIsToldAsTheHosts() {
        let report = TraceReport.unheard([2, 0], network: "lan", from: "uplink@up0", assumed: ["x"])
        #expect(report.outcomes == [.init(verdict: "host", port: "uplink@up0")] && report.assumed == ["x"])
        #expect(report.steps.map(\.what) == ["arrived", "unheard"] && report.conclusion == "left to the host")
    }
}
