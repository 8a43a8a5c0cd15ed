/// A set of numbers, kept as intervals that neither overlap nor touch: its size follows how scattered the numbers are,
/// not how many there are.
struct AddressIntervals: Hashable, Sendable {
    // Sorted; each begins at least two above the end of the one before.
    private(set) var intervals: [ClosedRange<UInt128>] = []

    /// Whether a number is in the set.
    func contains(_ number: UInt128) -> Bool {
        let position = firstInterval(endingAtOrAbove: number)
        return position < intervals.count && intervals[position].lowerBound <= number
    }

    /// The lowest number in `range` that isn't in the set.
    func lowestMissing(in range: ClosedRange<UInt128>) -> UInt128? {
        let position = firstInterval(endingAtOrAbove: range.lowerBound)
        guard position < intervals.count, intervals[position].lowerBound <= range.lowerBound else {
            return range.lowerBound
        }
        // Intervals don't touch, so that the number behind one is missing.
        let end = intervals[position].upperBound
        return end < range.upperBound ? end + 1 : nil
    }

    /// Adds a number; false if it is there already.
    mutating func insert(_ number: UInt128) -> Bool {
        let position = firstInterval(endingAtOrAbove: number)
        if position < intervals.count, intervals[position].lowerBound <= number { return false }
        // Not 0 or the highest number where a neighbour exists, so that neither sum overflows.
        let touchesBefore = position > 0 && intervals[position - 1].upperBound + 1 == number
        let touchesBehind = position < intervals.count && intervals[position].lowerBound - 1 == number
        switch (touchesBefore, touchesBehind) {
        case (false, false): intervals.insert(number...number, at: position)
        case (true, false): intervals[position - 1] = intervals[position - 1].lowerBound...number
        case (false, true): intervals[position] = number...intervals[position].upperBound
        case (true, true):
            intervals[position - 1] = intervals[position - 1].lowerBound...intervals[position].upperBound
            intervals.remove(at: position)
        }
        return true
    }

    /// Takes a number out; false if it isn't there.
    mutating func remove(_ number: UInt128) -> Bool {
        let position = firstInterval(endingAtOrAbove: number)
        guard position < intervals.count, intervals[position].lowerBound <= number else { return false }
        let interval = intervals[position]
        var rest: [ClosedRange<UInt128>] = []
        if interval.lowerBound < number { rest.append(interval.lowerBound...(number - 1)) }
        if interval.upperBound > number { rest.append((number + 1)...interval.upperBound) }
        intervals.replaceSubrange(position...position, with: rest)
        return true
    }

    /// Position of the first interval that doesn't end below `number`; the count if there is none.
    private func firstInterval(endingAtOrAbove number: UInt128) -> Int {
        var low = 0
        var high = intervals.count
        while low < high {
            let middle = (low + high) / 2
            if intervals[middle].upperBound < number {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
