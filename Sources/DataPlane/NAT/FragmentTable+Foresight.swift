/// What the table would answer, found without remembering anything.
extension FragmentTable {
    /// What `find` would answer.
    @_noAllocation @_noLocks
    func foresee(_ key: FragmentKey, now: UInt32) -> FragmentFlow {
        let place = place(of: key, key.hash(hash))
        guard place != Self.none, now &- entries[Int(place)].born < Self.lifetime else { return FragmentFlow() }
        let entry = entries[Int(place)]
        var flow = FragmentFlow()
        flow.isFound = true
        flow.flow = entry.flow
        flow.isOutgoing = entry.isOutgoing
        flow.newIdentification = entry.newIdentification
        flow.isSpoiled = entry.isSpoiled || !fits(key, place)
        return flow
    }

    /// Whether `remember` would take a first fragment: not if its datagram has had one.
    @_noAllocation @_noLocks
    func foreseeRemembering(_ key: FragmentKey, now: UInt32) -> Bool {
        let known = place(of: key, key.hash(hash))
        return known == Self.none || now &- entries[Int(known)].born >= Self.lifetime
    }
}
