import CLinux
import Glibc
package import SystemPackage

/// The layout of what an engine and a daemon share for one capture: a ring of records without pointers in a sealed memfd.
/// The engine's worker writes, the daemon reads, nobody waits for anybody.
///
///     0     magic
///     64    head: bytes that were ever written, and are whole (the worker's)
///     72    records that found no room (the worker's)
///     128   tail: bytes that were ever read (the daemon's)
///     4096  records, 8-byte aligned, none across the end; the capacity is a power of two
///
/// Each side keeps its own position in memory of its own and believes nothing that the other one says: what isn't possible
/// counts as a full ring, or as an empty one.
package enum CaptureRing {
    /// "HEDCAPT1"
    static var magic: UInt64 { @_noAllocation @_noLocks get { 0x3154_5041_4344_4548 } }
    static var headOffset: Int { @_noAllocation @_noLocks get { 64 } }
    static var lostOffset: Int { @_noAllocation @_noLocks get { 72 } }
    static var tailOffset: Int { @_noAllocation @_noLocks get { 128 } }
    static var dataOffset: Int { @_noAllocation @_noLocks get { 4_096 } }
    /// The smallest ring in bytes: a few of the longest records fit.
    package static let smallest = 1 << 19
    /// The largest.
    package static let largest = 1 << 28

    /// Makes the memory of a ring and returns its descriptor, the caller's. `capacity` is a power of two from `smallest` to
    /// `largest`.
    package static func make(capacity: Int) throws(Errno) -> Int32 {
        guard isPossible(capacity) else { throw .invalidArgument }
        let descriptor = heddle_capture_memory("heddle-capture", Int64(dataOffset + capacity))
        guard descriptor >= 0 else { throw Errno(rawValue: -descriptor) }
        var magic = magic
        guard pwrite(descriptor, &magic, 8, 0) == 8 else {
            close(descriptor)
            throw .ioError
        }
        return descriptor
    }

    static func isPossible(_ capacity: Int) -> Bool {
        capacity >= smallest && capacity <= largest && capacity & (capacity - 1) == 0
    }
}

/// A mapping of a ring's memory, for as long as this lives.
package final class CaptureMemory: @unchecked Sendable {
    // Sendable: the fields never change; what they point to is read and written as `CaptureRing` says.

    /// Where the mapping begins.
    let base: UnsafeMutableRawPointer
    /// Bytes of records.
    package let capacity: Int

    /// Maps a ring; the descriptor stays the caller's and may be closed. EINVAL: it isn't one, or it could shrink under
    /// whoever uses it (SIGBUS).
    package init(descriptor: Int32) throws(Errno) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Errno(rawValue: errno) }
        let capacity = Int(status.st_size) - CaptureRing.dataOffset
        guard CaptureRing.isPossible(capacity), heddle_capture_is_sealed(descriptor) == 1 else {
            throw .invalidArgument
        }
        // Populated: the first frames shall not wait for page faults.
        let mapped = mmap(
            nil, Int(status.st_size), PROT_READ | PROT_WRITE, MAP_SHARED | Int32(MAP_POPULATE), descriptor, 0)
        guard let mapped, mapped != MAP_FAILED else { throw Errno(rawValue: errno) }
        guard UnsafeRawPointer(mapped).native64(at: 0) == CaptureRing.magic else {
            munmap(mapped, Int(status.st_size))
            throw .invalidArgument
        }
        base = mapped
        self.capacity = capacity
    }

    deinit {
        munmap(base, CaptureRing.dataOffset + capacity)
    }
}
