/// Whether a frame fits a tunnel.
enum TunnelFit {
    /// It does; how it is cut if it is a super-frame.
    case fits(SegmentCutter?)
    /// Announced as a super-frame, with nothing to cut.
    case uncuttable
    /// It is longer than the tunnel carries: the largest packet that its sender may send.
    case tooLong(mtu: Int)

    /// - Parameters:
    ///   - header: the virtio_net_hdr, with the frame right behind it.
    ///   - length: of the frame, at least 14.
    @inline(__always) @_noAllocation @_noLocks
    init(_ header: UnsafeRawPointer, _ length: Int, _ overlay: Overlay) {
        let frame = header + VirtioNetHeader.length
        let isSuperframe = VirtioNetHeader.isSuperframe(header)
        let cutter = isSuperframe ? SegmentCutter(header: header, frame: frame, length: length) : nil
        if isSuperframe, cutter == nil {
            self = .uncuttable
            return
        }
        // A tag takes its room from the payload: outside there is none for it.
        let allowed = Ethernet.headerLength &+ overlay.mtu
        let longest = cutter.map { min($0.headerLength &+ $0.segmentSize, length) } ?? length
        if longest <= allowed {
            self = .fits(cutter)
        } else if let view = EthernetView(frame, length: length) {
            self = .tooLong(mtu: overlay.mtu &- (TagWalk(view).payload &- Ethernet.headerLength))
        } else {
            self = .uncuttable
        }
    }
}
