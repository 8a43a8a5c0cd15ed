import Synchronization

/// The daemon's side of a ring. One thread at a time.
package struct CaptureReader: ~Copyable, Sendable {
    private let memory: CaptureMemory
    private var tail: UInt64

    /// Reads a ring from where the last reader stopped.
    package init(_ memory: CaptureMemory) {
        self.memory = memory
        tail = Self.word(memory, CaptureRing.tailOffset).pointee.load(ordering: .relaxed)
    }

    private static func word(_ memory: CaptureMemory, _ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        // Invariant: as in CaptureWriter.
        (memory.base + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// Records that found no room so far.
    package var lost: UInt64 {
        Self.word(memory, CaptureRing.lostOffset).pointee.load(ordering: .relaxed)
    }

    /// The next record, or nil: there is none yet. What makes no sense empties the ring.
    package mutating func next() -> CaptureRecord? {
        let head = Self.word(memory, CaptureRing.headOffset).pointee.load(ordering: .acquiring)
        while tail < head {
            guard head - tail <= UInt64(memory.capacity), tail & 7 == 0 else { break }
            let offset = Int(tail & UInt64(memory.capacity - 1))
            // Invariant: offset < capacity, a multiple of 8, so that 8 bytes are there.
            let place = UnsafeRawPointer(memory.base + CaptureRing.dataOffset + offset)
            let size = Int(place.native32(at: 0))
            guard size >= 8, size & 7 == 0, size <= memory.capacity - offset, UInt64(size) <= head - tail else { break }
            let isPadding = place.byte(at: 4) == CaptureRecordLayout.padding
            let record = isPadding ? nil : Self.record(at: place, size: size)
            release(tail + UInt64(size))
            if let record { return record }
        }
        if tail != head { release(head) }
        return nil
    }

    private mutating func release(_ position: UInt64) {
        tail = position
        Self.word(memory, CaptureRing.tailOffset).pointee.store(position, ordering: .releasing)
    }

    /// Copies a record of `size` bytes that are there.
    private static func record(at place: UnsafeRawPointer, size: Int) -> CaptureRecord? {
        let header = CaptureRecordLayout.headerLength
        guard size >= header else { return nil }
        let captured = Int(place.native32(at: 20))
        guard captured <= size - header else { return nil }
        var record = CaptureRecord()
        record.isOut = place.byte(at: 5) == CaptureRecordLayout.outgoing
        record.verdict = CaptureVerdict(rawValue: place.byte(at: 6)) ?? .unknown
        record.reason = DropReason(rawValue: place.byte(at: 7)) ?? .none
        record.time = Int64(truncatingIfNeeded: place.native64(at: 8))
        record.length = max(Int(place.native32(at: 16)), captured)
        record.port = place.native16(at: 24)
        record.target = place.native16(at: 26)
        record.domain = place.native16(at: 28)
        record.number = place.native64(at: 32)
        record.segmentType = place.byte(at: 41) & ~VirtioNetHeader.gsoECN
        record.segmentSize = Int(place.native16(at: 44))
        record.lostBefore = place.native32(at: 52)
        record.bytes = Array(UnsafeRawBufferPointer(start: place + header, count: captured))
        if place.byte(at: 40) & VirtioNetHeader.needsChecksum != 0 {
            record.finishChecksum(start: place.native16(at: 46), offset: place.native16(at: 48))
        }
        return record
    }
}

extension CaptureRecord {
    /// Finishes a partial checksum in the copy, if all of the frame is there: off the worker's thread, and so that who reads
    /// the capture sees what the receiver will.
    mutating func finishChecksum(start: UInt16, offset: UInt16) {
        guard bytes.count == length else {
            hasPartialChecksum = true
            return
        }
        let isDone = bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return false }
            return Checksum.complete(base, length: buffer.count, start: start, offset: offset)
        }
        hasPartialChecksum = !isDone
    }
}
