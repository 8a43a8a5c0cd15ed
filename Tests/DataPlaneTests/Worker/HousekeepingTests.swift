import DataPlane
import Glibc
import Testing

@Suite("What a worker does beside forwarding")
struct HousekeepingTests {
    private static let millisecond: Int64 = 1_000_000

    /// A pipe in the place of /dev/cpu_dma_latency.
    private final class LatencyPipe {
        let reading: Int32
        let writing: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            (reading, writing) = (ends[0], ends[1])
            try #require(fcntl(reading, F_SETFL, O_NONBLOCK) == 0)
        }

        deinit {
            close(reading)
            close(writing)
        }

        /// What was asked for since the last call, in microseconds.
        func wishes() -> [Int32] {
            var wishes: [Int32] = []
            var value: Int32 = 0
            while read(reading, &value, 4) == 4 { wishes.append(value) }
            return wishes
        }
    }

    @Test("without traffic it sleeps for an hour, with traffic for 100 ms")
    func timeouts() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        rig.step()
        #expect(rig.nextTimeout == 3_600_000 * Self.millisecond)
        _ = rig.put(TestFrames.plain(), into: 1)
        #expect(rig.nextTimeout == 100 * Self.millisecond)
        rig.step(after: 99 * Self.millisecond)
        #expect(rig.nextTimeout == 100 * Self.millisecond)
        rig.step(after: Self.millisecond)
        #expect(rig.nextTimeout == 3_600_000 * Self.millisecond)
        rig.expectSound()
    }

    @Test("the latency is held while frames flow, and let go 100 ms later")
    func latency() throws {
        let pipe = try LatencyPipe()
        let rig = try ScriptedWorker(ports: [1, 2], latency: pipe.writing)
        #expect(pipe.wishes() == [])
        for _ in 0..<10 {
            _ = rig.put(TestFrames.plain(), into: 1)
            rig.step(after: 50 * Self.millisecond)
        }
        #expect(pipe.wishes() == [0], "once, not once a frame")
        rig.step(after: 100 * Self.millisecond)
        #expect(pipe.wishes() == [2_000_000_000])
        rig.step(after: 10_000 * Self.millisecond)
        #expect(pipe.wishes() == [])
        _ = rig.put(TestFrames.plain(), into: 1)
        #expect(pipe.wishes() == [0])
        rig.expectSound()
    }

    @Test("failures, endings and commands are no traffic")
    func noTraffic() throws {
        let pipe = try LatencyPipe()
        let rig = try ScriptedWorker(ports: [1, 2], latency: pipe.writing)
        rig.device.deliver(.ended(port: 1, error: ENOBUFS), .sendFailed(port: 2, error: EAGAIN, length: 60))
        rig.step()
        #expect(rig.perform(.removePort(7)) == ENOENT)
        #expect(pipe.wishes() == [])
        #expect(rig.nextTimeout == 3_600_000 * Self.millisecond)
        rig.expectSound()
    }

    @Test("stations that nobody hears of are swept out of the table")
    func sweep() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        #expect(rig.perform(.setDomain(DomainConfiguration(id: 1, ageingMilliseconds: 1_000))) == 0)
        for station in 0..<500 {
            _ = rig.put(TestFrames.plain(from: 0x0200_0000_0000 + UInt64(station)), into: 1)
        }
        #expect(rig.stationCount == 500)
        // A sixteenth of the table a second.
        for _ in 0..<17 { rig.step(after: 1_000 * Self.millisecond) }
        #expect(rig.stationCount == 0)
        rig.expectSound()
    }
}
