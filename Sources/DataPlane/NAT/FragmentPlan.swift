/// How an IPv4 packet is cut into fragments (RFC 791, 3.2). Does not own the frame.
struct FragmentPlan {
    /// The packet, in the frame.
    let packet: IPv4View
    /// Bytes of its header, which each fragment gets a copy of.
    let header: Int
    /// Bytes that are cut.
    let payload: Int
    /// Bytes of each fragment's payload but the last's.
    let step: Int

    /// nil: it can't be cut: options would have to be copied or not, each by its kind, and a super-frame is cut otherwise.
    @inline(__always) @_noAllocation @_noLocks
    init?(_ frame: RoutedFrame, mtu: Int) {
        let start = Ethernet.headerLength
        guard let packet = IPv4View(frame.frame + start, available: frame.length &- start),
            packet.hasPlausibleLength, !frame.isSuperframe
        else { return nil }
        self.packet = packet
        header = packet.headerLength
        payload = packet.totalLength &- packet.headerLength
        step = (mtu &- packet.headerLength) & ~7
        guard header == IPv4View.minimumLength, step >= 8, payload > 0 else { return nil }
    }

    /// How many fragments.
    var count: Int { (payload + step - 1) / step }
}
