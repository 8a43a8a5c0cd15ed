import Glibc
package import SystemPackage

/// The frame buffers of one worker: one mapping, allocated once, given out by number. A slot holds
/// `[headroom][what the kernel writes][spare]`; what the kernel writes is at most a vnet header and the largest
/// super-frame, behind control data on packet sockets.
package struct SlotMemory: ~Copyable {
    /// Room in front for an outer header: Ethernet + 802.1Q + IPv6 + UDP + VXLAN and a vnet header are 92 bytes.
    package static var headroom: Int { @_noAllocation @_noLocks get { 128 } }
    /// Bytes from one slot to the next: headroom, 16 + 40 of control data, 10 of vnet header, 65,535 + 22 of frame,
    /// rounded up so that the first lines of neighbouring slots fall into different cache sets.
    package static var stride: Int { @_noAllocation @_noLocks get { 66_176 } }
    /// What the kernel may write.
    package static var capacity: Int { @_noAllocation @_noLocks get { stride - headroom } }

    /// Where slot 0 begins.
    package let base: UnsafeMutableRawPointer
    /// How many there are.
    package let count: Int

    private let bytes: Int

    /// Maps `count` slots. They take memory only as they are used.
    package init(count: Int) throws(Errno) {
        let bytes = count * Self.stride
        guard
            let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
            memory != MAP_FAILED
        else { throw Errno(rawValue: Glibc.errno) }
        self.base = memory
        self.count = count
        self.bytes = bytes
    }

    deinit {
        munmap(base, bytes)
    }

    /// Where the kernel writes in a slot. Numbers are reduced to those that exist: a wrong number from outside can't
    /// reach other memory.
    @_noAllocation @_noLocks @inline(__always)
    package func buffer(_ slot: UInt16) -> UnsafeMutableRawPointer {
        let index = Int(slot) < count ? Int(slot) : 0
        return base + (index &* Self.stride &+ Self.headroom)
    }
}
