import DataPlane
import Glibc

/// The third `FrameIO`, beside the ring and epoll: a script. The worker owns this value, the test keeps the device.
struct ScriptedIO: FrameIO, ~Copyable {
    let device: ScriptedDevice

    var placeholder: UnsafeMutableRawPointer { device.placeholder }
    var slotCount: Int { device.slotCount }

    mutating func attach(port: UInt16, descriptor: Int32, kind: PortKind) -> Int32 {
        device.attach(port)
    }

    mutating func detach(port: UInt16) {
        device.detach(port)
    }

    mutating func receive(port: UInt16) {
        device.receive(port)
    }

    mutating func cancel(port: UInt16) -> Bool {
        device.cancel(port)
    }

    mutating func send(_ frame: OutgoingFrame) -> Bool {
        device.send(frame)
    }

    mutating func send(_ message: OutgoingMessage) -> Bool {
        device.send(message)
    }

    mutating func submit() {
        device.submit()
    }

    mutating func release(slot: UInt16) {
        device.release(slot)
    }

    mutating func wait(timeout: Int64, spin: Int64) {
        device.wait()
        // Nothing here sleeps: a worker that runs by itself leaves the processor to others.
        sched_yield()
    }

    mutating func next(_ completion: inout Completion) -> Bool {
        device.next(&completion)
    }
}
