package import Addresses

/// An IP address and a port (RFC 8489's word): one end of a flow. Of an echo flow the port is the identifier on the side
/// that asks, and 0 on the other.
package struct TransportAddress: Sendable, BitwiseCopyable {
    /// The first 64 bits of the address; an IPv4 address is mapped (RFC 4291, 2.5.5.2).
    package var high: UInt64
    /// The last 64 bits.
    package var low: UInt64
    /// In host order.
    package var port: UInt16

    /// Makes an end of its parts.
    @inline(__always) @_noAllocation @_noLocks
    package init(high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        self.port = port
    }

    /// No address.
    @inline(__always) @_noAllocation @_noLocks
    package init() {
        self.init(high: 0, low: 0, port: 0)
    }

    /// An IPv4 address in host order.
    @inline(__always) @_noAllocation @_noLocks
    package init(ipv4: UInt32, port: UInt16) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(ipv4), port: port)
    }

    /// Makes an end of an address; for configuration and tests.
    package init(_ address: IPAddress, port: UInt16) {
        let words = address.words
        self.init(high: words.high, low: words.low, port: port)
    }

    /// Whether the address is IPv4.
    package var isIPv4: Bool {
        @inline(__always) @_noAllocation @_noLocks get { high == 0 && low &>> 32 == 0xFFFF }
    }

    /// The IPv4 address in host order; without meaning if it is IPv6.
    package var ipv4: UInt32 {
        @inline(__always) @_noAllocation @_noLocks get { UInt32(truncatingIfNeeded: low) }
    }

    /// The address; for configuration and tests.
    package var address: IPAddress { IPAddress(high: high, low: low) }

    /// Whether both are the same address and port.
    @inline(__always) @_noAllocation @_noLocks
    package func isSame(as other: TransportAddress) -> Bool {
        low == other.low && port == other.port && high == other.high
    }

    /// Whether both are the same address.
    @inline(__always) @_noAllocation @_noLocks
    package func hasSameAddress(as other: TransportAddress) -> Bool {
        low == other.low && high == other.high
    }
}
