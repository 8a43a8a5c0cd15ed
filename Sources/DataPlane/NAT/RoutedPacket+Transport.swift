extension RoutedPacket {
    /// The flags that tell what a segment is for: URG, ACK, RST, SYN, FIN.
    private static var meaningfulFlags: UInt8 { @_noAllocation @_noLocks get { 0x37 } }
    private static var synchronise: UInt8 { @_noAllocation @_noLocks get { 0x02 } }

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
        tcp = TCPSegmentFacts(
            flags: flags, sequence: segment.bigEndian32(at: 4), acknowledgement: segment.bigEndian32(at: 8),
            window: segment.bigEndian16(at: 14), payload: UInt32(truncatingIfNeeded: count &- header))
        if flags & Self.synchronise != 0 { tcp.windowScale = Self.windowScale(segment, header: header) }
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

    /// The shift count of the window scale option; 0xFF: there is none.
    @inline(never) @_noAllocation @_noLocks
    private static func windowScale(_ segment: UnsafeRawPointer, header: Int) -> UInt8 {
        var place = Transport.tcpMinimum
        while place < header {
            let kind = segment.byte(at: place)
            if kind == 0 { break }
            if kind == 1 {
                place &+= 1
                continue
            }
            guard place &+ 1 < header else { break }
            let length = Int(segment.byte(at: place &+ 1))
            guard length >= 2, length <= header &- place else { break }
            if kind == 3, length == 3 {
                let shift = segment.byte(at: place &+ 2)
                // RFC 7323, 2.3: more is taken for 14.
                return shift < 14 ? shift : 14
            }
            place &+= length
        }
        return 0xFF
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
