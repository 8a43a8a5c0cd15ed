import Synchronization

/// The VTEPs that a worker knows, by number: a station behind a VTEP has the VTEP's number where others have a port's.
///
/// The addresses lie in memory that the caller provides and keeps (part of the shared tables, so that the daemon can
/// read them and the stations of an engine before this one keep their meaning): 16 bytes each, IPv4 as ::ffff:a.b.c.d,
/// the number is the index and `firstNumber`. What is referred to by the configuration stays; the rest may be forgotten
/// when the table is full. One thread writes.
struct VTEPTable: ~Copyable {
    /// VTEPs that fit, number 0 among them, which is none.
    static var capacity: Int { @_noAllocation @_noLocks get { 4_096 } }
    /// Numbers below this are ports.
    static var firstNumber: UInt16 { @_noAllocation @_noLocks get { 16_384 } }
    /// Bytes of memory that a table needs.
    static var bytes: Int { capacity * 16 }

    private static var indexSize: Int { @_noAllocation @_noLocks get { 8_192 } }

    /// Two words a VTEP: the upper and the lower half of its address. Both zero: free.
    private let words: UnsafeMutablePointer<Atomic<UInt64>>
    /// Open addressing: indices by hash; 0 is free.
    private let index: UnsafeMutablePointer<UInt16>
    private let references: UnsafeMutablePointer<UInt32>
    private var count = 0
    private var next = 1

    /// Memory that nobody else keeps.
    private let own: UnsafeMutableRawPointer?

    /// Goes on with what is in the memory: `bytes` of it, 8-byte aligned; all zero is an empty table. nil: empty, in
    /// memory of its own.
    init(memory: UnsafeMutableRawPointer?) {
        let place: UnsafeMutableRawPointer
        if let memory {
            place = memory
            own = nil
        } else {
            place = .allocate(byteCount: Self.bytes, alignment: 8)
            place.initializeMemory(as: UInt8.self, repeating: 0, count: Self.bytes)
            own = place
        }
        // Atomic<UInt64> has the layout of UInt64, and any words are addresses.
        words = place.assumingMemoryBound(to: Atomic<UInt64>.self)
        index = .allocate(capacity: Self.indexSize)
        references = .allocate(capacity: Self.capacity)
        references.initialize(repeating: 0, count: Self.capacity)
        index.initialize(repeating: 0, count: Self.indexSize)
        rebuild()
    }

    deinit {
        own?.deallocate()
        index.deallocate()
        references.deallocate()
    }

    /// The number of a VTEP; 0 if it isn't known.
    @_noAllocation @_noLocks @inline(__always)
    func number(high: UInt64, low: UInt64) -> UInt16 {
        var position = Self.hash(high, low)
        // Invariant: the index has more places than the table has entries, so a free one ends every search.
        while index[position] != 0 {
            let entry = Int(index[position])
            if word(entry, 0) == high, word(entry, 1) == low { return Self.firstNumber &+ index[position] }
            position = (position &+ 1) & (Self.indexSize &- 1)
        }
        return 0
    }

    /// The address of a number; zero if it is nobody's.
    @_noAllocation @_noLocks @inline(__always)
    func address(_ number: UInt16) -> (high: UInt64, low: UInt64) {
        let entry = Int(number) & (Self.capacity &- 1)
        return (word(entry, 0), word(entry, 1))
    }

    /// Whether a new VTEP's number takes others away.
    var isFull: Bool { @_noAllocation @_noLocks get { count >= Self.capacity &- 1 } }

    /// The number of a VTEP, given now if it has none yet; 0 if the table is full.
    @_noAllocation @_noLocks
    mutating func intern(high: UInt64, low: UInt64) -> UInt16 {
        let known = number(high: high, low: low)
        if known != 0 || high | low == 0 { return known }
        guard !isFull else { return 0 }
        while word(next, 0) | word(next, 1) != 0 { next = next &+ 1 == Self.capacity ? 1 : next &+ 1 }
        words[next &* 2].store(high, ordering: .relaxed)
        words[next &* 2 &+ 1].store(low, ordering: .releasing)
        count &+= 1
        enter(next)
        return Self.firstNumber &+ UInt16(truncatingIfNeeded: next)
    }

    /// The configuration refers to a VTEP once more.
    @_noAllocation @_noLocks
    mutating func retain(_ number: UInt16) {
        let entry = Int(number) & (Self.capacity &- 1)
        references[entry] = references[entry] &+ 1
    }

    /// The configuration refers to a VTEP once less.
    @_noAllocation @_noLocks
    mutating func release(_ number: UInt16) {
        let entry = Int(number) & (Self.capacity &- 1)
        if references[entry] > 0 { references[entry] = references[entry] &- 1 }
    }

    /// Whether the configuration refers to a VTEP.
    @_noAllocation @_noLocks
    func isReferred(_ number: UInt16) -> Bool {
        references[Int(number) & (Self.capacity &- 1)] > 0
    }

    /// Forgets all VTEPs that the configuration doesn't refer to; their stations must be forgotten before.
    @_noAllocation @_noLocks
    mutating func forgetUnreferred() {
        for entry in 1..<Self.capacity where references[entry] == 0 {
            words[entry &* 2].store(0, ordering: .relaxed)
            words[entry &* 2 &+ 1].store(0, ordering: .relaxed)
        }
        rebuild()
    }

    /// The address of a number in memory that another process may be writing; nil if it is nobody's.
    static func address(_ number: UInt16, in memory: UnsafeRawPointer) -> (high: UInt64, low: UInt64)? {
        guard number >= firstNumber, Int(number - firstNumber) < capacity else { return nil }
        let entry = Int(number - firstNumber)
        let high = memory.native64(at: entry * 16)
        let low = memory.native64(at: entry * 16 + 8)
        return high | low == 0 ? nil : (high, low)
    }

    @_noAllocation @_noLocks @inline(__always)
    private func word(_ entry: Int, _ half: Int) -> UInt64 {
        words[entry &* 2 &+ half].load(ordering: .relaxed)
    }

    @_noAllocation @_noLocks
    private mutating func rebuild() {
        for position in 0..<Self.indexSize { index[position] = 0 }
        count = 0
        for entry in 1..<Self.capacity where word(entry, 0) | word(entry, 1) != 0 {
            count &+= 1
            enter(entry)
        }
    }

    @_noAllocation @_noLocks
    private func enter(_ entry: Int) {
        var position = Self.hash(word(entry, 0), word(entry, 1))
        while index[position] != 0 { position = (position &+ 1) & (Self.indexSize &- 1) }
        index[position] = UInt16(truncatingIfNeeded: entry)
    }

    @_noAllocation @_noLocks @inline(__always)
    private static func hash(_ high: UInt64, _ low: UInt64) -> Int {
        let (upper, lower) = (low ^ (high &* 0x9E37_79B9_7F4A_7C15)).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return Int(truncatingIfNeeded: upper ^ lower) & (indexSize &- 1)
    }
}
