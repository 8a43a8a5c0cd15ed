/// Where a published port leads.
package struct PublishTarget: Sendable {
    /// Whether the port is published at all.
    package var isFound = false
    /// The entry's.
    package var number: UInt32 = 0
    /// The endpoint's network.
    package var domain: UInt16 = 0
    /// The endpoint's address and port.
    package var inside = TransportAddress()
    /// The endpoint's MAC, a 48-bit number.
    package var insideMAC: UInt64 = 0
    /// The data plane's port that leads to the endpoint.
    package var insidePort: UInt16 = 0

    /// Nowhere.
    @inline(__always) @_noAllocation @_noLocks
    package init() {}
}
