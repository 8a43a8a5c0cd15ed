import Capture
import Foundation
import HeddleAPI
import Testing

@testable import heddle

/// What did happen to a frame, told of captured records.
struct FollowedFormTests {
    /// ARP's question of 10.0.0.2.
    private static let arp: [UInt8] =
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 10, 0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1]
        + [2, 0, 10, 0, 0, 2, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 10, 0, 0, 3]

    private func packet(_ comment: String, _ bytes: [UInt8] = Self.arp, lost: UInt64 = 0) -> PcapngWriter.Packet {
        PcapngWriter.Packet(
            interface: 0, time: 1_000_000_000, length: UInt32(bytes.count), bytes: bytes, comment: comment, number: 7,
            lostBefore: lost)
    }

    @Test func floodsDropsAndWhatIsChanged() {
        var frame = FollowedFrame(packet("flooded; super-frame of 3 segments of 1448 bytes"), port: "eth0@web")
        frame.add(packet("sent"), port: "eth0@db")
        frame.add(packet("dropped: exceeds-mtu: it is too long", lost: 2), port: "eth0@old")
        frame.add(packet("sent to VTEP 198.18.0.2", Self.arp.dropLast() + [9]), port: "vxlan")
        let report = frame.report(network: "lan").report
        #expect(
            report.steps.map(\.what) == ["arrived", "flooded", "sent", "dropped", "sent", "omitted"], "\(report.steps)")
        #expect(report.steps[0].text == "42 bytes came in; super-frame of 3 segments of 1448 bytes")
        #expect(report.steps[2].text == "42 bytes left, as they came")
        #expect(report.steps[3].text == "exceeds-mtu: it is too long" && report.steps[3].result == "exceeds-mtu")
        #expect(report.steps[4].text.hasPrefix("42 bytes left to VTEP 198.18.0.2: ARP, Request who-has 10.0.0.9"))
        #expect(report.outcomes.map(\.verdict) == ["sent", "dropped", "sent"] && report.outcomes[2].frame != nil)
        #expect(report.conclusion == "sent to eth0@db and vtep 198.18.0.2; dropped at eth0@old: exceeds-mtu")
        #expect(report.summary == "ARP, Request who-has 10.0.0.3 tell 10.0.0.2, length 28")
    }

    @Test func aDropWithAMessageToTheSender() {
        var frame = FollowedFrame(
            packet("dropped: hop-limit: it is used up; the sender was told; super-frame of 2 segments of 9 bytes"),
            port: "eth0@web")
        frame.add(packet("sent", Self.arp.dropLast() + [9]), port: "eth0@web")
        let report = frame.report(network: "lan").report
        #expect(report.steps.map(\.what) == ["arrived", "dropped", "sender-told", "sent"])
        #expect(report.steps[0].text == "42 bytes came in; super-frame of 2 segments of 9 bytes")
        #expect(report.steps[1].text == "hop-limit: it is used up; the sender was told")
        #expect(report.outcomes.map(\.verdict) == ["dropped", "notified", "sent"])
        #expect(report.conclusion == "dropped at eth0@web: hop-limit; the sender is told")
    }

    /// A tunnel that it doesn't fit into, of several ports that it is for.
    @Test func aMessageToTheSenderOfWhatWasForwarded() {
        var frame = FollowedFrame(packet("flooded"), port: "eth0@web")
        frame.add(packet("dropped: exceeds-tunnel-mtu: it is too long", Self.arp), port: "vxlan")
        frame.add(packet("sent", Self.arp.dropLast() + [9]), port: "eth0@web")
        let report = frame.report(network: "lan").report
        #expect(report.steps.map(\.what) == ["arrived", "flooded", "dropped", "sender-told", "sent"])
        #expect(report.outcomes.map(\.verdict) == ["dropped", "notified", "sent"])
        #expect(report.conclusion.contains("the sender is told"), "\(report.conclusion)")
    }

    @Test func lostRecordsAreSaid() throws {
        var frame = FollowedFrame(packet("forwarded to eth0@db"), port: "eth0@web")
        frame.lose(3)
        let report = frame.report(network: "lan").report
        #expect(report.steps.map(\.what) == ["arrived", "forwarded", "omitted"])
        #expect(report.steps[2].text.hasPrefix("3 records were lost") && report.conclusion == "what left isn't known")
        #expect(try GlobalOptions.encode(frame.report(network: "lan"), pretty: false).contains("\"lost\":3"))
        #expect(FollowedFrame.loss(1) == "1 record was lost, since it wasn't read in time")
    }

    @Test func theEndSaysWhatCameAndWhatWasLost() {
        #expect(FollowLoop.summary(arrived: 2, of: 2, missed: 0, counted: 0) == nil)
        #expect(FollowLoop.summary(arrived: 0, of: 1, missed: 0, counted: 0) == "0 of 1 frame came")
        // The daemon knows of those that nothing came behind; if it died, only the records tell.
        #expect(
            FollowLoop.summary(arrived: 3, of: 10, missed: 5, counted: 9)
                == "3 of 10 frames came; 9 records were lost, since they weren't read in time")
        #expect(
            FollowLoop.summary(arrived: 2, of: 2, missed: 1, counted: 0)
                == "2 of 2 frames came; 1 record was lost, since it wasn't read in time")
    }

    @Test(arguments: ["", "held: next hop not known yet", "routed", "consumed: answered by the switch", "strange"])
    func everyVerdictIsTold(comment: String) throws {
        let report = FollowedFrame(packet(comment), port: "eth0@web").report(network: "lan")
        #expect(report.report.steps.first?.what == "arrived")
        let text = try GlobalOptions.encode(report, pretty: false)
        #expect(text.contains("\"time\":\"1.000000000\"") && text.contains("\"from\":\"eth0@web\""), "\(text)")
        #expect(text.count { $0 == "\n" } == 1)
    }
}
