/// Changes in place, of headers only: the cost doesn't depend on the packet's length. What has been there is read from
/// the frame, so changes may follow each other. `header` is the virtio_net_hdr with the frame right behind it.
///
/// An address of the other family changes nothing: whoever translates never mixes them.
extension RoutedPacket {
    /// Changes the source's address, and its port where the packet has one: TCP and UDP, the identifier of an echo
    /// request. Checksums that hold only the pseudo-header's sum (NEEDS_CSUM) stay such, others are updated (RFC 1624,
    /// equation 3); UDP's 0 (none) stays, and where UDP's gets 0 it becomes 0xFFFF.
    @_noAllocation @_noLocks
    package func rewriteSource(_ header: UnsafeMutableRawPointer, to new: TransportAddress) {
        rewrite(header, to: new, isSource: true)
    }

    /// Changes the destination's address, and its port where the packet has one: TCP and UDP, the identifier of an echo
    /// reply.
    @_noAllocation @_noLocks
    package func rewriteDestination(_ header: UnsafeMutableRawPointer, to new: TransportAddress) {
        rewrite(header, to: new, isSource: false)
    }

    /// Changes the hop limit, one less; nothing if it is 0.
    @_noAllocation @_noLocks
    package func decrementHopLimit(_ header: UnsafeMutableRawPointer) {
        guard isIP else { return }
        let network = header + (VirtioNetHeader.length &+ networkOffset)
        if !isIPv4 {
            let limit = UnsafeRawPointer(network).byte(at: 7)
            if limit > 0 { network.storeByte(limit &- 1, at: 7) }
            return
        }
        // TTL and protocol.
        let old = UnsafeRawPointer(network).bigEndian16(at: 8)
        guard old >= 0x0100 else { return }
        network.storeBigEndian16(old &- 0x0100, at: 8)
        var change = ChecksumChange()
        change.replace(old, by: old &- 0x0100)
        Self.apply(change, to: network, at: 10)
    }

    /// Changes the MACs, 48-bit numbers.
    @_noAllocation @_noLocks
    package func rewriteEthernet(_ header: UnsafeMutableRawPointer, source: UInt64, destination: UInt64) {
        // A frame without an Ethernet header is neither of IP nor of anything else.
        if case .malformed = kind { return }
        let frame = header + VirtioNetHeader.length
        frame.storeBigEndian48(destination, at: 0)
        frame.storeBigEndian48(source, at: 6)
    }
}

extension RoutedPacket {
    /// Whether there is an IP header that may be changed.
    var isIP: Bool {
        @inline(__always) @_noAllocation @_noLocks get {
            switch kind {
            case .malformed, .notIP, .tagged: false
            case .tcp, .udp, .echo, .icmpError, .laterFragment, .other: true
            }
        }
    }

    /// Where the checksum stands in the transport header; 0: there is none that this may change.
    private var checksumOffset: Int {
        @inline(__always) @_noAllocation @_noLocks get {
            switch kind {
            case .tcp: Transport.tcpChecksumOffset
            case .udp: Transport.udpChecksumOffset
            case .echo, .icmpError: 2
            case .malformed, .notIP, .tagged, .laterFragment, .other: 0
            }
        }
    }

    /// Whether the transport's checksum is to be finished by whoever sends the frame. Where somebody wants another
    /// number of the translated headers overwritten, which would undo the translation, the wish is taken out of the
    /// virtio_net_hdr; a checksum inside a tunnel may be left to finish.
    @inline(__always) @_noAllocation @_noLocks
    private func isPartial(_ header: UnsafeMutableRawPointer) -> Bool {
        let fields = UnsafeRawPointer(header)
        guard fields.byte(at: 0) & VirtioNetHeader.needsChecksum != 0 else { return false }
        let start = Int(fields.native16(at: 6))
        if start == transportOffset, checksumOffset != 0, Int(fields.native16(at: 8)) == checksumOffset { return true }
        if start < transportOffset &+ transportLength { Self.clearOffloads(header) }
        return false
    }

    @inline(__always) @_noAllocation @_noLocks
    static func clearOffloads(_ header: UnsafeMutableRawPointer) {
        header.storeNative64(0, at: 0)
        header.storeNative16(0, at: 8)
    }

    @inline(__always) @_noAllocation @_noLocks
    private func rewrite(_ header: UnsafeMutableRawPointer, to new: TransportAddress, isSource: Bool) {
        guard isIP, new.isIPv4 == isIPv4 else { return }
        let frame = header + VirtioNetHeader.length
        let network = frame + networkOffset
        let transport = frame + transportOffset
        let isPartial = isPartial(header)
        var addresses = ChecksumChange()
        Self.replaceAddress(network, isIPv4: isIPv4, isSource: isSource, by: new, &addresses)
        if isIPv4 { Self.apply(addresses, to: network, at: 10) }

        let field = checksumOffset
        guard field != 0 else { return }
        var ports = ChecksumChange()
        switch kind {
        case .tcp, .udp: Self.replacePort(transport, at: isSource ? 0 : 2, by: new.port, &ports)
        case .echo where isEchoRequest == isSource: Self.replacePort(transport, at: 4, by: new.port, &ports)
        default: break
        }
        // ICMP alone has no pseudo-header.
        let hasPseudoHeader = !isIPv4 || proto != IPProtocol.icmp
        if isPartial {
            guard hasPseudoHeader else { return }
            let sum = UnsafeRawPointer(transport).bigEndian16(at: field)
            transport.storeBigEndian16(addresses.applied(toPartial: sum), at: field)
            return
        }
        if hasPseudoHeader { ports.add(addresses) }
        if case .udp = kind {
            Self.applyToUDP(ports, transport)
        } else {
            Self.apply(ports, to: transport, at: field)
        }
    }

    /// Changes an address; tells what a checksum that covers it changes by.
    @inline(__always) @_noAllocation @_noLocks
    static func replaceAddress(
        _ network: UnsafeMutableRawPointer, isIPv4: Bool, isSource: Bool, by new: TransportAddress,
        _ change: inout ChecksumChange
    ) {
        let fields = UnsafeRawPointer(network)
        if isIPv4 {
            let place = isSource ? 12 : 16
            change.replace(fields.bigEndian32(at: place), by: new.ipv4)
            network.storeBigEndian32(new.ipv4, at: place)
        } else {
            let place = isSource ? 8 : 24
            change.replace(fields.bigEndian64(at: place), by: new.high)
            change.replace(fields.bigEndian64(at: place &+ 8), by: new.low)
            network.storeBigEndian64(new.high, at: place)
            network.storeBigEndian64(new.low, at: place &+ 8)
        }
    }

    /// Changes a port or an identifier; tells what a checksum that covers it changes by.
    @inline(__always) @_noAllocation @_noLocks
    static func replacePort(
        _ transport: UnsafeMutableRawPointer, at place: Int, by new: UInt16, _ change: inout ChecksumChange
    ) {
        change.replace(UnsafeRawPointer(transport).bigEndian16(at: place), by: new)
        transport.storeBigEndian16(new, at: place)
    }

    /// Changes a checksum.
    @inline(__always) @_noAllocation @_noLocks
    static func apply(_ change: ChecksumChange, to bytes: UnsafeMutableRawPointer, at place: Int) {
        bytes.storeBigEndian16(change.applied(to: UnsafeRawPointer(bytes).bigEndian16(at: place)), at: place)
    }

    /// Changes UDP's checksum, in which 0 says that there is none: over IPv4, and in IPv6's tunnels (RFC 6935).
    @inline(__always) @_noAllocation @_noLocks
    static func applyToUDP(_ change: ChecksumChange, _ transport: UnsafeMutableRawPointer) {
        let old = UnsafeRawPointer(transport).bigEndian16(at: Transport.udpChecksumOffset)
        if old == 0 { return }
        let new = change.applied(to: old)
        transport.storeBigEndian16(new == 0 ? 0xFFFF : new, at: Transport.udpChecksumOffset)
    }
}
