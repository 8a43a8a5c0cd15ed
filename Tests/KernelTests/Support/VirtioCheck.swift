// Offers: `VirtioCheck`, an opinion of its own on whether a virtio_net_hdr tells the truth about its frame.

/// What linux/virtio_net.h and the kernel's virtio_net_hdr_to_skb demand, written without the code under test.
enum VirtioCheck {
    /// The first thing that is wrong with a header of 10 bytes and the frame behind it; nil: nothing.
    static func lie(in received: FrameSocket.Received) -> String? {
        let (header, frame) = (received.header, received.frame)
        func number(_ offset: Int) -> Int { Int(header[offset]) | Int(header[offset + 1]) << 8 }
        guard frame.count >= 14 else { return "shorter than an Ethernet header" }
        let type = header[1] & 0x7F
        let tagged = frame[12] == 0x81 && frame[13] == 0
        // The kernel counts from the frame without the tag that it took out.
        let shift = tagged ? 4 : 0
        let (segment, start, offset) = (number(4), number(6) + shift, number(8))
        if header[0] & 1 == 0 { return type == 0 ? nil : "a super-frame with a finished checksum" }
        if start < 14 { return "a checksum over the Ethernet header" }
        if start + offset + 2 > frame.count { return "a checksum outside of the frame" }
        if type == 0 { return nil }
        guard [1, 4, 5].contains(type) else { return "an unknown type" }
        if segment == 0 { return "segments of nothing" }
        let network = 14 + shift
        guard frame.count >= network + 20 else { return "a super-frame without an IP header" }
        let version = frame[network] >> 4
        guard version == 4 || version == 6 else { return "a super-frame that isn't IP" }
        if type == 1, version != 4 { return "TCP over IPv4 that isn't" }
        if type == 4, version != 6 { return "TCP over IPv6 that isn't" }
        return nil
    }
}
