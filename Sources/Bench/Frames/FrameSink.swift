import CLinux
import SystemPackage

/// The receiving end: a packet socket with a ring shared with the kernel, on an interface of the namespace of the
/// thread that opens it.
///
/// The kernel copies the first bytes of each frame into the ring and writes the arrival time beside it, in the context
/// that delivers the frame. So the sink needs neither a system call nor a wake-up for each frame, and may look late
/// without falsifying the latency: it costs the measured path as little as a receiver can. A frame that finds the ring
/// full is counted by the kernel and told apart from one that the path lost.
package struct FrameSink: ~Copyable {
    private var ring: heddle_bench_ring
    private var position: UInt32 = 0

    /// Slots: a quarter of a second at half a million frames a second, 32 MB.
    private static let slots: UInt32 = 1 << 17

    /// Opens the socket on an interface of the calling thread's network namespace.
    package init(interfaceIndex: Int32, slots: UInt32 = FrameSink.slots) throws {
        ring = heddle_bench_ring()
        let result = heddle_bench_ring_open(
            &ring, interfaceIndex, ProbeFrame.etherType, UInt32(ProbeFrame.fieldsEnd), slots)
        guard result == 0 else {
            throw BenchError(
                "cannot open the sink's packet socket on interface \(interfaceIndex): \(Errno(rawValue: -result))",
                hint: "it needs CAP_NET_RAW and 32 MB of memory")
        }
    }

    deinit {
        // The ring was opened in init and nobody else has its memory.
        var ring = ring
        heddle_bench_ring_close(&ring)
    }

    /// Enters all frames that are in the ring by now into `tally`; returns how many those were.
    package mutating func drain(into tally: inout ArrivalTally) -> Int {
        var arrival = heddle_bench_arrival()
        var count = 0
        // The kernel stamps by the wall clock, which may be corrected at any time: the difference is taken anew for
        // each visit.
        let offset = MachineClock.realtime &- MachineClock.now
        while count < Int(ring.slot_count), heddle_bench_ring_peek(&ring, position, &arrival) != 0 {
            // The kernel has handed the slot over; its bytes stay until the release below.
            let bytes = UnsafeRawBufferPointer(start: arrival.bytes, count: Int(arrival.captured))
            tally.record(bytes, length: Int(arrival.length), arrivedAt: arrival.realtime_ns &- offset)
            heddle_bench_ring_release(&ring, position)
            position = position + 1 == ring.slot_count ? 0 : position + 1
            count += 1
        }
        return count
    }

    /// Frames that found the ring full since the last call.
    package func takeDrops() throws -> UInt64 {
        var ring = ring
        let drops = heddle_bench_ring_take_drops(&ring)
        guard drops >= 0 else {
            throw BenchError("cannot read the sink's drop counter: \(Errno(rawValue: Int32(-drops)))")
        }
        return UInt64(drops)
    }
}
