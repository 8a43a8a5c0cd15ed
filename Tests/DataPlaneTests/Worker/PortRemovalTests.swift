import DataPlane
import Glibc
import Testing

@Suite("Removing a port, whatever state it is in")
struct PortRemovalTests {
    private let frame = TestFrames.vnet() + TestFrames.plain()

    @Test("armed: cancelled, and answered when the end has come")
    func armed() throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        #expect(rig.perform(.removePort(2)) == nil)
        #expect(rig.device.take().requests == [.cancel(2)])
        rig.step()
        #expect(rig.mailbox.takeResult() == nil)
        rig.device.deliver(.ended(port: 2, error: ECANCELED))
        rig.step()
        #expect(rig.mailbox.takeResult() == 0)
        #expect(rig.device.take().requests == [.detach(2)])
        #expect(rig.device.attachedPorts == [1, 3])
        rig.expectSound()
    }

    @Test("armed: any end will do, a last frame too", arguments: [0, ENOBUFS, ENETDOWN, EBADFD, EINVAL])
    func otherEnds(error: Int32) throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        #expect(rig.perform(.removePort(2)) == nil)
        if error == 0 {
            rig.device.deliver(.frame(port: 2, bytes: frame, isFinal: true))
        } else {
            rig.device.deliver(.ended(port: 2, error: error))
        }
        rig.step()
        #expect(rig.mailbox.takeResult() == 0)
        #expect(rig.device.take().sent == [] && rig.device.attachedPorts == [1])
        #expect(rig.mailbox.takeEvents() == [], "who removes a port needs no telling that it is gone")
        rig.expectSound()
    }

    @Test("while it is being removed its frames go nowhere, nothing is sent to it, and its slots come back")
    func retiring() throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        // 2 is where the station lives.
        _ = rig.put(TestFrames.plain(to: TestFrames.carol, from: TestFrames.bob), into: 2)
        let before = rig.counters(2)
        #expect(rig.perform(.removePort(2)) == nil)
        rig.device.deliver(
            .frame(port: 2, bytes: frame), .frame(port: 1, bytes: frame), .frame(port: 2, bytes: frame))
        rig.step()
        // To bob, whom nobody knows any more: flooded to 3 alone.
        let sent = rig.device.take().sent
        #expect(sent.map(\.port) == [3])
        #expect(rig.counters(2) == before)
        rig.expectSound()
        rig.device.deliver(.ended(port: 2, error: ECANCELED))
        rig.step()
        #expect(rig.mailbox.takeResult() == 0)
        rig.expectSound()
    }

    @Test("pending: nothing is under way yet")
    func pending() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        rig.device.deliver(.ended(port: 2, error: ENOBUFS))
        // The end is handled, the port pending again, and then the command is obeyed.
        #expect(rig.perform(.removePort(2)) == 0)
        #expect(rig.device.take().requests == [.receive(2), .cancel(2), .detach(2)])
        rig.step()
        #expect(rig.device.armed == [1])
        rig.expectSound()
    }

    @Test("waiting to be tried again: at once, and nothing is tried any more")
    func waiting() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        for _ in 0..<2 {
            rig.device.deliver(.ended(port: 2, error: EINVAL))
            rig.step()
            rig.step()
        }
        #expect(rig.nextTimeout == 1_000_000)
        _ = rig.device.take()
        #expect(rig.perform(.removePort(2)) == 0)
        #expect(rig.device.take().requests == [.cancel(2), .detach(2)])
        #expect(rig.nextTimeout > 1_000_000, "no reason to wake up is left")
        rig.step(after: 10_000_000_000)
        #expect(rig.device.take().requests == [])
        rig.expectSound()
    }

    @Test("dead: at once")
    func dead() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        rig.device.deliver(.ended(port: 2, error: EBADFD))
        rig.step()
        #expect(rig.perform(.removePort(2)) == 0)
        #expect(rig.device.attachedPorts == [1])
        rig.expectSound()
    }

    @Test("dies in the round in which it is removed: removed")
    func diesMeanwhile() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        rig.device.deliver(.ended(port: 2, error: EBADFD))
        #expect(rig.perform(.removePort(2)) == 0)
        #expect(rig.device.attachedPorts == [1])
        rig.expectSound()
    }

    @Test("absent, 0 and numbers beyond the table: no such port", arguments: [3, 0, 16_383, 16_384, 65_535])
    func absent(port: UInt16) throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        #expect(rig.perform(.removePort(port)) == ENOENT)
        #expect(rig.device.take().requests == [])
        rig.expectSound()
    }

    @Test("a new port under the old number begins afresh")
    func successor() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        for _ in 0..<5 {
            rig.device.deliver(.ended(port: 2, error: EINVAL))
            rig.step(after: 2_000_000_000)
            rig.step(after: 2_000_000_000)
            rig.step()
        }
        #expect(rig.perform(.removePort(2)) == nil)
        rig.device.deliver(.ended(port: 2, error: ECANCELED))
        rig.step()
        #expect(rig.mailbox.takeResult() == 0)
        try rig.addPort(2)
        _ = rig.device.take()
        rig.device.deliver(.ended(port: 2, error: EINVAL))
        rig.step()
        #expect(rig.device.take().requests == [.receive(2)], "its first failure")
        rig.step()
        #expect(rig.put(TestFrames.plain(), into: 2).map(\.port) == [1])
        rig.expectSound()
    }

    @Test("an end that comes after the control thread has given up is for nobody, and the number is free again")
    func lateAnswer() throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        #expect(rig.perform(.removePort(2)) == nil)
        // Given up; the next command, another removal, is answered by its own end alone.
        #expect(rig.perform(.removePort(3)) == nil)
        rig.device.deliver(.ended(port: 2, error: ECANCELED))
        rig.step()
        #expect(rig.mailbox.takeResult() == nil)
        #expect(rig.device.attachedPorts == [1, 3])
        rig.device.deliver(.ended(port: 3, error: ECANCELED))
        rig.step()
        #expect(rig.mailbox.takeResult() == 0)
        #expect(rig.device.attachedPorts == [1])
        try rig.addPort(2)
        rig.expectSound()
    }
}
