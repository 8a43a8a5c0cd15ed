import DataPlane

/// What a table without limits would know: a dictionary of flows by their inside ends.
struct FlowModel {
    struct Key: Hashable {
        var proto: UInt8
        var domain: UInt16
        var inside: UInt64
        var remote: UInt64
    }

    struct Value {
        var outside: UInt16
        var endpoint: UInt16
        var isIncoming: Bool
        var isAdmitted = false
        var isAnswered = false
        var state = FlowState.opening
        var seen: UInt32
        var outFrames: UInt64 = 0
        var inFrames: UInt64 = 0
        var publish: UInt32 = 0
    }

    var flows: [Key: Value] = [:]

    /// An IPv4 end as one number.
    static func word(_ end: TransportAddress) -> UInt64 {
        UInt64(end.ipv4) << 16 | UInt64(end.port)
    }

    static func timer(_ key: Key, _ value: Value) -> UInt32 {
        switch key.proto {
        case 6: value.state == .established ? 7_440_000 : 240_000
        case 17: key.remote & 0xFFFF == 53 && !value.isIncoming ? 60_000 : 300_000
        default: 60_000
        }
    }

    func isLive(_ key: Key, now: UInt32) -> Bool {
        guard let value = flows[key] else { return false }
        return now &- value.seen < Self.timer(key, value)
    }

    /// The flow with these outside ends.
    func key(proto: UInt8, outside: UInt16, remote: UInt64, now: UInt32) -> Key? {
        flows.first { key, value in
            key.proto == proto && value.outside == outside && key.remote == remote && isLive(key, now: now)
        }?.key
    }

    /// The outside port of a UDP socket.
    func mapping(domain: UInt16, inside: UInt64) -> UInt16? {
        flows.first { key, value in
            key.proto == 17 && key.domain == domain && key.inside == inside && !value.isIncoming
        }?.value.outside
    }

    /// Whether the socket with this outside port has sent to an address.
    func witness(outside: UInt16, address: UInt64, now: UInt32) -> Key? {
        flows.first { key, value in
            key.proto == 17 && !value.isIncoming && !value.isAdmitted && value.outside == outside
                && key.remote >> 16 == address && isLive(key, now: now)
        }?.key
    }

    /// What a datagram or echo does.
    mutating func pass(_ key: Key, fromInside: Bool, now: UInt32) {
        guard var value = flows[key] else { return }
        if value.isIncoming {
            if fromInside { value.isAnswered = true } else if value.isAnswered { value.state = .established }
        } else if fromInside {
            if value.isAdmitted || value.state == .closed { value.state = .established }
            value.isAdmitted = false
        } else if !value.isAdmitted {
            value.state = key.proto == 17 && key.remote & 0xFFFF == 53 ? .closed : .established
        }
        if fromInside || value.isIncoming { value.seen = now }
        count(&value, fromInside)
        flows[key] = value
    }

    func count(_ value: inout Value, _ fromInside: Bool) {
        if fromInside { value.outFrames += 1 } else { value.inFrames += 1 }
    }

    mutating func sweep(now: UInt32) {
        flows = flows.filter { key, value in now &- value.seen < Self.timer(key, value) }
    }
}
