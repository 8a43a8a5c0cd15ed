/// A super-frame inside one datagram, as Linux's own VXLAN hands it to its stack (SKB_GSO_UDP_TUNNEL): the kernel cuts it
/// where it leaves for a wire that wants it cut, and a peer on this machine gets it whole. Given to the kernel by a TAP
/// that understands virtio_net_hdr_v1_hash_tunnel (Linux 6.17).
public struct SuperDatagram {
    /// Who it is from and to, and what it carries.
    public struct Addresses {
        /// The interface that it leaves by.
        public var interface: UInt32
        /// IPv4 addresses are mapped, as `OuterDatagram` has them.
        public var source: (high: UInt64, low: UInt64)
        /// See `source`.
        public var destination: (high: UInt64, low: UInt64)
        /// Whether both are IPv4.
        public var isIPv4: Bool
        /// In host order.
        public var sourcePort: UInt16
        /// In host order.
        public var destinationPort: UInt16
        /// Both are the same for all that a tunnel sends to one VTEP.
        @_noAllocation @_noLocks @inline(__always)
        public init(
            interface: UInt32, source: (high: UInt64, low: UInt64), destination: (high: UInt64, low: UInt64),
            isIPv4: Bool, sourcePort: UInt16, destinationPort: UInt16
        ) {
            self.interface = interface
            self.source = source
            self.destination = destination
            self.isIPv4 = isIPv4
            self.sourcePort = sourcePort
            self.destinationPort = destinationPort
        }
    }

    /// linux/virtio_net.h: struct virtio_net_hdr_v1_hash_tunnel.
    private static var headerLength: Int { @_noAllocation @_noLocks get { 24 } }
    /// VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM: the outer checksum is left to the kernel, too.
    private static var outerChecksum: UInt8 { @_noAllocation @_noLocks get { 8 } }
    /// VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4.
    private static var overIPv4: UInt8 { @_noAllocation @_noLocks get { 0x20 } }
    /// VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6.
    private static var overIPv6: UInt8 { @_noAllocation @_noLocks get { 0x40 } }
    /// Hops that a datagram may take, as the sending sockets have it.
    private static var hopLimit: UInt8 { @_noAllocation @_noLocks get { 64 } }
    /// Bytes that the longest head has.
    public static var maximumHeadLength: Int {
        @_noAllocation @_noLocks get { headerLength &+ 14 &+ 40 &+ 8 &+ VXLANView.length }
    }

    /// The inner frame's gso_type, without what a tunnel adds.
    private let type: UInt8
    private let segmentSize: Int
    private let innerHeaderLength: Int
    /// Where the inner TCP header begins.
    private let innerTransport: Int
    private let length: Int

    /// Looks at a super-frame; nil if it can't go whole: it isn't TCP, it is one segment, it has a VLAN tag (the kernel takes the 14 bytes
    /// before the inner IP header for all of the inner Ethernet header), or it would make too large a packet.
    ///
    /// - Parameters:
    ///   - header: the virtio_net_hdr, made canonical by `VirtioNetHeader.check`.
    ///   - cutter: how the frame would be cut.
    ///   - length: of the frame.
    @_noAllocation @_noLocks
    public init?(header: UnsafeRawPointer, cutter: SegmentCutter, length: Int) {
        type = header.byte(at: 1)
        // Of what is no more than one segment the kernel would finish the inner checksum alone.
        guard type != VirtioNetHeader.gsoUDP, cutter.count > 1, cutter.networkOffset == Ethernet.headerLength else {
            return nil
        }
        // The largest IPv4 packet; the IPv6 header doesn't count.
        guard length &+ VXLANView.length &+ Transport.udpLength &+ IPv4View.minimumLength <= 65_535 else { return nil }
        segmentSize = cutter.segmentSize
        innerHeaderLength = cutter.headerLength
        innerTransport = Int(header.native16(at: 6))
        self.length = length
    }

    /// Writes all that comes before the inner frame: virtio header, Ethernet, IP, UDP and VXLAN.
    ///
    /// The Ethernet header tells the program on the TAP (heddle_tunnel.c) the interface in its source address; its
    /// addresses are the kernel's to fill in.
    ///
    /// - Parameters:
    ///   - vni: the network.
    ///   - congestion: the outer ECN bits.
    ///   - head: `maximumHeadLength` bytes.
    /// - Returns: how many were written.
    @_noAllocation @_noLocks
    public func write(
        vni: UInt32, congestion: UInt8, _ addresses: Addresses, into head: UnsafeMutableRawPointer
    ) -> Int {
        let networkLength = addresses.isIPv4 ? IPv4View.minimumLength : IPv6View.headerLength
        let udp = Ethernet.headerLength &+ networkLength
        let inner = udp &+ Transport.udpLength &+ VXLANView.length
        head.storeByte(VirtioNetHeader.needsChecksum | Self.outerChecksum, at: 0)
        head.storeByte(type | (addresses.isIPv4 ? Self.overIPv4 : Self.overIPv6), at: 1)
        head.storeNative16(UInt16(truncatingIfNeeded: inner &+ innerHeaderLength), at: 2)
        head.storeNative16(UInt16(truncatingIfNeeded: segmentSize), at: 4)
        head.storeNative16(UInt16(truncatingIfNeeded: inner &+ innerTransport), at: 6)
        head.storeNative16(UInt16(truncatingIfNeeded: Transport.tcpChecksumOffset), at: 8)
        // num_buffers, and a hash that isn't there.
        head.storeNative16(0, at: 10)
        head.storeNative64(0, at: 12)
        head.storeNative16(UInt16(truncatingIfNeeded: udp), at: 20)
        head.storeNative16(UInt16(truncatingIfNeeded: inner &+ Ethernet.headerLength), at: 22)

        let frame = head + Self.headerLength
        frame.storeBigEndian48(0x0200_0000_0000, at: 0)
        frame.storeNative32(addresses.interface, at: 6)
        frame.storeNative16(0, at: 10)
        frame.storeBigEndian16(addresses.isIPv4 ? EtherType.ipv4 : EtherType.ipv6, at: 12)
        let datagram = Transport.udpLength &+ VXLANView.length &+ length
        let network = frame + Ethernet.headerLength
        let pseudo: UInt16
        if addresses.isIPv4 {
            network.storeBigEndian16(0x4500 | UInt16(congestion), at: 0)
            network.storeBigEndian16(UInt16(truncatingIfNeeded: networkLength &+ datagram), at: 2)
            // DF.
            network.storeBigEndian32(0x0000_4000, at: 4)
            network.storeByte(Self.hopLimit, at: 8)
            network.storeByte(IPProtocol.udp, at: 9)
            network.storeNative16(0, at: 10)
            let source = UInt32(truncatingIfNeeded: addresses.source.low)
            let destination = UInt32(truncatingIfNeeded: addresses.destination.low)
            network.storeBigEndian32(source, at: 12)
            network.storeBigEndian32(destination, at: 16)
            network.storeNative16(~Checksum.sum(network, count: networkLength), at: 10)
            pseudo = Checksum.pseudoHeader(
                source: source, destination: destination, protocol: IPProtocol.udp,
                length: UInt32(truncatingIfNeeded: datagram))
        } else {
            network.storeBigEndian32(0x6000_0000 | UInt32(congestion) &<< 20, at: 0)
            network.storeBigEndian16(UInt16(truncatingIfNeeded: datagram), at: 4)
            network.storeByte(IPProtocol.udp, at: 6)
            network.storeByte(Self.hopLimit, at: 7)
            network.storeBigEndian64(addresses.source.high, at: 8)
            network.storeBigEndian64(addresses.source.low, at: 16)
            network.storeBigEndian64(addresses.destination.high, at: 24)
            network.storeBigEndian64(addresses.destination.low, at: 32)
            pseudo = Checksum.pseudoHeader(
                addresses: UnsafeRawPointer(network) + 8, protocol: IPProtocol.udp,
                length: UInt32(truncatingIfNeeded: datagram))
        }
        let header = network + networkLength
        header.storeBigEndian16(addresses.sourcePort, at: 0)
        header.storeBigEndian16(addresses.destinationPort, at: 2)
        header.storeBigEndian16(UInt16(truncatingIfNeeded: datagram), at: 4)
        // As of all partial checksums, the pseudo-header's sum.
        header.storeNative16(pseudo, at: 6)
        VXLANView.write(vni: vni, into: header + Transport.udpLength)
        return Self.headerLength &+ inner
    }
}
