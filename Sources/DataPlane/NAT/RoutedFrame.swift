/// A frame that is being routed, and where it came from.
struct RoutedFrame {
    /// The virtio_net_hdr, with the frame right behind it.
    let header: UnsafeMutableRawPointer
    /// Of the frame.
    let length: Int
    /// The port that it came by: an endpoint's, or an uplink's.
    let ingress: UInt16
    /// The domain that it came in; 0: it came by an uplink.
    let domain: UInt16
    let isSuperframe: Bool
    let now: UInt32

    @inline(__always) @_noAllocation @_noLocks
    init(
        header: UnsafeMutableRawPointer, length: Int, ingress: UInt16, domain: UInt16, isSuperframe: Bool, now: UInt32
    ) {
        self.header = header
        self.length = length
        self.ingress = ingress
        self.domain = domain
        self.isSuperframe = isSuperframe
        self.now = now
    }

    /// From the destination address on.
    var frame: UnsafeRawPointer {
        @inline(__always) @_noAllocation @_noLocks get { UnsafeRawPointer(header) + VirtioNetHeader.length }
    }

    /// The sender's MAC address. `length` is at least 14: the frame was examined.
    var sourceMAC: UInt64 {
        @inline(__always) @_noAllocation @_noLocks get { frame.bigEndian48(at: 6) }
    }

    /// Whether the frame, which is tagged, is one that the host would take for an IP packet without a tag: it takes off
    /// tags of VLAN 0, and might send the packet on untranslated.
    var isHiddenPacket: Bool {
        @inline(__always) @_noAllocation @_noLocks get { Self.isHiddenPacket(frame, length: length) }
    }

    /// The same of a frame of any content and length.
    @_noAllocation @_noLocks
    static func isHiddenPacket(_ frame: UnsafeRawPointer, length: Int) -> Bool {
        guard let view = EthernetView(frame, length: length), EtherType.isTag(view.etherType),
            length >= Ethernet.headerLength &+ VLANTag.length
        else { return false }
        return frame.bigEndian16(at: Ethernet.headerLength) & VLANTag.identifierMask == 0
            && TagWalk(view).etherType != EtherType.arp
    }

    /// gso_size; 0 unless it is a super-frame.
    var segmentSize: Int {
        @inline(__always) @_noAllocation @_noLocks get {
            isSuperframe ? Int(UnsafeRawPointer(header).native16(at: 4)) : 0
        }
    }

    /// Packets that it stands for, each with `payload` split by the segment size.
    @inline(__always) @_noAllocation @_noLocks
    func packets(payload: Int) -> UInt32 {
        let size = segmentSize
        guard size > 0, payload > size else { return 1 }
        return UInt32(truncatingIfNeeded: (payload &+ size &- 1) / size)
    }
}
