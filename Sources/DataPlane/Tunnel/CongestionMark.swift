/// ECN through a tunnel (RFC 6040): routers of the underlay mark the outer packet, and the inner packet's receiver learns
/// of it.
public enum CongestionMark {
    /// Not-ECT: the transport knows nothing of ECN (the codepoints are RFC 3168's).
    public static var notCapable: UInt8 { @_noAllocation @_noLocks get { 0 } }
    /// ECT(1).
    public static var capable1: UInt8 { @_noAllocation @_noLocks get { 1 } }
    /// ECT(0).
    public static var capable0: UInt8 { @_noAllocation @_noLocks get { 2 } }
    /// CE: congestion experienced.
    public static var experienced: UInt8 { @_noAllocation @_noLocks get { 3 } }

    /// Where the byte with the ECN bits stands, and which they are.
    private struct Place {
        let network: Int
        let isIPv4: Bool

        /// nil if the frame isn't IP, or is cut.
        @inline(__always) @_noAllocation @_noLocks
        init?(_ frame: UnsafeRawPointer, length: Int) {
            guard let view = EthernetView(frame, length: length) else { return nil }
            let tags = TagWalk(view)
            let available = length &- tags.payload
            if tags.etherType == EtherType.ipv4 {
                guard IPv4View(frame + tags.payload, available: available) != nil else { return nil }
                isIPv4 = true
            } else {
                guard tags.etherType == EtherType.ipv6, IPv6View(frame + tags.payload, available: available) != nil
                else { return nil }
                isIPv4 = false
            }
            network = tags.payload
        }

        /// The byte, from the frame's first on, and how far left the bits stand in it.
        var offset: Int { @_noAllocation @_noLocks get { network &+ 1 } }
        var shift: UInt8 { @_noAllocation @_noLocks get { isIPv4 ? 0 : 4 } }
    }

    /// The outer packet's ECN bits: the inner packet's (normal mode, RFC 6040, 4.1); 0 if it isn't IP.
    ///
    /// - Parameters:
    ///   - frame: the inner frame; up to two VLAN tags are looked through.
    ///   - length: of it.
    @_noAllocation @_noLocks
    public static func encapsulated(_ frame: UnsafeRawPointer, length: Int) -> UInt8 {
        guard let place = Place(frame, length: length) else { return notCapable }
        return frame.byte(at: place.offset) &>> place.shift & 3
    }

    /// Brings the outer packet's mark into the inner packet (RFC 6040, figure 4). Nothing but the ECN bits and the IPv4
    /// header checksum changes.
    ///
    /// - Parameters:
    ///   - outer: the outer packet's ECN bits, the lowest two.
    ///   - frame: the inner frame.
    ///   - length: of it.
    /// - Returns: false if the frame must be dropped: marked on the way, but its transport wouldn't know what that means.
    @_noAllocation @_noLocks
    public static func decapsulate(outer: UInt8, frame: UnsafeMutableRawPointer, length: Int) -> Bool {
        let outer = outer & 3
        // Most packets: nothing to bring in.
        if outer == notCapable || outer == capable0 { return true }
        let bytes = UnsafeRawPointer(frame)
        guard let place = Place(bytes, length: length) else { return true }
        let old = bytes.byte(at: place.offset)
        let inner = old &>> place.shift & 3
        if inner == notCapable { return outer != experienced }
        // An inner CE stays; ECT(1) over ECT(0) is brought in too, it may be a signal of its own.
        let result = inner == experienced ? inner : outer
        if result == inner { return true }
        let before = bytes.native16(at: place.network)
        frame.storeByte(old & ~(3 &<< place.shift) | result &<< place.shift, at: place.offset)
        if place.isIPv4 {
            let checksum = Checksum.updated(
                bytes.native16(at: place.network &+ 10), old: before, new: bytes.native16(at: place.network))
            frame.storeNative16(checksum, at: place.network &+ 10)
        }
        return true
    }
}
