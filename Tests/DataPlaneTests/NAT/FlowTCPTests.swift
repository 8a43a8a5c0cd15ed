import DataPlane
import Testing

@Suite("Flow table: TCP")
struct FlowTCPTests {
    private typealias Rig = FlowRig

    /// An outgoing or incoming flow; `shake` numbers its beginner's bytes from 1000 and the other's from 5000.
    private func make(_ rig: Rig, isIncoming: Bool = false) -> UInt32 {
        isIncoming
            ? rig.number(rig.come(Rig.tcp, to: Rig.outside(80), of: Rig.inside(2, 80), from: Rig.remote(1, 40_000)))
            : rig.open(Rig.tcp, Rig.inside(2, 40_000), Rig.remote(1, 80))
    }

    @Test("Handshake, data, half close, close; late segments pass", arguments: [false, true])
    func life(isIncoming: Bool) {
        let rig = Rig()
        let number = make(rig, isIncoming: isIncoming)
        let (begins, other) = (!isIncoming, isIncoming)
        #expect(rig.segment(number, fromInside: begins, TCP.syn, seq: 999))
        #expect(rig.state(number) == .opening)
        #expect(rig.segment(number, fromInside: begins, TCP.syn, seq: 999))
        #expect(rig.segment(number, fromInside: other, TCP.synAck, seq: 4999, ack: 1000))
        #expect(rig.state(number) == .opening)
        #expect(rig.segment(number, fromInside: begins, TCP.ack, seq: 1000, ack: 5000))
        #expect(rig.state(number) == .established)
        #expect(rig.segment(number, fromInside: begins, TCP.ack, seq: 1000, ack: 5000, payload: 500))
        #expect(rig.segment(number, fromInside: other, TCP.finAck, seq: 5000, ack: 1500, payload: 100))
        #expect(rig.state(number) == .closing)
        #expect(rig.segment(number, fromInside: begins, TCP.ack, seq: 1500, ack: 5101, payload: 500))
        #expect(rig.segment(number, fromInside: other, TCP.ack, seq: 5101, ack: 2000))
        #expect(rig.state(number) == .closing && rig.held(2).flows == 1)
        #expect(rig.segment(number, fromInside: begins, TCP.finAck, seq: 2000, ack: 5101))
        #expect(rig.state(number) == .closing)
        #expect(rig.segment(number, fromInside: other, TCP.ack, seq: 5101, ack: 2001))
        #expect(rig.state(number) == .closed && rig.held(2).flows == 0)
        #expect(rig.segment(number, fromInside: begins, TCP.finAck, seq: 2000, ack: 5101))
        #expect(rig.segment(number, fromInside: other, TCP.ack, seq: 5101, ack: 2001))
        #expect(rig.state(number) == .closed)
        // Only whoever began it may begin again.
        #expect(!rig.segment(number, fromInside: other, TCP.syn, seq: 123))
        #expect(rig.segment(number, fromInside: begins, TCP.syn, seq: 70_000))
        #expect(rig.state(number) == .opening && rig.held(2).flows == 1 && rig.held(2).opening == 1)
        #expect(rig.segment(number, fromInside: other, TCP.synAck, seq: 80_000, ack: 70_001))
        #expect(rig.segment(number, fromInside: begins, TCP.ack, seq: 70_001, ack: 80_001))
        #expect(rig.state(number) == .established && rig.held(2).opening == 0)
        #expect(rig.isConsistent())
    }

    @Test("Both sides open at once (RFC 5382, REQ-2), in either way of answering", arguments: [false, true])
    func simultaneous(withSYN: Bool) {
        let rig = Rig()
        let number = make(rig)
        #expect(rig.segment(number, fromInside: true, TCP.syn, seq: 999))
        #expect(rig.segment(number, fromInside: false, TCP.syn, seq: 4999))
        #expect(rig.state(number) == .opening)
        let flags = withSYN ? TCP.synAck : TCP.ack
        #expect(rig.segment(number, fromInside: true, flags, seq: withSYN ? 999 : 1000, ack: 5000))
        #expect(rig.state(number) == .opening)
        #expect(rig.segment(number, fromInside: false, flags, seq: withSYN ? 4999 : 5000, ack: 1000))
        #expect(rig.state(number) == .established)
        rig.close(number)
        #expect(rig.state(number) == .closed)
    }

    @Test("Only six sets of flags can be (RFC 9293, 3.10.7)")
    func flags() {
        let rig = Rig()
        let number = make(rig)
        rig.shake(number)
        let before = rig.flow(number)
        for flags in UInt8.min ... .max {
            let isPossible = [0x02, 0x12, 0x04, 0x14, 0x10, 0x11].contains(flags & 0x17)
            let passed = rig.segment(number, fromInside: true, flags & ~TCP.fin, seq: 900, ack: 5000)
            if flags & TCP.rst == 0, flags & TCP.fin == 0 { #expect(passed == isPossible, "\(flags)") }
            if !isPossible { #expect(!rig.segment(number, fromInside: true, flags, seq: 1000, ack: 5000), "\(flags)") }
        }
        #expect(rig.state(number) == .established && rig.flow(number).inFrames == before.inFrames)
    }

    @Test("Nothing but a SYN begins, and only of the side that begins")
    func beginning() {
        for isIncoming in [false, true] {
            let rig = Rig()
            let number = make(rig, isIncoming: isIncoming)
            for fromInside in [false, true] {
                for flags in [TCP.ack, TCP.finAck, TCP.synAck, TCP.rst] {
                    #expect(!rig.segment(number, fromInside: fromInside, flags, seq: 1, ack: 1))
                }
            }
            #expect(!rig.segment(number, fromInside: isIncoming, TCP.syn, seq: 1))
            #expect(rig.state(number) == .opening && rig.flow(number).outFrames == 0 && rig.flow(number).inFrames == 0)
            #expect(rig.segment(number, fromInside: !isIncoming, TCP.syn, seq: 1))
        }
    }

    @Test("A RST counts within the receiver's window, scaled as the SYNs said", arguments: [15, 0, 7] as [UInt8])
    func reset(scale: UInt8) {
        let window = UInt32(1000) << (scale == 15 ? 0 : UInt32(scale))
        for (offset, isRight) in [
            (0, true), (window, true), (window &+ 1, false), (UInt32.max, false), (1, true), (0x8000_0000, false),
        ] as [(UInt32, Bool)] {
            let rig = Rig()
            let number = make(rig)
            rig.shake(number, scale: scale)
            let before = rig.flow(number)
            rig.now &+= 10
            // To the inside, which has acknowledged 5000.
            let passed = rig.segment(number, fromInside: false, TCP.rst, seq: 5000 &+ offset)
            #expect(passed == isRight, "\(offset)")
            #expect(rig.state(number) == (isRight ? .closed : .established))
            #expect(rig.flow(number).seen == (isRight ? rig.now : before.seen))
            #expect(rig.held(2).flows == (isRight ? 0 : 1))
        }
    }

    @Test("A RST that was forged doesn't end a connection that goes on (RFC 7857, 2.2)")
    func forgedReset() {
        let rig = Rig()
        let number = make(rig)
        rig.shake(number)
        #expect(rig.segment(number, fromInside: false, TCP.rst, seq: 5000))
        #expect(rig.state(number) == .closed)
        // It may have been under way.
        rig.now &+= 1999
        #expect(rig.segment(number, fromInside: true, TCP.ack, seq: 1000, ack: 5000))
        #expect(rig.state(number) == .closed)
        #expect(rig.segment(number, fromInside: true, TCP.ack, seq: 1000, ack: 5000, payload: 1))
        #expect(rig.state(number) == .established && rig.held(2).flows == 1)
        #expect(rig.segment(number, fromInside: true, TCP.rstAck, seq: 1001, ack: 5000))
        #expect(rig.state(number) == .closed)
        rig.now &+= 2000
        #expect(rig.segment(number, fromInside: false, TCP.ack, seq: 5000, ack: 1001))
        #expect(rig.state(number) == .established)
        #expect(rig.isConsistent())
    }

    @Test("A refused connection, an aborted one, and an old one of which the other side still knows")
    func openingReset() {
        let rig = Rig()
        var number = make(rig)
        rig.segment(number, fromInside: true, TCP.syn, seq: 999)
        #expect(!rig.segment(number, fromInside: false, TCP.rstAck, seq: 0, ack: 999))
        #expect(!rig.segment(number, fromInside: false, TCP.rst, seq: 0))
        #expect(rig.state(number) == .opening)
        #expect(rig.segment(number, fromInside: false, TCP.rstAck, seq: 0, ack: 1000))
        #expect(rig.state(number) == .closed && rig.held(2).opening == 0)
        rig.table.remove(number)

        number = make(rig)
        rig.segment(number, fromInside: true, TCP.syn, seq: 999)
        #expect(rig.segment(number, fromInside: true, TCP.rst, seq: 1000))
        #expect(rig.state(number) == .closed)
        rig.table.remove(number)

        // RFC 9293, figure 9.
        number = make(rig)
        rig.segment(number, fromInside: true, TCP.syn, seq: 999)
        #expect(rig.segment(number, fromInside: false, TCP.ack, seq: 300, ack: 100))
        #expect(rig.segment(number, fromInside: true, TCP.rst, seq: 100))
        #expect(rig.state(number) == .opening)
        #expect(rig.segment(number, fromInside: true, TCP.syn, seq: 999))
        #expect(rig.segment(number, fromInside: false, TCP.synAck, seq: 4999, ack: 1000))
        #expect(rig.segment(number, fromInside: true, TCP.ack, seq: 1000, ack: 5000))
        #expect(rig.state(number) == .established)
        rig.segment(number, fromInside: true, TCP.syn, seq: 12_345)
        #expect(rig.state(number) == .established)
    }

    @Test("A FIN or an acknowledgement beyond what can be changes nothing, and passes")
    func outOfWindow() {
        let rig = Rig()
        let number = make(rig)
        rig.shake(number)
        #expect(rig.segment(number, fromInside: false, TCP.finAck, seq: 7000, ack: 1000))
        #expect(rig.segment(number, fromInside: false, TCP.finAck, seq: 4000, ack: 1000))
        #expect(rig.state(number) == .established)
        #expect(rig.segment(number, fromInside: false, TCP.ack, seq: 5000, ack: 900_000))
        // Had that counted, this RST would be before the window.
        #expect(rig.segment(number, fromInside: true, TCP.rst, seq: 1000))
        #expect(rig.state(number) == .closed)
    }

    @Test("Sequence numbers come round, in super-frames, with data on the SYN")
    func wrapping() {
        let rig = Rig()
        let number = make(rig)
        rig.segment(number, fromInside: true, TCP.syn, seq: .max - 100, payload: 50, scale: 14)
        rig.segment(number, fromInside: false, TCP.synAck, seq: .max, ack: .max - 99, window: 65_535, scale: 14)
        rig.segment(number, fromInside: true, TCP.ack, seq: .max - 49, ack: 0, window: 65_535)
        #expect(rig.state(number) == .established)
        var (sent, heard) = (UInt32.max - 49, UInt32(0))
        for _ in 0..<100_000 {
            #expect(
                rig.segment(number, fromInside: true, TCP.ack, seq: sent, ack: heard, window: 65_535, payload: 65_000))
            sent &+= 65_000
            #expect(rig.segment(number, fromInside: false, TCP.ack, seq: heard, ack: sent, window: 65_535, payload: 1))
            heard &+= 1
        }
        #expect(!rig.segment(number, fromInside: false, TCP.rst, seq: heard &- 2))
        #expect(rig.segment(number, fromInside: false, TCP.rst, seq: heard))
        #expect(rig.state(number) == .closed)
    }

    @Test(
        "The window scale option is read wherever it stands, and no byte behind the header",
        arguments: [
            ([3, 3, 9, 0], 9), ([1, 3, 3, 14], 14), ([3, 3, 200, 1], 14), ([2, 4, 5, 180, 1, 3, 3, 7], 7),
            ([0, 3, 3, 7], 15),
            ([2, 0, 3, 3, 7, 1, 1, 1], 15), ([1, 1, 1, 3], 15), ([1, 1, 3, 3], 15), ([5, 200, 3, 3], 15), ([], 15),
        ] as [([UInt8], UInt8)])
    func options(options: [UInt8], scale: UInt8) {
        let length = 20 + options.count
        let header: [UInt8] = [
            0, 80, 1, 2, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x50, 0x12, 0x12, 0x34, 0, 0, 0, 0,
        ]
        for isSYN in [true, false] {
            var bytes = header + options
            if !isSYN { bytes[13] = 0x10 }
            let memory = UnsafeMutableRawPointer.allocate(byteCount: length, alignment: 1)
            memory.copyMemory(from: bytes, byteCount: length)
            let facts = TCPSegmentFacts(memory, headerLength: length, payloadLength: 3)
            #expect(facts.windowScale == (isSYN ? scale : 15))
            #expect(facts.sequence == 0x1122_3344 && facts.acknowledgement == 0x5566_7788 && facts.window == 0x1234)
            #expect(facts.flags == bytes[13] && facts.payloadLength == 3)
            memory.deallocate()
        }
    }
}
