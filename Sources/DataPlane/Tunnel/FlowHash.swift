/// A number for the flow that a frame belongs to: the same for all its frames, in the source port of tunnels (RFC 7348, 5)
/// and wherever flows are spread.
public enum FlowHash {
    private static var first: UInt64 { @_noAllocation @_noLocks get { 0x9E37_79B9_7F4A_7C15 } }
    private static var second: UInt64 { @_noAllocation @_noLocks get { 0x9FB2_1C65_1E98_DF25 } }
    private static var third: UInt64 { @_noAllocation @_noLocks get { 0xBF58_476D_1CE4_E5B9 } }

    /// The hash of addresses, ports and protocol for TCP and UDP; of addresses for other IP packets and for fragments,
    /// which don't all have ports; of the MAC addresses otherwise. VLAN tags are looked through.
    ///
    /// - Parameters:
    ///   - frame: from the destination address on.
    ///   - length: of it; less than an Ethernet header gives 0.
    /// - Returns: 32 bits of which any are as good as any others. The same frame has the same hash on every machine.
    @_noAllocation @_noLocks
    public static func of(_ frame: UnsafeRawPointer, length: Int) -> UInt32 {
        guard let view = EthernetView(frame, length: length) else { return 0 }
        let transport = Transport(view)
        guard case .located = transport.kind else {
            return finish(mix(view.destination ^ first, view.source ^ second))
        }
        // The IP header is whole: the addresses can be read.
        let network = frame + transport.networkOffset
        var ports: UInt64 = 0
        let number = transport.protocol
        if number == IPProtocol.tcp || number == IPProtocol.udp, !transport.isFragment,
            length &- transport.offset >= 4
        {
            ports = UInt64(frame.bigEndian32(at: transport.offset)) &<< 8 | UInt64(number)
        }
        if transport.isIPv4 {
            return finish(mix(network.bigEndian64(at: 12) ^ first, ports ^ second))
        }
        let source = mix(network.bigEndian64(at: 8) ^ first, network.bigEndian64(at: 16) ^ second)
        let destination = mix(network.bigEndian64(at: 24) ^ second, network.bigEndian64(at: 32) ^ third)
        return finish(mix(source ^ third, destination ^ first) ^ mix(ports ^ first, source ^ second))
    }

    /// Both halves of the product: every bit of both numbers reaches most bits of the result.
    @inline(__always) @_noAllocation @_noLocks
    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    /// Down to 32 bits.
    @inline(__always) @_noAllocation @_noLocks
    private static func finish(_ hash: UInt64) -> UInt32 {
        let mixed = mix(hash ^ third, first)
        return UInt32(truncatingIfNeeded: mixed ^ mixed &>> 32)
    }
}
