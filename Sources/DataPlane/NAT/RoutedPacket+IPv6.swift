extension RoutedPacket {
    /// Reads an IPv6 packet; leaves `.malformed` where it lies.
    @inline(__always) @_noAllocation @_noLocks
    mutating func readIPv6(_ frame: UnsafeRawPointer, available: Int, isSuperframe: Bool) {
        let network = frame + networkOffset
        guard let whole = IPv6View(network, available: available) else { return }
        if whole.payloadLength == 0, isSuperframe {
            packetLength = available
        } else {
            let told = IPv6View.headerLength &+ whole.payloadLength
            guard told <= available else { return }
            packetLength = told
        }
        // Without the padding: no header may lie in it.
        guard let packet = IPv6View(network, available: packetLength) else { return }
        let walk = IPv6ExtensionWalk(packet)
        guard walk.isComplete else { return }
        source = TransportAddress(high: packet.sourceHigh, low: packet.sourceLow, port: 0)
        destination = TransportAddress(high: network.bigEndian64(at: 24), low: network.bigEndian64(at: 32), port: 0)
        proto = walk.protocol
        hopLimit = packet.hopLimit
        transportOffset = networkOffset &+ walk.offset
        let count = packetLength &- walk.offset
        hasOptions = walk.offset > IPv6View.headerLength
        if hasOptions {
            switch readExtensions(network, first: packet.nextHeader, end: walk.offset) {
            case .refused: return
            case .routed:
                kind = .other
                return
            case .harmless: break
            }
            if hasMoreFragments || fragmentOffset > 0 {
                let fragment = networkOffset &+ packetLength &- fragmentPayload
                let before = fragmentPayload &- networkOffset &- IPv6View.headerLength &- 8
                guard !isSuperframe, isPlausibleFragment(fragment, behind: before) else { return }
            } else {
                fragmentPayload = 0
            }
        }
        readPayload(frame, count: count, isSuperframe: isSuperframe)
    }

    /// What the extension headers mean for a router.
    private enum Extensions {
        case harmless
        /// A source route of type 0 (RFC 5095), or more than one fragment header.
        case refused
        /// A routing header that isn't used up: the transport's checksum is about another destination.
        case routed
    }

    /// Goes through the headers again for what the walk doesn't keep. The walk was complete: they all lie in the packet.
    @inline(never) @_noAllocation @_noLocks
    private mutating func readExtensions(_ network: UnsafeRawPointer, first: UInt8, end: Int) -> Extensions {
        var number = first
        var place = IPv6View.headerLength
        var found = Extensions.harmless
        while place < end {
            var length = (Int(network.byte(at: place &+ 1)) &+ 1) &* 8
            switch number {
            case IPProtocol.routing:
                if network.byte(at: place &+ 2) == 0 { return .refused }
                if network.byte(at: place &+ 3) != 0 { found = .routed }
            case IPProtocol.authentication:
                length = (Int(network.byte(at: place &+ 1)) &+ 2) &* 4
                // It covers the addresses.
                found = .routed
            case IPProtocol.fragment:
                if fragmentHeader != 0 { return .refused }
                length = 8
                fragmentHeader = networkOffset &+ place
                fragmentPayload = fragmentHeader &+ length
                let word = network.bigEndian16(at: place &+ 2)
                hasMoreFragments = word & 1 != 0
                fragmentOffset = Int(word & 0xFFF8)
                identification = network.bigEndian32(at: place &+ 4)
            default: break
            }
            number = network.byte(at: place)
            place &+= length
        }
        return found
    }
}
