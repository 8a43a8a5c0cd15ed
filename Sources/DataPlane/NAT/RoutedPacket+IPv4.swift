extension RoutedPacket {
    private static var dontFragment: UInt16 { @_noAllocation @_noLocks get { 0x4000 } }
    private static var moreFragments: UInt16 { @_noAllocation @_noLocks get { 0x2000 } }

    /// Reads an IPv4 packet; leaves `.malformed` where it lies.
    @inline(__always) @_noAllocation @_noLocks
    mutating func readIPv4(_ frame: UnsafeRawPointer, available: Int, isSuperframe: Bool) {
        let network = frame + networkOffset
        guard let packet = IPv4View(network, available: available) else { return }
        if packet.totalLength == 0, isSuperframe {
            packetLength = available
        } else {
            guard packet.hasPlausibleLength else { return }
            packetLength = packet.totalLength
        }
        let header = packet.headerLength
        guard Checksum.sum(network, count: header) == 0xFFFF else { return }
        isIPv4 = true
        hasOptions = header > IPv4View.minimumLength
        if hasOptions, !Self.areOptionsHarmless(network, header: header) { return }
        source = TransportAddress(ipv4: packet.source, port: 0)
        destination = TransportAddress(ipv4: packet.destination, port: 0)
        proto = packet.protocol
        hopLimit = network.byte(at: 8)
        identification = UInt32(network.bigEndian16(at: 4))
        transportOffset = networkOffset &+ header
        let fragment = network.bigEndian16(at: 6)
        mayBeFragmented = fragment & Self.dontFragment == 0
        hasMoreFragments = fragment & Self.moreFragments != 0
        fragmentOffset = Int(fragment & 0x1FFF) &* 8
        let count = packetLength &- header
        if packet.isFragment {
            fragmentPayload = transportOffset
            guard !isSuperframe, isPlausibleFragment(count, behind: header) else { return }
        }
        readPayload(frame, count: count, isSuperframe: isSuperframe)
    }

    /// Whether the options can be walked to their end and none chooses the way (RFC 7126: source routes go round
    /// filters).
    @inline(never) @_noAllocation @_noLocks
    private static func areOptionsHarmless(_ network: UnsafeRawPointer, header: Int) -> Bool {
        var place = IPv4View.minimumLength
        while place < header {
            let type = network.byte(at: place)
            // End of the list.
            if type == 0 { return true }
            // No operation, the only other option without a length.
            if type == 1 {
                place &+= 1
                continue
            }
            if place &+ 1 >= header { return false }
            let length = Int(network.byte(at: place &+ 1))
            if length < 2 || length > header &- place { return false }
            // Loose and strict source route.
            if type == 131 || type == 137 { return false }
            place &+= length
        }
        return true
    }
}
