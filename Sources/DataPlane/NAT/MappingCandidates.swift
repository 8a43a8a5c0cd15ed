/// The outside ports that are tried for an inside socket, in their order.
///
/// Every try is somewhere else: one after another, taken ports would grow together into rows that take long to cross. A
/// pool of few ports is looked at whole.
struct MappingCandidates {
    private let isSmall: Bool
    private let parity: UInt16
    private var place: UInt64
    private var remaining: UInt32

    /// - Parameters:
    ///   - start: where to begin.
    ///   - parity: 0 or 1: even or odd ports (RFC 4787, REQ-4).
    ///   - pool: not empty.
    @inline(__always) @_noAllocation @_noLocks
    init(_ start: UInt64, parity: UInt16, _ pool: PortPool) {
        isSmall = pool.count <= Int(FlowTable.portTries)
        self.parity = parity
        place = start
        remaining = isSmall ? UInt32(truncatingIfNeeded: pool.count) : FlowTable.portTries / 2
    }

    /// The next port, which need not be usable; false: there are no more.
    @inline(__always) @_noAllocation @_noLocks
    mutating func next(_ pool: PortPool, _ port: inout UInt16) -> Bool {
        while remaining > 0 {
            remaining &-= 1
            let drawn = pool.port(at: place &>> 32)
            if !isSmall {
                place = (place ^ place &>> 29) &* 0x9E37_79B9_7F4A_7C15 &+ 0x9FB2_1C65_1E98_DF25
                port = drawn & 0xFFFE | parity
                return true
            }
            place &+= 1 &<< 32
            if drawn & 1 != parity { continue }
            port = drawn
            return true
        }
        return false
    }
}
