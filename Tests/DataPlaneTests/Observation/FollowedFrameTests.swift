import Addresses
import Testing

@testable import DataPlane

@Suite("Frames that are followed")
struct FollowedFrameTests {
    private typealias Make = TestFrames

    @Test("the next frames that match, and all that leaves of them, and nothing else")
    func count() throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        // The length is at least 100.
        let probe = try CaptureProbe(rig) {
            $0.filter = [
                .init(0x80, 0), .init(0x35, 100, whenTrue: 0, whenFalse: 1), .init(0x06, .max), .init(0x06, 0),
            ]
            $0.followed = 2
        }
        for length in [60, 120] {
            _ = rig.put(Make.plain(to: Make.broadcast, from: Make.alice, length: length), into: 1)
        }
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob, length: 130), into: 2)
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob, length: 140), into: 2)
        let records = probe.take()
        #expect(records.map(\.length) == [120, 120, 120, 130, 130])
        #expect(records.map(\.isOut) == [false, true, true, false, true])
        #expect(records.map(\.verdict) == [.flooded, .sent, .sent, .forwarded, .sent])
        #expect(records[0...2].map(\.number).allSatisfy { $0 == records[0].number })
        #expect(records[3].number == records[4].number && records[3].number != records[0].number)
        try probe.stop()
        rig.expectSound()
    }

    @Test("one port's frames only, and beside it a capture that isn't one")
    func port() throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        let follower = try CaptureProbe(rig, number: 1) {
            $0.domain = 0
            $0.port = 2
            $0.followed = 5
        }
        let other = try CaptureProbe(rig, number: 2) { $0.isIn = false }
        _ = rig.put(Make.plain(to: Make.broadcast, from: Make.alice), into: 1)
        _ = rig.put(Make.plain(to: Make.broadcast, from: Make.bob), into: 2)
        let records = follower.take()
        #expect(records.map(\.port) == [2, 1, 3] && records[0].verdict == .flooded)
        #expect(other.rest().map(\.port) == [2, 3, 1, 3])
        // What comes by other ports isn't looked at for it any more.
        try follower.stop()
        _ = rig.put(Make.plain(to: Make.broadcast, from: Make.bob), into: 2)
        #expect(other.take().map(\.port) == [1, 3])
        rig.expectSound()
    }

    @Test("a packet that is translated is followed out of its network, and a refused one back to its sender")
    func routed() throws {
        let rig = try RouterRig.worker(hasNames: true)
        let filter = CaptureConfiguration(number: 1, domain: 1).filter
        let probe = try CaptureProbe(rig) {
            $0.filter = filter
            $0.followed = 2
        }
        let frame = RouterRig.out(.udp).frame
        _ = rig.put(frame, into: 2)
        var expired = RouterRig.out(.udp)
        expired.hopLimit = 1
        _ = rig.put(expired.frame, into: 2)
        let records = probe.take()
        #expect(records.map(\.port) == [2, RouterRig.uplink, 2, 2])
        #expect(records.map(\.verdict) == [.routed, .sent, .dropped, .sent] && records[2].reason == .hopLimitExceeded)
        #expect(records[0].bytes == frame && records[1].bytes != frame && records[1].number == records[0].number)
        // An answer is another frame.
        #expect(probe.rest().isEmpty)
        rig.expectSound()
    }
}
