import CLinux
import Glibc
import SystemPackage

/// Bytes in memory that a program can be handed as a file. Goes away with its last user.
package final class MemoryFile: Sendable {
    /// The file.
    package let descriptor: Int32
    /// How many bytes there is room for.
    package let size: Int
    private nonisolated(unsafe) let memory: UnsafeMutableRawPointer

    /// Makes a file of so many zero bytes; all of its memory is there at once.
    package init(name: String, size: Int) throws {
        let descriptor = heddle_bench_memory_file(name, size)
        guard descriptor >= 0 else {
            throw BenchError("cannot take \(size >> 20) MiB of memory: \(Errno(rawValue: -descriptor))")
        }
        let flags = MAP_SHARED | MAP_POPULATE
        guard let memory = mmap(nil, size, PROT_READ | PROT_WRITE, flags, descriptor, 0), memory != MAP_FAILED else {
            let error = Errno(rawValue: errno)
            close(descriptor)
            throw BenchError("cannot map \(size >> 20) MiB of memory: \(error)")
        }
        self.descriptor = descriptor
        self.size = size
        self.memory = memory
    }

    deinit {
        munmap(memory, size)
        close(descriptor)
    }

    /// The bytes. Who writes them must be the only one who uses them meanwhile.
    package var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: memory, count: size) }

    /// Fills the file with pseudo-random bytes (SplitMix64), the same for the same seed.
    package func fill(seed: UInt64) {
        var state = seed
        let bytes = bytes
        for offset in stride(from: 0, to: size, by: 8) {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            word ^= word >> 31
            withUnsafeBytes(of: word.littleEndian) { source in
                // Eight bytes, or what is left of the file.
                UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<min(offset + 8, size)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<min(8, size - offset)]))
            }
        }
    }
}
