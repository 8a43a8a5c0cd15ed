/// Which datagram a fragment is part of, and which part of it.
package struct FragmentKey {
    /// Addresses as they stand in the fragment as it came.
    package let source: TransportAddress
    /// See `source`.
    package let destination: TransportAddress
    /// IPv4's protocol. 0 for IPv6, whose fragments need not agree about it (RFC 8200, 4.5).
    package let proto: UInt8
    package let identification: UInt32
    /// The port by which it came.
    package let side: UInt16

    /// Where the part begins and where it ends, in units of 8 bytes; the last one's end is rounded up.
    let first: Int
    let end: Int
    /// Whether nothing is behind it.
    let isLast: Bool

    /// The key of a fragment, first or later.
    @inline(__always) @_noAllocation @_noLocks
    package init(_ packet: RoutedPacket, side: UInt16) {
        self.init(
            source: packet.source, destination: packet.destination, proto: packet.isIPv4 ? packet.proto : 0,
            identification: packet.identification, side: side, offset: packet.fragmentOffset,
            length: packet.fragmentLength, isLast: !packet.hasMoreFragments)
    }

    /// A key of its parts; ports don't count.
    ///
    /// - Parameters:
    ///   - offset: bytes of the datagram's payload before the fragment's.
    ///   - length: bytes of the fragment's payload.
    ///   - isLast: whether no more fragments follow.
    @inline(__always) @_noAllocation @_noLocks
    package init(
        source: TransportAddress, destination: TransportAddress, proto: UInt8, identification: UInt32, side: UInt16,
        offset: Int, length: Int, isLast: Bool
    ) {
        self.source = source
        self.destination = destination
        self.proto = proto
        self.identification = identification
        self.side = side
        // No datagram is longer than 65,535 bytes.
        let start = (offset < 0 ? 0 : offset < 65_535 ? offset : 65_535) &>> 3
        let count = (length < 0 ? 0 : length < 65_535 ? length : 65_535) &+ 7
        let end = start &+ count &>> 3
        first = start
        self.end = end < FragmentCover.units ? end : FragmentCover.units
        self.isLast = isLast
    }

    /// Whether both are of one datagram.
    @inline(__always) @_noAllocation @_noLocks
    func isSameDatagram(as other: FragmentKey) -> Bool {
        identification == other.identification && side == other.side && proto == other.proto
            && source.hasSameAddress(as: other.source) && destination.hasSameAddress(as: other.destination)
    }

    /// A number of the datagram.
    @inline(__always) @_noAllocation @_noLocks
    func hash(_ hash: KeyedHash) -> UInt64 {
        let first = hash.of(source.high, source.low, UInt64(identification) &<< 16 | UInt64(side))
        return hash.of(destination.high, destination.low ^ first, UInt64(proto))
    }
}
