extension RoutedPacket {
    /// The flags that tell what a segment is for: URG, ACK, RST, SYN, FIN.
    private static var meaningfulFlags: UInt8 { @_noAllocation @_noLocks get { 0x37 } }

    /// Reads a TCP header with its options.
    @inline(__always) @_noAllocation @_noLocks
    mutating func readTCP(_ segment: UnsafeRawPointer, count: Int) {
        guard count >= Transport.tcpMinimum else { return }
        let header = Int(segment.byte(at: 12) &>> 4) &* 4
        guard header >= Transport.tcpMinimum, header <= count else { return }
        let flags = segment.byte(at: 13)
        guard Self.isFlagSetValid(flags & Self.meaningfulFlags) else { return }
        source.port = segment.bigEndian16(at: 0)
        destination.port = segment.bigEndian16(at: 2)
        guard source.port != 0, destination.port != 0 else { return }
        tcp = TCPSegmentFacts(segment, headerLength: header, payloadLength: count &- header)
        transportLength = header
        kind = .tcp
    }

    /// The sets that a connection can have use for, as the kernel's connection tracking knows them.
    @inline(__always) @_noAllocation @_noLocks
    private static func isFlagSetValid(_ flags: UInt8) -> Bool {
        switch flags {
        // SYN, with URG, with ACK; RST, with ACK; ACK and FIN with ACK, each also with URG.
        case 0x02, 0x22, 0x12, 0x04, 0x14, 0x10, 0x30, 0x11, 0x31: true
        default: false
        }
    }

    /// Reads a UDP header.
    @inline(__always) @_noAllocation @_noLocks
    mutating func readUDP(_ datagram: UnsafeRawPointer, count: Int, isSuperframe: Bool) {
        guard let header = UDPView(datagram, available: count) else { return }
        let told = header.length
        // A first fragment tells the length of them all.
        let isShort = told < Transport.udpLength && !(told == 0 && isSuperframe)
        if isShort || told > count && !isFirstFragment { return }
        source.port = header.sourcePort
        destination.port = header.destinationPort
        // RFC 768 allows source port 0, but no answer could be translated.
        guard source.port != 0, destination.port != 0 else { return }
        transportLength = Transport.udpLength
        kind = .udp
    }
}
