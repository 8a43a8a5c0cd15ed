import DataPlane
import Glibc
import Testing

@Suite("The order of re-arming")
struct RearmingOrderTests {
    private let frame = TestFrames.vnet() + TestFrames.plain()

    /// One round in which each port brings as many frames as said, and all are ended for want of slots in that order.
    private func round(_ brought: [(port: UInt16, frames: Int)]) throws -> [ScriptedDevice.Request] {
        let rig = try ScriptedWorker(ports: brought.map(\.port) + [99], slots: 256)
        for (port, frames) in brought {
            for _ in 0..<frames { rig.device.deliver(.frame(port: port, bytes: frame)) }
        }
        for (port, _) in brought { rig.device.deliver(.ended(port: port, error: ENOBUFS)) }
        rig.step()
        rig.expectSound()
        return rig.device.take().requests
    }

    @Test("the port that floods is armed last, wherever it ended")
    func floodLast() throws {
        #expect(try round([(1, 200), (2, 1), (3, 2)]) == [.receive(2), .receive(3), .receive(1)])
        #expect(try round([(2, 1), (1, 200), (3, 2)]) == [.receive(2), .receive(3), .receive(1)])
        #expect(try round([(2, 1), (3, 2), (1, 200)]) == [.receive(2), .receive(3), .receive(1)])
    }

    @Test("those that brought nothing are light")
    func nothingIsLight() throws {
        #expect(try round([(1, 30), (2, 0), (3, 30), (4, 0)]) == [.receive(2), .receive(4), .receive(1), .receive(3)])
    }

    @Test("equals keep the order of their ends")
    func equals() throws {
        #expect(try round([(3, 5), (1, 5), (2, 5)]) == [.receive(3), .receive(1), .receive(2)])
    }

    @Test("what a port brought in an earlier round doesn't count")
    func earlierRound() throws {
        let rig = try ScriptedWorker(ports: [1, 2, 99], slots: 256)
        for _ in 0..<200 { rig.device.deliver(.frame(port: 1, bytes: frame)) }
        rig.step()
        for _ in 0..<9 { rig.device.deliver(.frame(port: 2, bytes: frame)) }
        rig.device.deliver(.ended(port: 2, error: ENOBUFS), .ended(port: 1, error: ENOBUFS))
        rig.step()
        #expect(rig.device.take().requests == [.receive(1), .receive(2)])
        rig.expectSound()
    }

    @Test("each port once, however it ended")
    func once() throws {
        let rig = try ScriptedWorker(ports: Array(1...40), slots: 256)
        for port in UInt16(1)...40 {
            if port % 2 == 0 {
                rig.device.deliver(.ended(port: port, error: ENOBUFS))
            } else {
                rig.device.deliver(.frame(port: port, bytes: frame, isFinal: true))
            }
        }
        rig.step()
        let requests = rig.device.take().requests
        #expect(requests.count == 40)
        #expect(Set((UInt16(1)...40).map { ScriptedDevice.Request.receive($0) }) == Set(requests))
        rig.expectSound()
    }
}
