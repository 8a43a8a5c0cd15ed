import DataPlane
import Glibc
import SystemPackage

/// The process of `BareRelay`: two TAPs at descriptors 3 and 4, one ring, no lookup.
public enum Relay {
    /// As many as the engine's workers have at the least.
    private static let slots = 512

    /// Carries frames until SIGTERM. Returns only if it cannot begin or a TAP dies.
    public static func run() throws {
        let latency = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC)
        var microseconds: Int32 = 0
        // Where it is refused, waking up takes longer and nothing else happens.
        if latency >= 0 { _ = write(latency, &microseconds, 4) }
        defer { if latency >= 0 { close(latency) } }
        let waker = eventfd(0, Int32(EFD_CLOEXEC.rawValue))
        guard waker >= 0 else { throw BenchError("cannot start the relay: \(Errno(rawValue: errno))") }
        defer { close(waker) }

        var ring: RingIO
        do {
            ring = try RingIO(slotCount: slots, waker: waker)
        } catch {
            throw BenchError("cannot start the relay: io_uring: \(error)", hint: "it needs Linux 6.7 with io_uring on")
        }
        for (port, descriptor) in [(UInt16(1), Int32(3)), (2, 4)] {
            let error = ring.attach(port: port, descriptor: descriptor, kind: .tap)
            guard error == 0 else {
                throw BenchError("cannot start the relay: descriptor \(descriptor): \(Errno(rawValue: error))")
            }
            ring.receive(port: port)
        }
        try carry(&ring)
    }

    private static func carry(_ ring: inout RingIO) throws {
        var completion = Completion(header: ring.placeholder)
        while true {
            ring.wait(timeout: -1)
            while ring.next(&completion) {
                switch completion.kind {
                case .frame:
                    // Behind the header lie `length` bytes of frame, valid until the release.
                    let frame = OutgoingFrame(
                        port: 3 - completion.port, bytes: UnsafeRawPointer(completion.header),
                        count: completion.length + VirtioNetHeader.length, isSuperframe: false)
                    // A frame without room is lost, as it would be in any switch.
                    _ = ring.send(frame)
                    ring.release(slot: completion.slot)
                    if completion.isFinal { ring.receive(port: completion.port) }
                case .receiveEnded:
                    guard [ENOBUFS, 0, EAGAIN, EINTR].contains(completion.error) else {
                        throw BenchError(
                            "the relay's TAP \(completion.port) died: \(Errno(rawValue: completion.error))")
                    }
                    ring.receive(port: completion.port)
                case .sendFailed, .wake:
                    break
                }
            }
        }
    }
}
