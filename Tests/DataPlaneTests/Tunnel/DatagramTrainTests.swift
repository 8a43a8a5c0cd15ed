import DataPlane
import Testing

/// A VXLAN header and an inner frame.
func vxlan(_ inner: [UInt8], vni: UInt32 = 42) -> [UInt8] {
    [8, 0, 0, 0] + TestFrames.big(UInt64(vni), 3) + [0] + inner
}

@Suite("Datagram train")
struct DatagramTrainTests {
    private typealias Make = TestFrames
    private static let flow = TunnelFlow(isTCP: false, ports: (50_000, 4789))
    private static let udp = UInt16(flow.transportOffset)
    /// Where the first inner frame begins.
    private static let inner = UInt16(flow.headerLength + 8)

    /// What a train held: each inner frame, nil if it was truncated; and the header for all of them.
    private struct Contents: Equatable {
        var pieces: [[UInt8]?]
        var header: [UInt8]
    }

    private func contents(_ header: [UInt8], _ payload: [UInt8], flow: TunnelFlow = flow) -> Contents? {
        let vnet = ExactBytes(header)
        let frame = flow.frame(payload)
        let memory = ExactBytes(frame)
        guard let outer = OuterDatagram(memory.start, length: memory.count, networkOffset: flow.networkOffset),
            var train = DatagramTrain(header: vnet.start, outer: outer)
        else { return nil }
        var contents = Contents(pieces: [], header: [])
        var piece = DatagramTrain.Piece()
        while train.next(&piece) {
            #expect(piece.innerOffset == piece.vxlanOffset + 8)
            #expect(piece.innerLength >= 0)
            #expect(!piece.isTruncated || piece.innerLength == 0)
            contents.pieces.append(
                piece.isTruncated ? nil : Array(frame[piece.innerOffset..<piece.innerOffset + piece.innerLength]))
        }
        let isMore = train.next(&piece)
        #expect(!isMore)
        let written = ExactBytes([UInt8](repeating: 0xEE, count: 10))
        train.writeInnerHeader(into: written.start)
        contents.header = written.bytes
        return contents
    }

    @Test("One inner frame, the outer checksum finished, found right, or left to be finished")
    func single() {
        let expected = Contents(pieces: [Make.plain()], header: Make.vnet())
        for header in [
            Make.vnet(), Make.vnet(flags: 2), Make.vnet(flags: 1, start: Self.udp, offset: 6),
            Make.vnet(flags: 2, headerLength: 42, segment: 9, start: 99, offset: 99),
        ] {
            #expect(contents(header, vxlan(Make.plain())) == expected)
        }
    }

    @Test("One inner frame whose own checksum is partial")
    func partial() {
        let inner = TunnelFlow().frame([1, 2, 3], partial: true)
        #expect(
            contents(Make.vnet(flags: 1, start: Self.inner + 34, offset: 16), vxlan(inner))
                == Contents(pieces: [inner], header: Make.vnet(flags: 1, start: 34, offset: 16)))
    }

    @Test("One inner super-frame of each kind; the header is what the check makes canonical")
    func superframes() {
        for (isIPv4, isTCP, ecn) in [
            (true, true, false), (true, true, true), (false, true, false), (true, false, false),
        ] {
            let flow = TunnelFlow(isIPv4: isIPv4, isTCP: isTCP)
            let inner = flow.frame([UInt8](repeating: 7, count: 500), partial: true)
            let own = flow.header(segment: 100, ecn: ecn)
            let outer = Make.vnet(
                flags: 1, type: own[1], headerLength: 999, segment: 100,
                start: Self.inner + UInt16(flow.transportOffset), offset: UInt16(own[8]))
            let found = contents(outer, vxlan(inner))
            #expect(found?.pieces == [inner])
            let vnet = ExactBytes(found?.header ?? [])
            let memory = ExactBytes(inner)
            #expect(vnet.count == 10)
            #expect(VirtioNetHeader.check(vnet.start, frame: memory.start, length: memory.count) == .none)
            #expect(vnet.bytes == own)
        }
    }

    @Test("A train: equal pieces, a shorter last one, and one that is cut", arguments: [true, false])
    func train(isIPv4: Bool) {
        let flow = TunnelFlow(tags: Make.tag(3), isIPv4: isIPv4, isTCP: false)
        let start = UInt16(flow.transportOffset)
        let frames = (0..<5).map { _ in Make.plain(length: 92) } + [Make.plain(length: 60)]
        let header = Make.vnet(flags: 1, type: 5, headerLength: 50, segment: 100, start: start, offset: 6)
        let payload = frames.flatMap { vxlan($0) }
        #expect(contents(header, payload, flow: flow) == Contents(pieces: frames, header: Make.vnet()))
        #expect(
            contents(header, Array(payload.prefix(507)), flow: flow)?.pieces == Array(frames.prefix(5)) + [nil])
        #expect(
            contents(header, Array(payload.prefix(508)), flow: flow)?.pieces == Array(frames.prefix(5)) + [[]])
        #expect(contents(header, Array(payload.prefix(500)), flow: flow)?.pieces == Array(frames.prefix(5)))
    }

    @Test("Too short for a VXLAN header is a truncated piece, not none")
    func truncated() {
        for count in 0..<8 {
            #expect(contents(Make.vnet(), [UInt8](repeating: 8, count: count))?.pieces == [nil], "\(count)")
        }
        #expect(contents(Make.vnet(), vxlan([]))?.pieces == [[]])
    }

    @Test("Headers that make no sense")
    func refused() {
        let payload = vxlan(Make.plain())
        func isRefused(_ flags: UInt8, _ type: UInt8, _ segment: UInt16, _ start: UInt16, _ offset: UInt16) -> Bool {
            contents(Make.vnet(flags: flags, type: type, segment: segment, start: start, offset: offset), payload)
                == nil
        }
        #expect(!isRefused(1, 5, 40, Self.udp, 6))
        // A checksum in front of the UDP header, in it, in the VXLAN header.
        for start in [0, 14, Self.udp - 1, Self.udp + 1, Self.udp + 8, Self.inner - 1] {
            #expect(isRefused(1, 0, 0, start, 6), "\(start)")
            #expect(isRefused(1, 1, 100, start, 16), "\(start)")
            #expect(isRefused(1, 5, 100, start, 6), "\(start)")
        }
        // A train with another checksum, no size, too many datagrams, without a flag; TCP in the outer header.
        #expect(isRefused(1, 5, 40, Self.udp, 16))
        #expect(isRefused(1, 5, 0, Self.udp, 6))
        #expect(isRefused(0, 5, 40, Self.udp, 6))
        #expect(isRefused(0, 1, 100, Self.inner + 34, 16))
        #expect(isRefused(1, 1, 100, Self.udp, 16))
        // Fragments, tunnels, ECN without TCP, unknown ones.
        for type in [2, 3, 6, 0x21, 0x41, 0x61, 0x80, 0x83, 0x85] as [UInt8] {
            #expect(isRefused(1, type, 100, Self.inner + 34, 16), "type \(type)")
        }
        let long = [UInt8](repeating: 8, count: 129)
        #expect(contents(Make.vnet(flags: 1, type: 5, segment: 1, start: Self.udp, offset: 6), long) == nil)
        #expect(
            contents(Make.vnet(flags: 1, type: 5, segment: 2, start: Self.udp, offset: 6), long)?.pieces.count == 65)
    }
}
