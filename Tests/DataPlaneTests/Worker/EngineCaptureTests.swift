import Glibc
import Testing

@testable import DataPlane

@Suite("Captures of an engine")
struct EngineCaptureTests {
    private static let frame = TestFrames.plain(to: TestFrames.broadcast, from: TestFrames.alice)

    /// A ring, and the engine's answer to a capture into it.
    private final class Ring {
        let error: Int32
        private var reader: CaptureReader

        init(_ client: EngineClient, _ configuration: CaptureConfiguration) throws {
            let descriptor = try CaptureRing.make(capacity: CaptureRing.smallest)
            defer { close(descriptor) }
            reader = CaptureReader(try CaptureMemory(descriptor: descriptor))
            error = try client.request(.startCapture(configuration), passing: descriptor)
        }

        /// What is there, once there are so many.
        func take(_ count: Int = 0) -> [CaptureRecord] {
            var records: [CaptureRecord] = []
            _ = EngineRig.eventually {
                while let record = reader.next() { records.append(record) }
                return records.count >= count
            }
            return records
        }
    }

    @Test("frames come with what became of them, without waiting for the next", arguments: IOChoice.available)
    func capture(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let taps = try (UInt16(1)...2).map { try FakeTap($0) }
        try client.configure(taps)
        let ring = try Ring(client, CaptureConfiguration(number: 7, domain: 1))
        #expect(ring.error == 0)
        try taps[0].send(frame: Self.frame)
        #expect(taps[1].receiveFrame() == Self.frame)
        let records = ring.take(2)
        #expect(records.map(\.port) == [1, 2] && records.map(\.verdict) == [.flooded, .sent])
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        #expect(records.allSatisfy { abs($0.time / 1_000_000_000 - Int64(now.tv_sec)) < 60 })
        #expect(try client.request(.stopCapture(7)) == 0 && client.request(.stopCapture(7)) == ENOENT)
        try taps[0].send(frame: Self.frame)
        #expect(taps[1].receiveFrame() == Self.frame)
        #expect(ring.take().isEmpty)
    }

    @Test("what can't be is refused")
    func refused() throws {
        let rig = try EngineRig(io: .epoll)
        let client = try rig.connect()
        let taps = [try FakeTap(1)]
        try client.configure(taps)
        #expect(try client.request(.startCapture(CaptureConfiguration(number: 1, domain: 1))) == EBADF)
        #expect(
            try client.request(.startCapture(CaptureConfiguration(number: 1, domain: 1)), passing: taps[0].far)
                == EINVAL)
        let cases: [(CaptureConfiguration, Int32)] = [
            (CaptureConfiguration(number: 1, domain: 9), ENOENT), (CaptureConfiguration(number: 1, port: 9), ENOENT),
            (CaptureConfiguration(number: 1, domain: 1, filter: [.init(0x05, 9), .init(0x06, 0)]), EINVAL),
            (CaptureConfiguration(number: 1, port: 1), 0), (CaptureConfiguration(number: 1, port: 1), EEXIST),
        ]
        for (configuration, expected) in cases {
            #expect(try Ring(client, configuration).error == expected, "\(configuration)")
        }
        for number in UInt32(2)...16 {
            #expect(try Ring(client, CaptureConfiguration(number: number, domain: 1)).error == 0)
        }
        #expect(try Ring(client, CaptureConfiguration(number: 17, domain: 1)).error == ENOSPC)
        // Until here its end has to be open.
        #expect(taps[0].far >= 0)
    }

    @Test("they end with the daemon's connection, and traffic goes on")
    func bound() throws {
        let rig = try EngineRig(io: .epoll)
        let taps = try (UInt16(1)...2).map { try FakeTap($0) }
        let ring: Ring
        do {
            let client = try rig.connect()
            try client.configure(taps)
            ring = try Ring(client, CaptureConfiguration(number: 7, domain: 1))
            #expect(ring.error == 0)
        }
        // The next daemon's connection is the sign that the engine has seen the end of the first.
        let next = try rig.connect()
        #expect(try next.request(.stopCapture(7)) == ENOENT)
        try taps[0].send(frame: Self.frame)
        #expect(taps[1].receiveFrame() == Self.frame)
        #expect(try next.request(.hello) == 0)
        #expect(ring.take().isEmpty)
    }
}
