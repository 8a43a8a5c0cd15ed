import DataPlane
import Glibc
import Testing

@Suite("How receiving ends, and begins again")
struct ReceiveEndingTests {
    private static let millisecond: Int64 = 1_000_000

    @Test("what passes by itself is armed again in the same round, however often", arguments: [0, ENOBUFS, ECANCELED])
    func passing(error: Int32) throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        for round in 1...50 {
            rig.device.deliver(.ended(port: 1, error: error))
            rig.step()
            #expect(rig.device.take().requests == [.receive(1)])
            #expect(rig.counters(1).rearmed == UInt64(round))
            rig.step()
        }
        #expect(rig.counters(1).drops == [:])
        #expect(rig.mailbox.takeEvents() == [])
        rig.expectSound()
    }

    @Test("a frame that is the last one is forwarded, and its port armed again")
    func finalFrame() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        rig.device.deliver(
            .frame(port: 1, bytes: TestFrames.vnet() + TestFrames.plain()),
            .frame(port: 1, bytes: TestFrames.vnet() + TestFrames.plain(length: 61), isFinal: true))
        rig.step()
        let seen = rig.device.take()
        #expect(seen.sent.map(\.frame.count) == [60, 61])
        #expect(seen.requests == [.receive(1)])
        #expect(rig.counters(1).rearmed == 1)
        rig.step()
        #expect(rig.put(TestFrames.plain(), into: 1).count == 1)
        rig.expectSound()
    }

    @Test(
        "a device that is gone: never armed again, and told to the control side once, with the reason",
        arguments: [EBADF, EBADFD, EFAULT, ENODEV])
    func gone(error: Int32) throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        rig.device.deliver(.ended(port: 2, error: error))
        rig.step()
        #expect(rig.device.take().requests == [])
        #expect(rig.mailbox.takeEvents() == [WorkerEvent.portGone(port: 2, error: error)])
        for _ in 0..<20 { rig.step(after: 500 * Self.millisecond) }
        #expect(rig.device.take().requests == [])
        #expect(rig.mailbox.takeEvents() == [])
        #expect(rig.counters(2).rearmed == 0 && rig.counters(2).drops == [:])
        // The others go on, and nothing keeps the thread awake.
        #expect(Set(rig.put(TestFrames.plain(), into: 1).map(\.port)) == [2, 3])
        rig.step(after: 200 * Self.millisecond)
        #expect(rig.nextTimeout > 1_000_000_000)
        rig.expectSound()
    }

    @Test("two that die in one round are both told")
    func twoGone() throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        rig.device.deliver(.ended(port: 3, error: EBADFD), .ended(port: 1, error: EFAULT))
        rig.step()
        let events = rig.mailbox.takeEvents().sorted { $0.number < $1.number }
        #expect(events == [WorkerEvent.portGone(port: 1, error: EFAULT), WorkerEvent.portGone(port: 3, error: EBADFD)])
        rig.expectSound()
    }

    @Test(
        "what may pass is tried again at once, then after 2, 4, 8 … 1024 ms, for ever",
        arguments: [ENETDOWN, EINVAL, EIO])
    func backsOff(error: Int32) throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        rig.device.deliver(.ended(port: 1, error: error))
        rig.step()
        #expect(rig.device.take().requests == [.receive(1)], "the first time at once")
        rig.step()
        for exponent in Array(1...10) + [10, 10] {
            rig.device.deliver(.ended(port: 1, error: error))
            rig.step()
            #expect(rig.device.take().requests == [])
            #expect(rig.nextTimeout == Self.millisecond, "it wakes up to look")
            let delay = (Int64(1) << Int64(exponent)) * Self.millisecond
            rig.step(after: delay - Self.millisecond)
            #expect(rig.device.take().requests == [], "not before \(delay) ns")
            rig.step(after: Self.millisecond)
            #expect(rig.device.take().requests == [.receive(1)], "after \(delay) ns")
            rig.step()
        }
        // A link that is down is nothing that went wrong; each of the others is counted.
        #expect(rig.drops(1, .receiveFailed) == (error == ENETDOWN ? 0 : 13))
        #expect(rig.counters(1).rearmed == 13)
        #expect(rig.mailbox.takeEvents() == [])
        rig.expectSound()
    }

    @Test("a frame ends the backing off", arguments: [ENETDOWN, EINVAL])
    func frameResets(error: Int32) throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        for _ in 0..<20 {
            rig.device.deliver(.ended(port: 1, error: error))
            rig.step()
            #expect(rig.device.take().requests == [.receive(1)])
            rig.step()
            #expect(rig.put(TestFrames.plain(), into: 1).count == 1)
        }
        rig.expectSound()
    }

    @Test("backing off outlives the wrap of the 32-bit clock")
    func clockWraps() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        // The largest number of milliseconds that ends in 32 ones, so that the next one ends in zeros.
        rig.clock = ((Int64(1) << 32) * 240 - 1) * Self.millisecond
        for _ in 0..<2 {
            rig.device.deliver(.ended(port: 1, error: EINVAL))
            rig.step()
            rig.step()
        }
        #expect(rig.device.take().requests == [.receive(1)], "one at once, one that waits")
        rig.step(after: Self.millisecond)
        #expect(rig.device.take().requests == [])
        rig.step(after: Self.millisecond)
        #expect(rig.device.take().requests == [.receive(1)])
        rig.expectSound()
    }

    @Test("of several ports that back off each keeps its own time")
    func independent() throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        for port in [UInt16(1), 2, 3] {
            for _ in 0..<Int(port) {
                rig.device.deliver(.ended(port: port, error: EINVAL))
                rig.step()
                rig.step(after: 2_000 * Self.millisecond)
                rig.step()
            }
        }
        _ = rig.device.take()
        // After one, two and three failures in a row: 2, 4 and 8 ms.
        rig.device.deliver(
            .ended(port: 1, error: EINVAL), .ended(port: 2, error: EINVAL), .ended(port: 3, error: EINVAL))
        rig.step()
        var armedAfter: [UInt16: Int] = [:]
        for elapsed in 1...10 {
            rig.step(after: Self.millisecond)
            for case .receive(let port) in rig.device.take().requests { armedAfter[port] = elapsed }
        }
        #expect(armedAfter == [1: 2, 2: 4, 3: 8])
        rig.expectSound()
    }
}
