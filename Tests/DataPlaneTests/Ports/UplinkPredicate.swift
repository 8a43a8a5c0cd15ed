import Addresses
import DataPlane

/// What an uplink's filter has to let in, said without jumps.
struct UplinkPredicate {
    let plan: UplinkFilterPlan

    func accepts(_ frame: [UInt8], _ around: FilterInterpreter.Surroundings) -> Bool {
        guard around.packetType == 0, around.hasTag == 0, let type = number(frame, 12, 2) else { return false }
        switch type {
        case 0x0800: return acceptsIPv4(frame)
        case 0x86DD: return acceptsIPv6(frame)
        default: return false
        }
    }

    private func acceptsIPv4(_ frame: [UInt8]) -> Bool {
        guard frame.count >= 34, let destination = IPAddress(octets: frame[30..<34]) else { return false }
        if plan.routed.contains(where: { $0.contains(destination) }) { return true }
        let (word, proto) = (number(frame, 20, 2) ?? 0, Int(frame[23]))
        guard word & 0x1FFF == 0 else { return [1, 6, 17].contains(proto) }
        return acceptsTransport(frame, at: 14 + 4 * Int(frame[14] & 15), proto, echo: (1, 0), errors: [3, 11, 12])
    }

    private func acceptsIPv6(_ frame: [UInt8]) -> Bool {
        guard frame.count >= 54, let destination = IPAddress(octets: frame[38..<54]) else { return false }
        if plan.routed.contains(where: { $0.contains(destination) }) { return true }
        guard frame[20] == 44 else {
            return acceptsTransport(frame, at: 54, Int(frame[20]), echo: (58, 129), errors: [1, 2, 3, 4])
        }
        guard let word = number(frame, 56, 2) else { return false }
        guard word & 0xFFF8 == 0 else { return [6, 17, 58].contains(Int(frame[54])) }
        return acceptsTransport(frame, at: 62, Int(frame[54]), echo: (58, 129), errors: [1, 2, 3, 4])
    }

    private func acceptsTransport(
        _ frame: [UInt8], at offset: Int, _ proto: Int, echo: (proto: Int, type: Int), errors: [Int]
    ) -> Bool {
        switch proto {
        case 6, 17:
            guard let port = number(frame, offset + 2, 2) else { return false }
            return isPool(port) || (proto == 6 ? plan.tcp : plan.udp).contains { $0.contains(UInt16(port)) }
        case echo.proto:
            guard let type = number(frame, offset, 1) else { return false }
            if errors.contains(type) { return true }
            guard type == echo.type, let identifier = number(frame, offset + 4, 2) else { return false }
            return isPool(identifier)
        default: return false
        }
    }

    private func isPool(_ port: Int) -> Bool {
        port >= Int(plan.poolFirst) && port < Int(plan.poolFirst) + plan.poolCount
    }

    private func number(_ frame: [UInt8], _ offset: Int, _ count: Int) -> Int? {
        guard offset + count <= frame.count else { return nil }
        return frame[offset..<offset + count].reduce(0) { $0 << 8 | Int($1) }
    }
}
