import Addresses

/// The program of an uplink's filter, written from its end to its start.
struct UplinkProgram {
    private typealias Operation = SocketFilter.Operation
    private typealias Label = BackwardProgram.Label

    /// Bytes of an Ethernet header; headers behind it are found from the start of the frame.
    private static let network: UInt32 = 14

    private var code = BackwardProgram()
    private let pool: ClosedRange<UInt64>?
    private let ports: PortRanges

    /// The program.
    var filter: SocketFilter { code.filter }

    /// Writes it.
    init(pool: ClosedRange<UInt64>?, ports: PortRanges, routes: UplinkRoutes) {
        self.pool = pool
        self.ports = ports
        // X is the offset of the transport header less an Ethernet header's 14 bytes in all of these.
        let tcp = writePorts(ports.tcp)
        let udp = writePorts(ports.udp)
        let echo = writeEcho()
        let v6 = writeIPv6(tcp: tcp, udp: udp, echo: echo, routes.v6)
        let v4 = writeIPv4(tcp: tcp, udp: udp, echo: echo, routes.v4)
        // Whom the frame is for, and what it holds.
        writeChoice([(0x0800, .place(v4)), (0x86DD, .place(v6))])
        code.prepend(Operation.loadHalf, 12)
        writeUnless(Operation.jumpIfEqual, 0)
        code.prepend(Operation.loadByte, Operation.hasTag)
        writeUnless(Operation.jumpIfEqual, 0)
        code.prepend(Operation.loadWord, Operation.packetType)
    }

    /// Compares A with numbers, one after the other; drops if it is none of them.
    private mutating func writeChoice(_ choices: [(number: UInt32, leaf: BackwardProgram.Leaf)]) {
        code.prependChoice(choices)
    }

    /// Drops unless the condition holds, else goes on.
    private mutating func writeUnless(_ operation: UInt16, _ operand: UInt32) {
        code.prependUnless(operation, operand)
    }

    /// The destination port of TCP or UDP.
    private mutating func writePorts(_ ranges: [ClosedRange<UInt64>]) -> Label {
        let search = code.prependSearch(ranges, limit: 1 << 16, inside: .accept, outside: .drop)
        enter(search)
        code.prepend(Operation.loadHalfFromX, Self.network + 2)
        return code.start
    }

    /// The identifier of an echo message.
    private mutating func writeEcho() -> Label {
        let search = code.prependSearch(pool.map { [$0] } ?? [], limit: 1 << 16, inside: .accept, outside: .drop)
        enter(search)
        code.prepend(Operation.loadHalfFromX, Self.network + 4)
        return code.start
    }

    /// Makes sure that what is put before comes to `label` next.
    private mutating func enter(_ label: Label) {
        if label != code.start { code.prependJump(to: label) }
    }

    private mutating func writeIPv4(
        tcp: Label, udp: Label, echo: Label, _ routes: [ClosedRange<UInt64>]
    ) -> Label {
        // ICMP: echo replies, and the errors unreachable, time exceeded, parameter problem.
        writeChoice([(0, .place(echo)), (3, .accept), (11, .accept), (12, .accept)])
        code.prepend(Operation.loadByteFromX, Self.network)
        let icmp = code.start
        // What has ports or a type.
        writeChoice([
            (UInt32(IPProtocol.tcp), .place(tcp)), (UInt32(IPProtocol.udp), .place(udp)),
            (UInt32(IPProtocol.icmp), .place(icmp)),
        ])
        code.prepend(Operation.headerLengthToX, Self.network)
        code.prepend(Operation.loadByte, Self.network + 9)
        let first = code.start
        // Later fragments have none.
        let later = writeLaterFragments(Self.network + 9, icmp: UInt32(IPProtocol.icmp))
        code.prepend(Operation.jumpIfAnySet, 0x1FFF, whenTrue: later, whenFalse: first)
        code.prepend(Operation.loadHalf, Self.network + 6)
        guard !routes.isEmpty else { return code.start }
        let search = code.prependSearch(routes, limit: 1 << 32, inside: .accept, outside: .place(code.start))
        enter(search)
        code.prepend(Operation.loadWord, Self.network + 16)
        return code.start
    }

    /// A fragment without a transport header: of which protocol, says the byte at `offset`.
    private mutating func writeLaterFragments(_ offset: UInt32, icmp: UInt32) -> Label {
        writeChoice([(UInt32(IPProtocol.tcp), .accept), (UInt32(IPProtocol.udp), .accept), (icmp, .accept)])
        code.prepend(Operation.loadByte, offset)
        return code.start
    }

    private mutating func writeIPv6(tcp: Label, udp: Label, echo: Label, _ routes: [IPPrefix]) -> Label {
        // ICMPv6: echo replies, and the errors.
        writeChoice([(129, .place(echo)), (1, .accept), (2, .accept), (3, .accept), (4, .accept)])
        code.prepend(Operation.loadByteFromX, Self.network)
        let icmp = code.start
        // The first fragment: the protocol is in the fragment header, the transport header behind it.
        let transport: [(number: UInt32, leaf: BackwardProgram.Leaf)] = [
            (UInt32(IPProtocol.tcp), .place(tcp)), (UInt32(IPProtocol.udp), .place(udp)),
            (UInt32(IPProtocol.icmpv6), .place(icmp)),
        ]
        writeChoice(transport)
        code.prepend(Operation.setX, 48)
        code.prepend(Operation.loadByte, Self.network + 40)
        let first = code.start
        let later = writeLaterFragments(Self.network + 40, icmp: UInt32(IPProtocol.icmpv6))
        code.prepend(Operation.jumpIfAnySet, 0xFFF8, whenTrue: later, whenFalse: first)
        code.prepend(Operation.loadHalf, Self.network + 42)
        let fragment = code.start
        writeChoice(transport + [(UInt32(IPProtocol.fragment), .place(fragment))])
        code.prepend(Operation.setX, 40)
        code.prepend(Operation.loadByte, Self.network + 6)
        for route in routes { writeIPv6Route(route) }
        return code.start
    }

    /// Accepts what goes to a prefix; all else comes to what was the start.
    private mutating func writeIPv6Route(_ route: IPPrefix) {
        let other = code.start
        var next = code.accept()
        if route.length == 0 {
            enter(next)
            return
        }
        for word in (0..<(route.length + 31) / 32).reversed() {
            let bits = min(32, route.length - 32 * word)
            let mask = UInt32.max << UInt32(32 - bits)
            let value = UInt32(truncatingIfNeeded: route.network.number >> UInt128(96 - 32 * word))
            code.prepend(Operation.jumpIfEqual, value & mask, whenTrue: next, whenFalse: other)
            if bits < 32 { code.prepend(Operation.and, mask) }
            code.prepend(Operation.loadWord, Self.network + 24 + UInt32(4 * word))
            next = code.start
        }
    }
}
