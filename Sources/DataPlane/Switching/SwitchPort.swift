/// What the switch knows of one port, besides its source guard. A plain value.
struct SwitchPort {
    /// 0: not in use.
    var domain: UInt16 = 0
    /// 0: a trunk.
    var accessVLAN: UInt16 = 0
    /// Place in the domain's list of members.
    var memberIndex: UInt16 = 0
    var isIsolated = false
    var isGuarded = false
    /// The name service's: nothing is learned from it, nothing is flooded to it.
    var isNames = false
    /// Longest frame that may leave and isn't a super-frame, from the destination address on.
    var maximumLength: UInt32 = 0

    /// What a port's MTU is increased by: Ethernet header and one VLAN tag (Linux: __is_skb_forwardable).
    static let mtuOverhead: UInt32 = 18

    @inline(__always) @_noAllocation @_noLocks
    init() {}
}
