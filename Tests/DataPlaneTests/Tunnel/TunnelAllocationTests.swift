import CAllocationCounter
import DataPlane
import Testing

@Suite("Allocations of the tunnel")
struct TunnelAllocationTests {
    /// A super-frame through the tunnel: cut, each segment put where a datagram would bring it, put together again.
    private func drive(_ slot: UnsafeMutableRawPointer, length: Int, rounds: Int) -> Int {
        let header = slot
        let frame = slot + VirtioNetHeader.length
        let segments = slot + 65_536
        var merged = 0
        for _ in 0..<rounds {
            guard let cutter = SegmentCutter(header: header, frame: frame, length: length) else { return -1 }
            var used = 0
            for index in 0..<cutter.count {
                cutter.writeHead(index, into: segments + used)
                let count = cutter.payloadCount(index)
                (segments + used + cutter.headerLength).copyMemory(
                    from: frame + cutter.payloadOffset(index), byteCount: count)
                used &+= cutter.headerLength &+ count
            }
            let size = cutter.headerLength &+ cutter.segmentSize
            guard let first = TCPSegment(segments, length: size), first.isChecksumRight() else { return -2 }
            var run = SegmentRun(first: first)
            var offset = size
            while offset < used {
                let count = min(size, used - offset)
                guard let next = TCPSegment(segments + offset, length: count), next.isChecksumRight(),
                    run.append(next)
                else { return -3 }
                offset += count
            }
            run.finish(header: header, frame: segments)
            _ = CongestionMark.decapsulate(outer: 3, frame: segments, length: run.totalLength)
            merged += run.count
        }
        return merged
    }

    @Test("A thousand super-frames cut and put together allocate nothing")
    func nothing() {
        let flow = TunnelFlow(options: TunnelFlow.timestamps)
        let frame = flow.frame((0..<60_000).map { UInt8(truncatingIfNeeded: $0) }, partial: true)
        let slot = UnsafeMutableRawPointer.allocate(byteCount: 3 * 65_536, alignment: 64)
        defer { slot.deallocate() }
        UnsafeMutableRawBufferPointer(start: slot, count: 65_536).copyBytes(from: flow.header(segment: 1448) + frame)
        #expect(drive(slot, length: frame.count, rounds: 2) == 84)
        let before = heddle_thread_allocations()
        let merged = drive(slot, length: frame.count, rounds: 1000)
        let after = heddle_thread_allocations()
        #expect(merged == 42_000)
        #expect(after == before)
    }
}
