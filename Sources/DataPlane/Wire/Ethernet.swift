/// Numbers of IEEE 802.3.
public enum Ethernet {
    /// Bytes of destination, source and EtherType.
    public static var headerLength: Int { @_noAllocation @_noLocks get { 14 } }
    /// Bytes of the two addresses.
    package static var addressesLength: Int { @_noAllocation @_noLocks get { 12 } }
    /// The longest frame that is looked at: the largest IP packet behind two VLAN tags.
    public static var maximumLength: Int { @_noAllocation @_noLocks get { 65_535 + 14 + 8 } }

    /// 01-80-C2-00-00-00, the first of the sixteen reserved group addresses.
    package static var reservedGroup: UInt64 { @_noAllocation @_noLocks get { 0x0180_C200_0000 } }

    /// Whether the address is one of 01-80-C2-00-00-00…0F.
    @inline(__always) @_noAllocation @_noLocks
    package static func isReservedGroup(_ address: UInt64) -> Bool {
        address & ~0xF == reservedGroup
    }

    /// Whether the I/G bit of a 48-bit address is set.
    @inline(__always) @_noAllocation @_noLocks
    package static func isGroup(_ address: UInt64) -> Bool {
        address & 0x0100_0000_0000 != 0
    }
}

/// EtherTypes that the data plane looks at (IEEE 802 numbers).
package enum EtherType {
    package static var ipv4: UInt16 { @_noAllocation @_noLocks get { 0x0800 } }
    package static var arp: UInt16 { @_noAllocation @_noLocks get { 0x0806 } }
    package static var ipv6: UInt16 { @_noAllocation @_noLocks get { 0x86DD } }
    /// 802.1Q, customer tag.
    package static var vlan: UInt16 { @_noAllocation @_noLocks get { 0x8100 } }
    /// 802.1ad, service tag.
    package static var serviceVLAN: UInt16 { @_noAllocation @_noLocks get { 0x88A8 } }
    /// Used for nested tags before 802.1ad.
    package static var legacyVLAN: UInt16 { @_noAllocation @_noLocks get { 0x9100 } }

    /// Whether a VLAN tag follows that Linux takes for one.
    @inline(__always) @_noAllocation @_noLocks
    package static func isTag(_ etherType: UInt16) -> Bool {
        etherType == vlan || etherType == serviceVLAN
    }
}

/// A frame of at least 14 bytes, from the destination address on. Does not own the memory.
package struct EthernetView {
    package let bytes: UnsafeRawPointer
    package let length: Int

    /// A view of `length` bytes; nil if they don't hold an Ethernet header.
    @inline(__always) @_noAllocation @_noLocks
    package init?(_ bytes: UnsafeRawPointer, length: Int) {
        guard length >= Ethernet.headerLength else { return nil }
        self.bytes = bytes
        self.length = length
    }

    /// The destination as a 48-bit number.
    package var destination: UInt64 { @_noAllocation @_noLocks get { bytes.bigEndian64(at: 0) &>> 16 } }

    /// The source (upper 48 bits) and the EtherType (lower 16) in one load: bytes 6…13.
    package var sourceAndType: UInt64 { @_noAllocation @_noLocks get { bytes.bigEndian64(at: 6) } }

    /// The source as a 48-bit number.
    package var source: UInt64 { @_noAllocation @_noLocks get { sourceAndType &>> 16 } }

    /// The first EtherType, or the length of an LLC frame.
    package var etherType: UInt16 { @_noAllocation @_noLocks get { bytes.bigEndian16(at: 12) } }
}
