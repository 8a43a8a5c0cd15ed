/// Where a frame's transport header is.
package struct Transport {
    /// What is known of it.
    package enum Kind: UInt8 {
        /// IPv4 or IPv6 whose headers are whole.
        case located
        /// IPv4 or IPv6 whose headers are cut or lie.
        case malformed
        /// Neither IPv4 nor IPv6 behind at most two tags.
        case other
    }

    package let kind: Kind
    /// True: IPv4; false: IPv6. Only if located.
    package let isIPv4: Bool
    /// Whether the packet is a fragment.
    package let isFragment: Bool
    /// The transport's number; only if located.
    package let `protocol`: UInt8
    /// Where the layer-3 header begins, from the destination address on.
    package let networkOffset: Int
    /// Where it begins, from the destination address on; only if located. Never past the frame's end.
    package let offset: Int

    /// Bytes of the smallest TCP header, and of the UDP header (RFC 9293, 768).
    package static var tcpMinimum: Int { @_noAllocation @_noLocks get { 20 } }
    package static var udpLength: Int { @_noAllocation @_noLocks get { 8 } }
    /// Where the checksum stands in the header.
    package static var tcpChecksumOffset: Int { @_noAllocation @_noLocks get { 16 } }
    package static var udpChecksumOffset: Int { @_noAllocation @_noLocks get { 6 } }

    /// Finds the transport header.
    @inline(__always) @_noAllocation @_noLocks
    package init(_ frame: EthernetView) {
        let tags = TagWalk(frame)
        let network = frame.bytes + tags.payload
        let available = frame.length &- tags.payload
        if tags.etherType == EtherType.ipv4 {
            if let packet = IPv4View(network, available: available) {
                self.init(
                    kind: .located, isIPv4: true, isFragment: packet.isFragment, protocol: packet.protocol,
                    networkOffset: tags.payload, offset: tags.payload &+ packet.headerLength)
            } else {
                self.init(malformedAt: tags.payload)
            }
        } else if tags.etherType == EtherType.ipv6 {
            guard let packet = IPv6View(network, available: available) else {
                self.init(malformedAt: tags.payload)
                return
            }
            let walk = IPv6ExtensionWalk(packet)
            if walk.isComplete {
                self.init(
                    kind: .located, isIPv4: false, isFragment: walk.isFragment, protocol: walk.protocol,
                    networkOffset: tags.payload, offset: tags.payload &+ walk.offset)
            } else {
                self.init(malformedAt: tags.payload)
            }
        } else {
            self.init(
                kind: .other, isIPv4: false, isFragment: false, protocol: 0, networkOffset: tags.payload,
                offset: tags.payload)
        }
    }

    @inline(__always) @_noAllocation @_noLocks
    private init(
        kind: Kind, isIPv4: Bool, isFragment: Bool, protocol number: UInt8, networkOffset: Int, offset: Int
    ) {
        self.kind = kind
        self.isIPv4 = isIPv4
        self.isFragment = isFragment
        self.protocol = number
        self.networkOffset = networkOffset
        self.offset = offset
    }

    @inline(__always) @_noAllocation @_noLocks
    private init(malformedAt networkOffset: Int) {
        self.init(
            kind: .malformed, isIPv4: false, isFragment: false, protocol: 0, networkOffset: networkOffset,
            offset: networkOffset)
    }

    /// Bytes of the TCP header at `offset` with its options; nil if it is cut or its length lies.
    @inline(__always) @_noAllocation @_noLocks
    package static func tcpLength(_ frame: EthernetView, at offset: Int) -> Int? {
        guard frame.length &- offset >= tcpMinimum else { return nil }
        let length = Int(frame.bytes.byte(at: offset &+ 12) &>> 4) &* 4
        guard length >= tcpMinimum, length <= frame.length &- offset else { return nil }
        return length
    }
}
