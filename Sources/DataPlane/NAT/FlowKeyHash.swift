/// SipHash-1-3 of the ends of flows, with a random key for each table.
///
/// Why not the cheaper mix of `StationBuckets`: whoever is inside or outside chooses addresses and ports freely, and sees results of
/// the hash, since it chooses outside ports. A hash that gives its key away would let them fill one place of an index or foresee
/// ports (RFC 6056). The key is never written anywhere.
struct FlowKeyHash {
    private let first: UInt64
    private let second: UInt64

    /// What is hashed: hashes of different kinds have nothing to do with each other.
    enum Kind {
        /// Inside and remote.
        static var outgoing: UInt64 { @_noAllocation @_noLocks get { 0 } }
        /// Outside and remote.
        static var incoming: UInt64 { @_noAllocation @_noLocks get { 1 } }
        /// Inside, and the outside address.
        static var mapping: UInt64 { @_noAllocation @_noLocks get { 2 } }
        /// Outside.
        static var mapped: UInt64 { @_noAllocation @_noLocks get { 3 } }
        /// Outside, and the remote's address.
        static var permission: UInt64 { @_noAllocation @_noLocks get { 4 } }
        /// Outside address and remote: where a search for a port begins.
        static var sequence: UInt64 { @_noAllocation @_noLocks get { 5 } }
        /// Inside, outside address and a number: a random port.
        static var random: UInt64 { @_noAllocation @_noLocks get { 6 } }
    }

    init(key: (UInt64, UInt64)) {
        first = key.0
        second = key.1
    }

    /// The hash of two ends.
    @inline(__always) @_noAllocation @_noLocks
    func of(
        _ kind: UInt64, _ proto: UInt8, _ domain: UInt16, _ left: TransportAddress, _ right: TransportAddress
    ) -> UInt64 {
        let isShort = left.isIPv4 && right.isIPv4
        let names = kind &<< 1 | (isShort ? 1 : 0)
        var state = State(first, second)
        state.absorb(
            names &<< 56 | UInt64(proto) &<< 48 | UInt64(domain) &<< 32 | UInt64(left.port) &<< 16 | UInt64(right.port))
        if isShort {
            state.absorb(UInt64(left.ipv4) &<< 32 | UInt64(right.ipv4))
            return state.finish(bytes: 16)
        }
        state.absorb(left.high)
        state.absorb(left.low)
        state.absorb(right.high)
        state.absorb(right.low)
        return state.finish(bytes: 40)
    }

    /// The state of a hash on its way.
    struct State {
        private var v0: UInt64
        private var v1: UInt64
        private var v2: UInt64
        private var v3: UInt64

        @inline(__always) @_noAllocation @_noLocks
        init(_ first: UInt64, _ second: UInt64) {
            v0 = first ^ 0x736F_6D65_7073_6575
            v1 = second ^ 0x646F_7261_6E64_6F6D
            v2 = first ^ 0x6C79_6765_6E65_7261
            v3 = second ^ 0x7465_6462_7974_6573
        }

        @inline(__always) @_noAllocation @_noLocks
        mutating func absorb(_ word: UInt64) {
            v3 ^= word
            round()
            v0 ^= word
        }

        @inline(__always) @_noAllocation @_noLocks
        mutating func finish(bytes: UInt64) -> UInt64 {
            absorb(bytes &<< 56)
            v2 ^= 0xFF
            round()
            round()
            round()
            return v0 ^ v1 ^ v2 ^ v3
        }

        @inline(__always) @_noAllocation @_noLocks
        private mutating func round() {
            v0 = v0 &+ v1
            v1 = Self.rotate(v1, 13) ^ v0
            v0 = Self.rotate(v0, 32)
            v2 = v2 &+ v3
            v3 = Self.rotate(v3, 16) ^ v2
            v0 = v0 &+ v3
            v3 = Self.rotate(v3, 21) ^ v0
            v2 = v2 &+ v1
            v1 = Self.rotate(v1, 17) ^ v2
            v2 = Self.rotate(v2, 32)
        }

        @inline(__always) @_noAllocation @_noLocks
        private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 {
            word &<< count | word &>> (64 &- count)
        }
    }
}
