/// Keeps account of the sequence numbers of one stream: which came, which came twice, which came late. Exact whatever
/// the order, since every number has its own bit.
package struct SequenceLedger: Sendable {
    /// Frames that came for the first time.
    package private(set) var received: UInt64 = 0
    /// Frames that had come before.
    package private(set) var duplicated: UInt64 = 0
    /// Frames that came after one with a higher number (RFC 4737: a reordered packet), duplicates left out.
    package private(set) var reordered: UInt64 = 0
    /// The longest way that a late frame lay behind the highest number seen before it.
    package private(set) var greatestDelay: UInt64 = 0
    /// Numbers beyond `limit`: nobody sent those.
    package private(set) var impossible: UInt64 = 0

    private var seen: [UInt64]
    private var next: UInt64 = 0

    /// 2^32 numbers are 512 MB of bits; no trial sends so many.
    private static let limit: UInt64 = 1 << 32

    /// `expected`: about how many will come, so that no memory is fetched meanwhile.
    package init(expected: Int = 1 << 16) {
        seen = [UInt64](repeating: 0, count: max(1, expected / 64 + 1))
    }

    /// Enters one frame.
    @inline(__always)
    package mutating func record(_ sequence: UInt64) {
        guard sequence < Self.limit else {
            impossible += 1
            return
        }
        let word = Int(sequence >> 6)
        let bit: UInt64 = 1 << (sequence & 63)
        if word >= seen.count { grow(to: word) }
        if seen[word] & bit != 0 {
            duplicated += 1
            return
        }
        seen[word] |= bit
        received += 1
        if sequence >= next {
            next = sequence + 1
        } else {
            reordered += 1
            greatestDelay = max(greatestDelay, next - 1 - sequence)
        }
    }

    /// How many of the first `sent` numbers have not come.
    package func missing(of sent: UInt64) -> UInt64 {
        let words = min(seen.count, Int(sent >> 6))
        var present = seen[..<words].reduce(0) { $0 + UInt64($1.nonzeroBitCount) }
        let rest = sent & 63
        if words < seen.count, rest > 0 {
            present += UInt64((seen[words] & ((1 << rest) - 1)).nonzeroBitCount)
        }
        return sent - present
    }

    @inline(never)
    private mutating func grow(to word: Int) {
        let wanted = max(word + 1, seen.count * 2)
        seen.append(contentsOf: repeatElement(0, count: wanted - seen.count))
    }
}
