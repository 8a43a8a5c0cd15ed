/// What a router must know of a frame to send its packet on: who talks to whom, and whether the packet may be sent on at
/// all. Offsets count from the destination MAC on. Does not keep the frame.
package struct RoutedPacket {
    /// What may be done with the packet.
    package enum Kind: UInt8 {
        /// Cut, lying, or made to deceive: to be dropped.
        case malformed
        /// Neither IPv4 nor IPv6.
        case notIP
        /// Behind a VLAN tag, so not for this router.
        case tagged
        case tcp
        case udp
        /// An echo request or reply of either family.
        case echo
        /// An ICMP or ICMPv6 error that quotes a packet.
        case icmpError
        /// A fragment other than the first: there are addresses, and no ports.
        case laterFragment
        /// A protocol that isn't translated.
        case other
    }

    package internal(set) var kind = Kind.malformed
    package internal(set) var isIPv4 = false
    /// Where the IP header begins.
    package internal(set) var networkOffset = Ethernet.headerLength
    /// Where the transport header begins; of a later fragment, where its payload does.
    package internal(set) var transportOffset = Ethernet.headerLength
    /// Bytes of the transport header with its options; 0: there is none that is known.
    var transportLength = 0
    /// The IP protocol; of a later fragment, what its header tells.
    package internal(set) var proto: UInt8 = 0
    /// Address and TCP or UDP port; the identifier of an echo request; else port 0.
    package internal(set) var source = TransportAddress()
    /// Address and TCP or UDP port; the identifier of an echo reply; else port 0.
    package internal(set) var destination = TransportAddress()
    package internal(set) var isEchoRequest = false
    package internal(set) var hopLimit: UInt8 = 0
    /// Bytes of the IP packet, without Ethernet's padding.
    package internal(set) var packetLength = 0
    /// Whether a router may cut the packet: IPv4 without DF.
    package internal(set) var mayBeFragmented = false
    /// Whether there are IPv4 options or IPv6 extension headers.
    package internal(set) var hasOptions = false

    /// Whether it is the first fragment of several.
    package internal(set) var isFirstFragment = false
    package internal(set) var isLaterFragment = false
    /// Where the fragment's payload belongs in the datagram's, in bytes.
    package internal(set) var fragmentOffset = 0
    package internal(set) var hasMoreFragments = false
    /// IPv4's 16 bits; IPv6's 32 if there is a fragment header.
    package internal(set) var identification: UInt32 = 0
    /// Where IPv6's fragment header is; 0: there is none.
    var fragmentHeader = 0
    /// Where the payload begins that is cut in fragments; 0: nothing is cut.
    var fragmentPayload = 0

    /// Only of TCP.
    package internal(set) var tcp = TCPSegmentFacts()
    /// Only of an ICMP error, with `errorCode` and `embedded`.
    package internal(set) var errorType: UInt8 = 0
    package internal(set) var errorCode: UInt8 = 0
    package internal(set) var embedded = EmbeddedPacket()

    /// Looks at a frame of any content and length.
    ///
    /// - Parameters:
    ///   - frame: from the destination MAC on.
    ///   - length: of it, with padding.
    ///   - isSuperframe: whether the virtio_net_hdr announces several segments in one frame, whose length may be more
    ///     than an IP header can tell.
    @_noAllocation @_noLocks
    package init(_ frame: UnsafeRawPointer, length: Int, isSuperframe: Bool) {
        guard let view = EthernetView(frame, length: length) else { return }
        let etherType = view.etherType
        let available = length &- Ethernet.headerLength
        if etherType == EtherType.ipv4 {
            readIPv4(frame, available: available, isSuperframe: isSuperframe)
        } else if etherType == EtherType.ipv6 {
            readIPv6(frame, available: available, isSuperframe: isSuperframe)
        } else if EtherType.isTag(etherType) || etherType == EtherType.legacyVLAN {
            kind = .tagged
        } else {
            kind = .notIP
        }
    }
}

extension RoutedPacket {
    /// Reads what stands behind the IP headers. Called when all of them are right.
    ///
    /// - Parameter count: bytes of the packet from `transportOffset` on.
    @inline(__always) @_noAllocation @_noLocks
    mutating func readPayload(_ frame: UnsafeRawPointer, count: Int, isSuperframe: Bool) {
        if fragmentOffset > 0 {
            isLaterFragment = true
            // RFC 1858, 3128: no stack cuts inside a TCP header, and what is written over one deceives filters.
            if proto == IPProtocol.tcp, fragmentOffset < Transport.tcpMinimum { return }
            kind = .laterFragment
            return
        }
        isFirstFragment = hasMoreFragments
        switch proto {
        case IPProtocol.tcp: readTCP(frame + transportOffset, count: count)
        case IPProtocol.udp: readUDP(frame + transportOffset, count: count, isSuperframe: isSuperframe)
        case IPProtocol.icmp where isIPv4: readICMP(frame, count: count)
        case IPProtocol.icmpv6 where !isIPv4: readICMP(frame, count: count)
        default: kind = .other
        }
    }

    /// Whether a fragment of `count` bytes may be part of a datagram: not empty, not past the end of the longest, and
    /// of whole units unless it is the last.
    @inline(__always) @_noAllocation @_noLocks
    func isPlausibleFragment(_ count: Int, behind header: Int) -> Bool {
        if count <= 0 || header &+ fragmentOffset &+ count > 65_535 { return false }
        return !hasMoreFragments || count & 7 == 0
    }
}
