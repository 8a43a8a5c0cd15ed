extension RoutedPacket {
    /// Changes an ICMP error and the packet that it quotes (RFC 5508, REQ-4 and 5), all checksums with them: of the
    /// outer and the quoted IP header, of the quoted transport as far as it is there, and of the error. nil: stays.
    ///
    /// - Parameters:
    ///   - header: the virtio_net_hdr with the frame behind it.
    ///   - outerSource: address of who says so.
    ///   - outerDestination: address of who is told.
    ///   - embeddedSource: of the quoted packet; the port is TCP's, UDP's, or an echo request's identifier.
    ///   - embeddedDestination: of the quoted packet; the port is TCP's, UDP's, or an echo reply's identifier.
    @_noAllocation @_noLocks
    package func rewriteError(
        _ header: UnsafeMutableRawPointer, outerSource: TransportAddress?, outerDestination: TransportAddress?,
        embeddedSource: TransportAddress?, embeddedDestination: TransportAddress?
    ) {
        guard case .icmpError = kind else { return }
        // Its checksum was verified, so that there is nothing left to finish.
        if UnsafeRawPointer(header).byte(at: 0) & VirtioNetHeader.needsChecksum != 0 { Self.clearOffloads(header) }
        let frame = header + VirtioNetHeader.length
        let network = frame + networkOffset
        var addresses = ChecksumChange()
        replace(network, isSource: true, by: outerSource, &addresses)
        replace(network, isSource: false, by: outerDestination, &addresses)
        if isIPv4 { Self.apply(addresses, to: network, at: 10) }

        var message = ChecksumChange()
        if !isIPv4 { message.add(addresses) }
        rewriteEmbedded(frame, source: embeddedSource, destination: embeddedDestination, &message)
        Self.apply(message, to: frame + transportOffset, at: 2)
    }

    @inline(__always) @_noAllocation @_noLocks
    private func replace(
        _ network: UnsafeMutableRawPointer, isSource: Bool, by new: TransportAddress?, _ change: inout ChecksumChange
    ) {
        guard let new, new.isIPv4 == isIPv4 else { return }
        Self.replaceAddress(network, isIPv4: isIPv4, isSource: isSource, by: new, &change)
    }

    /// Changes the quoted packet; `message` is what the error's checksum, which covers it all, changes by.
    @inline(__always) @_noAllocation @_noLocks
    private func rewriteEmbedded(
        _ frame: UnsafeMutableRawPointer, source: TransportAddress?, destination: TransportAddress?,
        _ message: inout ChecksumChange
    ) {
        let network = frame + embedded.networkOffset
        let transport = frame + embedded.transportOffset
        var addresses = ChecksumChange()
        replace(network, isSource: true, by: source, &addresses)
        replace(network, isSource: false, by: destination, &addresses)
        message.add(addresses)
        if isIPv4 {
            let old = UnsafeRawPointer(network).bigEndian16(at: 10)
            Self.apply(addresses, to: network, at: 10)
            message.replace(old, by: UnsafeRawPointer(network).bigEndian16(at: 10))
        }
        var ports = ChecksumChange()
        replacePort(transport, isSource: true, by: source, &ports)
        replacePort(transport, isSource: false, by: destination, &ports)
        message.add(ports)
        if !isIPv4 || embedded.proto != IPProtocol.icmp { ports.add(addresses) }
        updateEmbeddedChecksum(transport, ports, &message)
    }

    /// The 8 bytes that hold ports and identifiers are there in any case.
    @inline(__always) @_noAllocation @_noLocks
    private func replacePort(
        _ transport: UnsafeMutableRawPointer, isSource: Bool, by new: TransportAddress?, _ change: inout ChecksumChange
    ) {
        guard let new, new.isIPv4 == isIPv4 else { return }
        switch embedded.kind {
        case .tcp, .udp: Self.replacePort(transport, at: isSource ? 0 : 2, by: new.port, &change)
        case .echo where embedded.isEchoRequest == isSource: Self.replacePort(transport, at: 4, by: new.port, &change)
        case .echo, .other: break
        }
    }

    @inline(__always) @_noAllocation @_noLocks
    private func updateEmbeddedChecksum(
        _ transport: UnsafeMutableRawPointer, _ change: ChecksumChange, _ message: inout ChecksumChange
    ) {
        let place: Int
        switch embedded.kind {
        case .tcp:
            place = Transport.tcpChecksumOffset
            // Of TCP only 8 bytes need be there.
            guard embedded.available >= place &+ 2 else { return }
        case .udp: place = Transport.udpChecksumOffset
        case .echo: place = 2
        case .other: return
        }
        let old = UnsafeRawPointer(transport).bigEndian16(at: place)
        if case .udp = embedded.kind {
            Self.applyToUDP(change, transport)
        } else {
            Self.apply(change, to: transport, at: place)
        }
        message.replace(old, by: UnsafeRawPointer(transport).bigEndian16(at: place))
    }
}
