/// What leads from what is there to what is wanted. Pure.
public struct LabDifference: Sendable, Hashable {
    /// To be taken away, in this order: what stands on others before them.
    public private(set) var removals: [LabItem] = []
    /// To be made, in this order; what takes another's place by being made is here alone.
    public private(set) var makings: [LabItem] = []
    /// Stay as they are.
    public private(set) var kept: Set<String> = []

    /// Compares. `wanted` is in an order in which each comes after what it stands on and what precedes it; `missing` are
    /// keys of things that were made and are not there any more. O(things × what they stand on).
    public init(recorded: LabRecord, wanted: [LabItem], missing: Set<String> = []) {
        let old = recorded.entries
        let wantedKeys = Set(wanted.map(\.key))
        // What stands on something that goes, goes with it, also if it would not need to as it is wanted now.
        var fallen = Set(old.keys.filter { !wantedKeys.contains($0) })
        var anew: Set<String> = []
        var isStable = false
        while !isStable {
            let before = (fallen.count, anew.count)
            for item in wanted {
                guard let entry = old[item.key] else {
                    anew.insert(item.key)
                    continue
                }
                let lost = (item.foundations + entry.item.foundations).contains {
                    fallen.contains($0) || anew.contains($0)
                }
                let isSame = entry.item.thing == item.thing && entry.state == .made && !missing.contains(item.key)
                if lost || !isSame { anew.insert(item.key) }
                let isReplaced = item.thing.isReplacedByMaking && !lost && entry.state == .made
                if lost || !isSame && !isReplaced { fallen.insert(item.key) }
            }
            isStable = before == (fallen.count, anew.count)
        }
        kept = Set(wanted.map(\.key)).subtracting(anew)
        makings = wanted.filter { anew.contains($0.key) }
        removals = recorded.ordered.reversed().map(\.item).filter { fallen.contains($0.key) }
    }

    /// Nothing needs to be done.
    public var isEmpty: Bool { removals.isEmpty && makings.isEmpty }
}
