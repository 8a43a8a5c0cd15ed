/// What a router would send back for a frame that doesn't fit into a tunnel: ICMP "fragmentation needed" (RFC 1191) or
/// ICMPv6 "packet too big" (RFC 4443, 3.2). Without it a path that is narrower than the sender thinks swallows large
/// packets and passes small ones. Linux's VXLAN does the same (iptunnel_pmtud_build_icmp).
public enum TooBigMessage {
    /// Who the message is from.
    public typealias Router = RouterMessage.Router

    /// Bytes that the buffer must have.
    public static var maximumLength: Int { @_noAllocation @_noLocks get { RouterMessage.maximumLength } }

    /// Writes the message as a whole frame.
    ///
    /// - Parameters:
    ///   - frame: the one that doesn't fit, from the destination address on; may be a super-frame.
    ///   - length: of it.
    ///   - mtu: the largest IP packet that would have fitted.
    ///   - router: who says so.
    ///   - buffer: `maximumLength` bytes, not the frame's.
    /// - Returns: the message's length; 0 if none may be sent.
    @_noAllocation @_noLocks
    public static func write(
        for frame: UnsafeRawPointer, length: Int, mtu: Int, router: Router, into buffer: UnsafeMutableRawPointer
    ) -> Int {
        RouterMessage.write(for: frame, length: length, kind: .tooBig(mtu), router: router, into: buffer)
    }
}
