/// What a message of ICMP or ICMPv6 is to a translator.
enum ICMPKind {
    case echoRequest
    case echoReply
    /// Quotes a packet of the one it is sent to.
    case error
    /// Between neighbours, obsolete, or unknown; source quench and redirect too, which no router sends on.
    case other

    @inline(__always) @_noAllocation @_noLocks
    init(type: UInt8, isIPv4: Bool) {
        if isIPv4 {
            switch type {
            case 8: self = .echoRequest
            case 0: self = .echoReply
            // Destination unreachable, time exceeded, parameter problem.
            case 3, 11, 12: self = .error
            default: self = .other
            }
        } else {
            switch type {
            case 128: self = .echoRequest
            case 129: self = .echoReply
            // Destination unreachable, packet too big, time exceeded, parameter problem.
            case 1...4: self = .error
            default: self = .other
            }
        }
    }
}
