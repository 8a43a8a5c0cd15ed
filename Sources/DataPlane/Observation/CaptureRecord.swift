/// What became of a frame where it was captured.
package enum CaptureVerdict: UInt8, Sendable, CaseIterable {
    /// It wasn't known yet when the record was given away.
    case unknown
    /// Came in, and goes to one port.
    case forwarded
    /// Came in, and goes to all other ports that may have it.
    case flooded
    /// Came in, and goes over a tunnel.
    case tunnelled
    /// Came in, and is routed out of its network.
    case routed
    /// Came in, and waits for the MAC address of its next hop.
    case held
    /// Came in, and Heddle itself took it.
    case consumed
    /// Went out.
    case sent
    /// Goes nowhere; the record says why.
    case dropped
}

/// One captured frame, as it lies in the ring: 56 bytes of header, then the frame.
///
///     0 size (4) · 4 kind · 5 direction · 6 verdict · 7 drop reason · 8 time (8, ns since 1970) · 16 length (4)
///     20 captured (4) · 24 port (2) · 26 target (2) · 28 domain (2) · 30 zero (2) · 32 frame's number (8)
///     40 virtio_net_hdr (10) · 50 zero (2) · 52 lost before it (4) · 56 the frame
enum CaptureRecordLayout {
    static var headerLength: Int { @_noAllocation @_noLocks get { 56 } }
    static var padding: UInt8 { @_noAllocation @_noLocks get { 0 } }
    static var frame: UInt8 { @_noAllocation @_noLocks get { 1 } }
    static var incoming: UInt8 { @_noAllocation @_noLocks get { 0 } }
    static var outgoing: UInt8 { @_noAllocation @_noLocks get { 1 } }

    /// Bytes of a record that holds so much of a frame.
    @inline(__always)
    static func size(captured: Int) -> Int { (headerLength &+ captured &+ 7) & ~7 }
}

/// A captured frame, copied out of the ring.
package struct CaptureRecord: Sendable, Hashable {
    /// Nanoseconds since 1970.
    package var time: Int64 = 0
    /// The port, or 0 for the tunnel side of `domain`.
    package var port: UInt16 = 0
    /// The domain that the port is in; 0: none.
    package var domain: UInt16 = 0
    /// Out of the switch, and not into it.
    package var isOut = false
    /// What became of it.
    package var verdict = CaptureVerdict.unknown
    /// Why it goes nowhere.
    package var reason = DropReason.none
    /// The port or VTEP that it goes to, if it is one.
    package var target: UInt16 = 0
    /// The same for the same frame where it comes in and where it goes out; 0: none.
    package var number: UInt64 = 0
    /// Bytes of the frame on its way.
    package var length = 0
    /// Records that found no room just before this one.
    package var lostBefore: UInt32 = 0
    /// virtio_net_hdr: a super-frame's kind; 0: an ordinary frame.
    package var segmentType: UInt8 = 0
    /// virtio_net_hdr: payload of each packet of a super-frame.
    package var segmentSize = 0
    /// The transport checksum is still the pseudo-header's sum, and could not be finished.
    package var hasPartialChecksum = false
    /// The frame's first bytes, from the destination address on.
    package var bytes: [UInt8] = []

    /// An empty record.
    package init() {}

    /// How many packets a super-frame stands for; nil: it isn't one.
    package var segments: Int? {
        guard segmentType != VirtioNetHeader.gsoNone, segmentSize > 0 else { return nil }
        let payload = length - headers
        return payload > 0 ? (payload + segmentSize - 1) / segmentSize : 1
    }

    /// Bytes of a super-frame's headers, as far as they were captured.
    private var headers: Int {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, let view = EthernetView(base, length: buffer.count) else { return 0 }
            let transport = Transport(view)
            guard case .located = transport.kind else { return 0 }
            if segmentType == VirtioNetHeader.gsoUDP { return transport.offset + Transport.udpLength }
            return transport.offset + (Transport.tcpLength(view, at: transport.offset) ?? 20)
        }
    }
}
