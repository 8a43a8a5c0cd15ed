/// A VXLAN header (RFC 7348) that lies inside the frame. Does not own the memory.
public struct VXLANView {
    /// The header's first byte.
    public let bytes: UnsafeRawPointer

    /// Bytes.
    public static var length: Int { @_noAllocation @_noLocks get { 8 } }
    /// The I flag in the first byte: the VNI is valid.
    private static var identifierFlag: UInt8 { @_noAllocation @_noLocks get { 0x08 } }
    /// A VNI's bits.
    private static var identifierMask: UInt32 { @_noAllocation @_noLocks get { 0x00FF_FFFF } }

    /// A view; nil if the header is cut.
    @inline(__always) @_noAllocation @_noLocks
    public init?(_ bytes: UnsafeRawPointer, available: Int) {
        guard available >= Self.length else { return nil }
        self.bytes = bytes
    }

    /// Whether the header tells a VNI. What it must not tell, its reserved bits, is ignored on receipt.
    public var hasVNI: Bool { @_noAllocation @_noLocks get { bytes.byte(at: 0) & Self.identifierFlag != 0 } }
    /// The network's identifier, 24 bits; only if `hasVNI`.
    public var vni: UInt32 { @_noAllocation @_noLocks get { bytes.bigEndian32(at: 4) &>> 8 } }

    /// Writes a header whose reserved bits are zero: Linux drops others.
    ///
    /// - Parameters:
    ///   - vni: 24 bits; higher ones are left out.
    ///   - bytes: `length` of them.
    @inline(__always) @_noAllocation @_noLocks
    public static func write(vni: UInt32, into bytes: UnsafeMutableRawPointer) {
        bytes.storeBigEndian32(UInt32(identifierFlag) &<< 24, at: 0)
        bytes.storeBigEndian32((vni & identifierMask) &<< 8, at: 4)
    }
}
