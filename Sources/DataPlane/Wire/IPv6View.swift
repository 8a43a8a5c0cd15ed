/// An IPv6 header that lies inside the frame. Does not own the memory.
package struct IPv6View {
    /// The first byte of the header.
    package let bytes: UnsafeRawPointer
    /// Bytes from the header's first to the frame's last, at least 40.
    package let available: Int

    /// Bytes of the fixed header (RFC 8200).
    package static var headerLength: Int { @_noAllocation @_noLocks get { 40 } }

    /// A view; nil if the version isn't 6 or the header doesn't fit.
    @inline(__always) @_noAllocation @_noLocks
    package init?(_ bytes: UnsafeRawPointer, available: Int) {
        guard available >= Self.headerLength, bytes.byte(at: 0) &>> 4 == 6 else { return nil }
        self.bytes = bytes
        self.available = available
    }

    /// Payload length as the header tells it. Not believed.
    package var payloadLength: Int { @_noAllocation @_noLocks get { Int(bytes.bigEndian16(at: 4)) } }

    /// The first next header.
    package var nextHeader: UInt8 { @_noAllocation @_noLocks get { bytes.byte(at: 6) } }

    /// The hop limit.
    package var hopLimit: UInt8 { @_noAllocation @_noLocks get { bytes.byte(at: 7) } }

    /// The first 64 bits of the source.
    package var sourceHigh: UInt64 { @_noAllocation @_noLocks get { bytes.bigEndian64(at: 8) } }

    /// The last 64 bits of the source.
    package var sourceLow: UInt64 { @_noAllocation @_noLocks get { bytes.bigEndian64(at: 16) } }
}

/// Where an IPv6 packet's transport header is, behind a bounded number of extension headers (RFC 8200, 4).
package struct IPv6ExtensionWalk {
    /// The protocol at `offset`: a transport's, or one that ends the walk (ESP, no next header, unknown).
    package let `protocol`: UInt8
    /// Where it stands, from the IPv6 header's first byte on; never more than what is there.
    package let offset: Int
    /// Whether a fragment header was passed, even one of a datagram that is whole (RFC 6946).
    package let isFragment: Bool
    /// Whether it is a fragment other than the first, whose payload is not a transport header.
    package let isLaterFragment: Bool
    /// False: the chain is cut or longer than `longest`, so that nothing can be said of the packet.
    package let isComplete: Bool

    /// More extension headers than this are taken for an attack: no stack sends more than a handful.
    package static var longest: Int { @_noAllocation @_noLocks get { 8 } }

    /// Walks the chain.
    @inline(__always) @_noAllocation @_noLocks
    package init(_ packet: IPv6View) {
        var number = packet.nextHeader
        var offset = IPv6View.headerLength
        var isFragment = false
        var isLater = false
        var isComplete = true
        var count = 0
        // Invariant: offset ≤ available.
        while true {
            var isExtension = true
            var length = 0
            switch number {
            case IPProtocol.hopByHop, IPProtocol.routing, IPProtocol.destinationOptions, IPProtocol.mobility,
                IPProtocol.hostIdentity, IPProtocol.shim6:
                length = packet.available &- offset >= 2 ? (Int(packet.bytes.byte(at: offset &+ 1)) &+ 1) &* 8 : 8
            case IPProtocol.authentication:
                // RFC 4302: counted in words of 4 bytes, minus 2.
                length = packet.available &- offset >= 2 ? (Int(packet.bytes.byte(at: offset &+ 1)) &+ 2) &* 4 : 8
            case IPProtocol.fragment:
                length = 8
            default:
                isExtension = false
            }
            if !isExtension { break }
            // Also covers the reads of 8 bytes below.
            if length > packet.available &- offset || count == Self.longest || length < 8 {
                isComplete = false
                break
            }
            if number == IPProtocol.fragment {
                isFragment = true
                isLater = packet.bytes.bigEndian16(at: offset &+ 2) & 0xFFF8 != 0
            }
            number = packet.bytes.byte(at: offset)
            offset &+= length
            count &+= 1
            if isLater { break }
        }
        self.protocol = number
        self.offset = offset
        self.isFragment = isFragment
        isLaterFragment = isLater
        self.isComplete = isComplete
    }
}
