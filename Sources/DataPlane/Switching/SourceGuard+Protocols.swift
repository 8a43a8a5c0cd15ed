extension SourceGuard {
    /// The sender's addresses must be the endpoint's. 0.0.0.0 asks whether an address is free (RFC 5227).
    @_noAllocation @_noLocks
    func checkARP(_ bytes: UnsafeRawPointer, available: Int) -> DropReason {
        guard let packet = ARPView(bytes, available: available), packet.senderHardware == mac else { return .guardARP }
        let sender = packet.senderProtocol
        if sender == 0 { return packet.operation == ARPView.request ? .none : .guardARP }
        return owns(sender) ? .none : .guardARP
    }

    /// The source must be the endpoint's. 0.0.0.0 only from a DHCP client to a DHCP server (RFC 2131).
    @inline(__always) @_noAllocation @_noLocks
    func checkIPv4(_ bytes: UnsafeRawPointer, available: Int) -> DropReason {
        guard let packet = IPv4View(bytes, available: available) else { return .guardIPv4 }
        let source = packet.source
        if source != 0 { return owns(source) ? .none : .guardIPv4 }
        guard packet.protocol == IPProtocol.udp, !packet.isFragment,
            let datagram = UDPView(packet.payload, available: packet.payloadAvailable),
            datagram.sourcePort == 68, datagram.destinationPort == 67
        else { return .guardIPv4 }
        return .none
    }

    /// The source must be the endpoint's, and so must what it says of itself in neighbour discovery (RFC 4861).
    @_noAllocation @_noLocks
    func checkIPv6(_ bytes: UnsafeRawPointer, available: Int) -> DropReason {
        guard let packet = IPv6View(bytes, available: available) else { return .guardIPv6 }
        let high = packet.sourceHigh
        let low = packet.sourceLow
        let isUnspecified = high | low == 0
        if !isUnspecified, !owns(high: high, low: low) { return .guardIPv6 }
        // Ordinary traffic ends here.
        let first = packet.nextHeader
        if !isUnspecified, first == IPProtocol.tcp || first == IPProtocol.udp { return .none }
        let walk = IPv6ExtensionWalk(packet)
        // A chain that is cut or endless hides what it carries (RFC 7113).
        guard walk.isComplete else { return .guardIPv6 }
        // The first fragment was judged; without it the others are nothing.
        if walk.isLaterFragment { return isUnspecified ? .guardIPv6 : .none }
        guard walk.protocol == IPProtocol.icmpv6 else { return isUnspecified ? .guardIPv6 : .none }
        guard let message = ICMPv6View(bytes + walk.offset, available: available &- walk.offset) else {
            return .guardIPv6
        }
        return checkICMPv6(message, isUnspecified: isUnspecified, isFragment: walk.isFragment)
    }

    @inline(__always) @_noAllocation @_noLocks
    private func checkICMPv6(_ message: ICMPv6View, isUnspecified: Bool, isFragment: Bool) -> DropReason {
        let type = message.type
        let isDiscovery = type >= ICMPv6View.routerSolicitation && type <= ICMPv6View.redirect
        // RFC 6980: neighbour discovery is never fragmented.
        if isDiscovery, isFragment { return .guardIPv6 }
        // Endpoints are not routers.
        if type == ICMPv6View.routerAdvertisement || type == ICMPv6View.redirect { return .guardIPv6 }
        if type == ICMPv6View.neighbourAdvertisement {
            guard !isUnspecified, message.hasTarget else { return .guardIPv6 }
            return owns(high: message.targetHigh, low: message.targetLow) ? .none : .guardIPv6
        }
        if !isUnspecified { return .none }
        // From ::, an address that is about to be used is asked for, or listened to.
        if type == ICMPv6View.neighbourSolicitation {
            guard message.hasTarget else { return .guardIPv6 }
            return owns(high: message.targetHigh, low: message.targetLow) ? .none : .guardIPv6
        }
        let isListener =
            type == ICMPv6View.listenerReport || type == ICMPv6View.listenerDone || type == ICMPv6View.listenerReport2
        return isListener || type == ICMPv6View.routerSolicitation ? .none : .guardIPv6
    }
}
