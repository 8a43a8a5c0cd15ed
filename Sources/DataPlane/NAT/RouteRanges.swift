/// A route's destination while ranges are made.
struct RoutePrefix {
    let first: UInt128
    let last: UInt128
    let length: UInt8
    let index: UInt16

    /// What lies behind the prefix is cleared.
    init(value: UInt128, length: UInt8, index: UInt16) {
        let host = length == 0 ? UInt128.max : (UInt128(1) << UInt128(128 - UInt16(length))) - 1
        first = value & ~host
        last = value | host
        self.length = length
        self.index = index
    }
}

/// The ranges of one family: each goes from its first address to before the next one's.
struct RouteRanges: ~Copyable {
    private struct Range {
        var high: UInt64
        var low: UInt64
        /// 0: no route.
        var index: Int
    }

    /// In order; the first begins at 0.
    private var ranges: UnsafeMutablePointer<Range>?
    private var count = 0

    init() {}

    deinit {
        ranges?.deallocate()
    }

    /// Lays prefixes out; returns how many there were without duplicates, of which the first counts.
    mutating func replace(with prefixes: [RoutePrefix]) -> Int {
        // Those that lie in another come after it; sorting by index too keeps the first of duplicates first.
        let sorted = prefixes.sorted { left, right in
            if left.first != right.first { return left.first < right.first }
            if left.length != right.length { return left.length < right.length }
            return left.index < right.index
        }
        var made: [Range] = []
        var open: [RoutePrefix] = []
        var kept = 0
        func begin(_ address: UInt128, _ index: UInt16) {
            if let last = made.last {
                if last.high == UInt64(truncatingIfNeeded: address >> 64),
                    last.low == UInt64(truncatingIfNeeded: address)
                {
                    made.removeLast()
                } else if last.index == Int(index) {
                    return
                }
            }
            made.append(
                Range(
                    high: UInt64(truncatingIfNeeded: address >> 64), low: UInt64(truncatingIfNeeded: address),
                    index: Int(index)))
        }
        // Where a prefix ends, the one around it goes on.
        func close(before address: UInt128?) {
            while let top = open.last {
                if let address, top.last >= address { break }
                open.removeLast()
                if top.last < .max { begin(top.last + 1, open.last?.index ?? 0) }
            }
        }
        begin(0, 0)
        for prefix in sorted {
            close(before: prefix.first)
            if let top = open.last, top.first == prefix.first, top.length == prefix.length { continue }
            kept += 1
            begin(prefix.first, prefix.index)
            open.append(prefix)
        }
        close(before: nil)
        ranges?.deallocate()
        let memory = UnsafeMutablePointer<Range>.allocate(capacity: made.count)
        for (place, range) in made.enumerated() { (memory + place).initialize(to: range) }
        ranges = memory
        count = made.count
        return kept
    }

    /// The index of the prefix that decides; 0: none.
    @inline(__always) @_noAllocation @_noLocks
    func find(_ high: UInt64, _ low: UInt64) -> Int {
        guard let ranges else { return 0 }
        // Invariant: the range looked for is one of `length` from `first` on, of which there is always one.
        var first = 0
        var length = count
        while length > 1 {
            let half = length &>> 1
            let middle = ranges[first &+ half]
            let isBehind = high < middle.high || high == middle.high && low < middle.low
            if !isBehind { first &+= half }
            length = isBehind ? half : length &- half
        }
        return ranges[first].index
    }
}
