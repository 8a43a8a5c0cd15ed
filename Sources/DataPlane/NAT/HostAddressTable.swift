/// The host's own addresses, and which port each is on. Open addressing; owned by a worker.
package struct HostAddressTable: ~Copyable {
    /// Addresses that fit.
    package static var capacity: Int { @_noAllocation @_noLocks get { 16_384 } }
    private static var size: Int { @_noAllocation @_noLocks get { 32_768 } }

    private struct Entry {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var port: UInt16 = 0
        var isUsed = false
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let hash = KeyedHash()
    /// Addresses that are known.
    package private(set) var count = 0

    /// Without an address.
    package init() {
        entries = .allocate(capacity: Self.size)
        entries.initialize(repeating: Entry(), count: Self.size)
    }

    deinit {
        entries.deallocate()
    }

    /// Forgets all addresses for others, IPv4 mapped; port 0: on an interface that is none. Of several the same the
    /// first counts.
    ///
    /// - Returns: false if there are more than `capacity`; the first ones are known then.
    @discardableResult
    package mutating func replace(with addresses: [(high: UInt64, low: UInt64, port: UInt16)]) -> Bool {
        entries.update(repeating: Entry(), count: Self.size)
        count = 0
        for address in addresses {
            let position = find(address.high, address.low)
            if entries[position].isUsed { continue }
            guard count < Self.capacity else { return false }
            entries[position] = Entry(high: address.high, low: address.low, port: address.port, isUsed: true)
            count += 1
        }
        return true
    }

    /// Whether an address is one of the host's.
    @_noAllocation @_noLocks
    package func contains(high: UInt64, low: UInt64) -> Bool {
        entries[find(high, low)].isUsed
    }

    /// The port that an address is on; 0: on none, or not the host's.
    @_noAllocation @_noLocks
    package func port(of address: TransportAddress) -> UInt16 {
        let entry = entries[find(address.high, address.low)]
        return entry.isUsed ? entry.port : 0
    }

    /// Where an address is, or would be.
    @inline(__always) @_noAllocation @_noLocks
    private func find(_ high: UInt64, _ low: UInt64) -> Int {
        var position = Int(truncatingIfNeeded: hash.of(high, low)) & (Self.size &- 1)
        // Invariant: capacity is below size, so a free place ends every search.
        while entries[position].isUsed {
            if entries[position].low == low, entries[position].high == high { break }
            position = (position &+ 1) & (Self.size &- 1)
        }
        return position
    }
}
