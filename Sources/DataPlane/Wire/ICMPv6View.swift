/// An ICMPv6 header (RFC 4443) that lies inside the frame. Does not own the memory.
package struct ICMPv6View {
    package let bytes: UnsafeRawPointer
    package let available: Int

    /// The error that tells a path's MTU.
    package static var packetTooBig: UInt8 { @_noAllocation @_noLocks get { 2 } }
    /// Multicast listener report and done (RFC 2710), report version 2 (RFC 3810).
    package static var listenerReport: UInt8 { @_noAllocation @_noLocks get { 131 } }
    package static var listenerDone: UInt8 { @_noAllocation @_noLocks get { 132 } }
    package static var listenerReport2: UInt8 { @_noAllocation @_noLocks get { 143 } }
    /// Neighbour discovery (RFC 4861).
    package static var routerSolicitation: UInt8 { @_noAllocation @_noLocks get { 133 } }
    package static var routerAdvertisement: UInt8 { @_noAllocation @_noLocks get { 134 } }
    package static var neighbourSolicitation: UInt8 { @_noAllocation @_noLocks get { 135 } }
    package static var neighbourAdvertisement: UInt8 { @_noAllocation @_noLocks get { 136 } }
    package static var redirect: UInt8 { @_noAllocation @_noLocks get { 137 } }
    /// Bytes of a neighbour solicitation or advertisement without options.
    package static var neighbourLength: Int { @_noAllocation @_noLocks get { 24 } }

    /// A view; nil if there is not even a type, code and checksum.
    @inline(__always) @_noAllocation @_noLocks
    package init?(_ bytes: UnsafeRawPointer, available: Int) {
        guard available >= 4 else { return nil }
        self.bytes = bytes
        self.available = available
    }

    /// The message's type.
    package var type: UInt8 { @_noAllocation @_noLocks get { bytes.byte(at: 0) } }

    /// Whether the message is long enough to hold a target.
    package var hasTarget: Bool { @_noAllocation @_noLocks get { available >= Self.neighbourLength } }
    /// The first 64 bits of the target; only if `hasTarget`.
    package var targetHigh: UInt64 { @_noAllocation @_noLocks get { bytes.bigEndian64(at: 8) } }
    /// The last 64 bits of the target; only if `hasTarget`.
    package var targetLow: UInt64 { @_noAllocation @_noLocks get { bytes.bigEndian64(at: 16) } }
}
