/// Writes a classic BPF program from its end to its start: jumps only go forward, so where they go to is known, and a
/// jump that is too far for its 8 bits gets a long one beside it.
struct BackwardProgram {
    /// A place in the program, counted from its end.
    typealias Label = Int

    private typealias Operation = SocketFilter.Operation
    /// The farthest that a conditional jump reaches.
    private static let reach = 255

    private var reversed: [SocketFilter.Instruction] = []
    private var acceptance: Label?
    private var refusal: Label?

    /// Instructions so far.
    var count: Int { reversed.count }

    /// The first instruction so far.
    var start: Label { reversed.count - 1 }

    /// The program.
    var filter: SocketFilter { SocketFilter(reversed.reversed()) }

    /// Puts an instruction before all others; the first of those comes after it.
    mutating func prepend(_ code: UInt16, _ operand: UInt32) {
        reversed.append(SocketFilter.Instruction(code, operand))
    }

    /// Puts a jump before all others.
    mutating func prependJump(to label: Label) {
        prepend(Operation.jump, UInt32(count - 1 - label))
    }

    /// Puts a condition before all others, that goes to one of two places.
    mutating func prepend(_ code: UInt16, _ operand: UInt32, whenTrue: Label, whenFalse: Label) {
        var places = (whenTrue, whenFalse)
        // One more instruction can come between: the other long jump.
        if count - 1 - places.0 >= Self.reach {
            prependJump(to: places.0)
            places.0 = start
        }
        if count - 1 - places.1 >= Self.reach {
            prependJump(to: places.1)
            places.1 = start
        }
        reversed.append(
            SocketFilter.Instruction(
                code, operand, whenTrue: UInt8(count - 1 - places.0), whenFalse: UInt8(count - 1 - places.1)))
    }

    /// A near place that lets the packet in. Nothing may rely on falling through to what was the start.
    mutating func accept() -> Label {
        if let acceptance, isNear(acceptance) { return acceptance }
        prepend(Operation.give, UInt32.max)
        acceptance = start
        return start
    }

    /// A near place that drops the packet. Nothing may rely on falling through to what was the start.
    mutating func drop() -> Label {
        if let refusal, isNear(refusal) { return refusal }
        prepend(Operation.give, 0)
        refusal = start
        return start
    }

    /// Whether a condition reaches a place, with what may come between.
    private func isNear(_ place: Label) -> Bool {
        count - place < Self.reach - 8
    }

    /// Compares A with numbers, one after the other; drops if it is none of them.
    mutating func prependChoice(_ choices: [(number: UInt32, leaf: Leaf)]) {
        var next = drop()
        for choice in choices.reversed() {
            let place = label(choice.leaf)
            prepend(Operation.jumpIfEqual, choice.number, whenTrue: place, whenFalse: next)
            next = start
        }
    }

    /// Drops unless the condition holds, else goes on.
    mutating func prependUnless(_ operation: UInt16, _ operand: UInt32) {
        let next = start
        let end = drop()
        prepend(operation, operand, whenTrue: next, whenFalse: end)
    }

    /// Asks whether A lies in one of the ranges, which are in order and do not touch; goes to one of two places that
    /// `inside` and `outside` give. Returns where it begins.
    mutating func prependSearch(
        _ ranges: [ClosedRange<UInt64>], limit: UInt64, inside: Leaf, outside: Leaf
    ) -> Label {
        // The values at which the answer changes, beginning with "outside".
        var edges: [UInt64] = []
        for range in ranges { edges += [range.lowerBound, range.upperBound + 1] }
        if edges.last == limit { edges.removeLast() }
        return prependNode(edges[...], before: 0, inside, outside)
    }

    /// Where a search ends.
    enum Leaf {
        /// The packet comes in.
        case accept
        /// It does not.
        case drop
        /// Elsewhere in the program.
        case place(Label)
    }

    /// A near place where the search goes to.
    mutating func label(_ leaf: Leaf) -> Label {
        switch leaf {
        case .accept: accept()
        case .drop: drop()
        case .place(let label): label
        }
    }

    /// The part of the search between two edges; `before` edges lie in front of it.
    private mutating func prependNode(
        _ edges: ArraySlice<UInt64>, before: Int, _ inside: Leaf, _ outside: Leaf
    ) -> Label {
        guard !edges.isEmpty else { return label(before % 2 == 1 ? inside : outside) }
        let middle = edges.startIndex + edges.count / 2
        let index = before + edges.count / 2
        let above = prependNode(edges[(middle + 1)...], before: index + 1, inside, outside)
        let below = prependNode(edges[..<middle], before: before, inside, outside)
        prepend(
            Operation.jumpIfNotBelow, UInt32(truncatingIfNeeded: edges[middle]), whenTrue: above, whenFalse: below)
        return start
    }
}
