import Glibc

/// The ports that outgoing flows may have outside: a range, less those that somebody else on the host holds.
struct PortPool {
    /// The first port.
    private(set) var first: UInt16 = 0
    /// Ports in the range; 0: no pool.
    private(set) var count: Int = 0
    /// A bit for each of 65,536 ports: usable.
    private let usable: UnsafeMutablePointer<UInt64>

    init() {
        usable = zeroed(UInt64.self, count: 1_024)
    }

    /// Frees the memory.
    func free() {
        Glibc.free(usable)
    }

    /// Sets the range; port 0 is never in it.
    mutating func set(first: UInt16, count: Int, excluding: [UInt16]) {
        self.first = max(1, first)
        self.count = max(0, min(count, 65_536 - Int(self.first)))
        usable.update(repeating: 0, count: 1_024)
        for port in Int(self.first)..<(Int(self.first) + self.count) { usable[port >> 6] |= 1 << UInt64(port & 63) }
        for port in excluding { usable[Int(port) >> 6] &= ~(1 << UInt64(port & 63)) }
    }

    /// Whether flows may have the port.
    @inline(__always) @_noAllocation @_noLocks
    func contains(_ port: UInt16) -> Bool {
        // Always one of the 1,024 words.
        (usable[Int(port &>> 6)] &>> UInt64(port & 63)) & 1 != 0
    }

    /// The port at a place of the range, counted round; the range must not be empty.
    @inline(__always) @_noAllocation @_noLocks
    func port(at place: UInt64) -> UInt16 {
        // Invariant: checked by the caller; one more can't divide by zero.
        let length = UInt64(truncatingIfNeeded: count > 0 ? count : 1)
        return first &+ UInt16(truncatingIfNeeded: place % length)
    }
}
