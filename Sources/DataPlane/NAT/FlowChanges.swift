/// What making a flow would change in a table, kept beside it: flows that would be gone, and one that would be there.
/// Bounded: of more than `capacity` flows the rest is taken for staying.
struct FlowChanges {
    private static var capacity: Int { @_noAllocation @_noLocks get { 12 } }

    private var gone = InlineArray<12, UInt32>(repeating: 0)
    private(set) var count = 0
    /// The endpoint of a flow that would have been made before; 0: none would.
    var madeFor: UInt16 = 0

    @_noAllocation @_noLocks
    init() {}

    /// Whether a flow would be gone.
    @_noAllocation @_noLocks
    func contains(_ number: UInt32) -> Bool {
        var place = 0
        while place < count {
            if gone[place] == number { return true }
            place &+= 1
        }
        return false
    }

    /// One that would be gone; `place` is below `count`.
    @_noAllocation @_noLocks
    func number(at place: Int) -> UInt32 {
        place >= 0 && place < Self.capacity ? gone[place] : 0
    }

    /// A flow would be gone.
    @_noAllocation @_noLocks
    mutating func remove(_ number: UInt32) {
        guard count < Self.capacity, !contains(number) else { return }
        gone[count] = number
        count &+= 1
    }
}

/// What asking for a flow would answer.
enum FlowForesight {
    /// There is one already.
    case standing(UInt32)
    /// One would be made. An outside port of 0 isn't foretold.
    case made(Flow)
    /// None would.
    case refused(FlowRefusal)
}
