/// A datagram that is remembered.
struct FragmentEntry {
    var key = FragmentKey(
        source: TransportAddress(), destination: TransportAddress(), proto: 0, identification: 0, side: 0, offset: 0,
        length: 0, isLast: false)
    var flow: UInt32 = 0
    var born: UInt32 = 0
    var newIdentification: UInt16 = 0
    var isOutgoing = false
    var isSpoiled = false
    /// The chain that it is in.
    var bucket: UInt16 = 0
    /// The next of the chain, or of the free ones.
    var chain: UInt16 = 0xFFFF
    /// The older and the younger neighbour of all, and of its side.
    var older: UInt16 = 0xFFFF
    var younger: UInt16 = 0xFFFF
    var olderOfSide: UInt16 = 0xFFFF
    var youngerOfSide: UInt16 = 0xFFFF
    /// Units seen, the end of the furthest, and where the datagram ends; 0: not known yet.
    var seen: UInt16 = 0
    var furthest: UInt16 = 0
    var end: UInt16 = 0

    @inline(__always) @_noAllocation @_noLocks
    init() {}

    /// Whether every part has been seen.
    var isWhole: Bool { @_noAllocation @_noLocks get { end != 0 && seen == end } }
}

/// The ends of a list, and how long it is.
struct FragmentList {
    var first: UInt16 = 0xFFFF
    var last: UInt16 = 0xFFFF
    var count = 0

    @inline(__always) @_noAllocation @_noLocks
    init() {}
}
