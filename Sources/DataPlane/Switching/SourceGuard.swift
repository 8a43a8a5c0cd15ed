/// Who may speak through a port. A plain value of fixed size.
public struct SourceGuard: Sendable, BitwiseCopyable {
    /// Most addresses of one family.
    public static let maximumAddresses = 4

    /// The only source address of frames, a 48-bit number.
    public let mac: UInt64
    /// The last 64 bits of the link-local address that is formed from `mac` (RFC 4291, appendix A).
    let interfaceIdentifier: UInt64
    /// Unused places hold 0, which is never compared with.
    let ipv4: SIMD4<UInt32>
    /// Unused places hold ::, which is never compared with.
    let ipv6High: SIMD4<UInt64>
    let ipv6Low: SIMD4<UInt64>
    /// Whether nothing but the MAC address is looked at.
    let isOpen: Bool

    /// Makes a guard.
    ///
    /// - Parameters:
    ///   - mac: 48-bit number.
    ///   - ipv4: in host order; those beyond `maximumAddresses` are not taken.
    ///   - ipv6: in host order; likewise.
    ///   - isOpen: whether nothing but `mac` is looked at.
    public init(mac: UInt64, ipv4: [UInt32] = [], ipv6: [UInt128] = [], isOpen: Bool = false) {
        self.isOpen = isOpen
        self.mac = mac & 0xFFFF_FFFF_FFFF
        let upper = (self.mac >> 24) ^ 0x02_0000
        interfaceIdentifier = upper << 40 | 0xFF_FE00_0000 | self.mac & 0xFF_FFFF
        var addresses = SIMD4<UInt32>(repeating: 0)
        for (index, address) in ipv4.prefix(Self.maximumAddresses).enumerated() {
            addresses[index] = address
        }
        self.ipv4 = addresses
        var high = SIMD4<UInt64>(repeating: 0)
        var low = SIMD4<UInt64>(repeating: 0)
        for (index, address) in ipv6.prefix(Self.maximumAddresses).enumerated() {
            high[index] = UInt64(truncatingIfNeeded: address >> 64)
            low[index] = UInt64(truncatingIfNeeded: address)
        }
        ipv6High = high
        ipv6Low = low
    }

    /// Whether a frame may come in. Looks through two VLAN tags.
    ///
    /// - Parameters:
    ///   - bytes: from the destination address on.
    ///   - length: of the frame.
    /// - Returns: `.none`, or why not.
    @_noAllocation @_noLocks
    public func check(_ bytes: UnsafeRawPointer, length: Int) -> DropReason {
        guard let frame = EthernetView(bytes, length: length) else { return .tooShort }
        return check(frame)
    }

    @inline(__always) @_noAllocation @_noLocks
    func check(_ frame: EthernetView) -> DropReason {
        if frame.source != mac { return .guardMAC }
        if isOpen { return .none }
        let tags = TagWalk(frame)
        let payload = frame.bytes + tags.payload
        let available = frame.length &- tags.payload
        if tags.etherType == EtherType.ipv4 { return checkIPv4(payload, available: available) }
        if tags.etherType == EtherType.ipv6 { return checkIPv6(payload, available: available) }
        if tags.etherType == EtherType.arp { return checkARP(payload, available: available) }
        // Linux takes off any number of priority tags: what lies deeper would pass unseen.
        return EtherType.isTag(tags.etherType) ? .vlanTagged : .none
    }

    /// Whether the address, which isn't 0.0.0.0, is one of the endpoint's.
    @inline(__always) @_noAllocation @_noLocks
    func owns(_ address: UInt32) -> Bool {
        ipv4.x == address || ipv4.y == address || ipv4.z == address || ipv4.w == address
    }

    /// Whether the address, which isn't ::, is one of the endpoint's, or its link-local one.
    ///
    /// Of link-local addresses only the one formed from the MAC: that is what Linux gives an interface unless told
    /// otherwise, and any other one could be a neighbour's or the gateway's. An endpoint whose link-local address is
    /// formed in another way (RFC 7217) has to have it among its addresses.
    @inline(__always) @_noAllocation @_noLocks
    func owns(high: UInt64, low: UInt64) -> Bool {
        if high == 0xFE80_0000_0000_0000, low == interfaceIdentifier { return true }
        return (ipv6High.x == high && ipv6Low.x == low) || (ipv6High.y == high && ipv6Low.y == low)
            || (ipv6High.z == high && ipv6Low.z == low) || (ipv6High.w == high && ipv6Low.w == low)
    }
}
