extension RoutedPacket {
    /// Bytes behind the transport header of TCP and UDP, of a super-frame those of all its segments; of all else the whole
    /// payload of the IP packet.
    var transportPayload: Int {
        @_noAllocation @_noLocks get {
            switch kind {
            case .tcp: tcp.payloadLength
            case .udp: networkOffset &+ packetLength &- transportOffset &- Transport.udpLength
            case .malformed, .notIP, .tagged, .echo, .icmpError, .laterFragment, .other:
                networkOffset &+ packetLength &- transportOffset
            }
        }
    }
}
