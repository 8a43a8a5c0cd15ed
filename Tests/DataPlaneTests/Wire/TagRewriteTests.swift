import DataPlane
import Testing

@Suite("Tag rewriting")
struct TagRewriteTests {
    /// What would be sent: the scratch, then the rest of the frame.
    private func rewritten(
        _ kind: EgressAction.Kind, vlan: UInt16 = 0, header: [UInt8], frame: [UInt8]
    ) -> (sent: [UInt8], count: Int, skip: Int) {
        let memory = ExactBytes(header + frame)
        let scratch = ExactBytes([UInt8](repeating: 0xCC, count: TagRewrite.scratchLength))
        let action = EgressAction(kind: kind, vlan: vlan)
        let rewrite = TagRewrite.write(action, header: memory.start, length: frame.count, into: scratch.start)
        #expect(memory.bytes == header + frame, "the slot is read-only")
        #expect(scratch.bytes[30...].allSatisfy { $0 == 0xCC })
        let sent = Array(scratch.bytes.prefix(rewrite.count)) + frame.dropFirst(rewrite.skip)
        return (sent, rewrite.count, rewrite.skip)
    }

    private let partial = TestFrames.vnet(flags: 1, type: 1, headerLength: 54, segment: 1448, start: 34, offset: 16)

    @Test("Push puts a tag behind the addresses and moves the offsets up")
    func push() {
        let result = rewritten(.pushTag, vlan: 0x0ABC, header: partial, frame: TestFrames.plain())
        let header = TestFrames.vnet(flags: 1, type: 1, headerLength: 58, segment: 1448, start: 38, offset: 16)
        #expect(result.sent == header + TestFrames.plain(tags: TestFrames.tag(0x0ABC), length: 64))
        #expect(result.count == 26)
        #expect(result.skip == 12)
    }

    @Test("Pop takes the first tag and moves the offsets down")
    func pop() {
        let frame = TestFrames.plain(tags: TestFrames.tag(7, priority: 5) + TestFrames.tag(8), length: 68)
        let result = rewritten(.popTag, header: partial, frame: frame)
        let header = TestFrames.vnet(flags: 1, type: 1, headerLength: 50, segment: 1448, start: 30, offset: 16)
        #expect(result.sent == header + TestFrames.plain(tags: TestFrames.tag(8), length: 64))
        #expect(result.count == 22)
        #expect(result.skip == 16)
    }

    @Test("Set keeps the priority and leaves the offsets")
    func set() {
        let frame = TestFrames.plain(tags: TestFrames.tag(0, priority: 6), length: 64)
        let result = rewritten(.setTag, vlan: 4094, header: partial, frame: frame)
        #expect(result.sent == partial + TestFrames.plain(tags: TestFrames.tag(4094, priority: 6), length: 64))
        #expect(result.count == 26)
        #expect(result.skip == 16)
    }

    @Test("Offsets that aren't in use stay zero", arguments: [EgressAction.Kind.pushTag, .popTag])
    func unused(kind: EgressAction.Kind) {
        let result = rewritten(
            kind, vlan: 1, header: TestFrames.vnet(flags: 2), frame: TestFrames.plain(tags: TestFrames.tag(9)))
        #expect(Array(result.sent.prefix(10)) == TestFrames.vnet(flags: 2))
    }

    @Test("Other actions rewrite nothing", arguments: [EgressAction.Kind.skip, .drop, .passUnchanged])
    func nothing(kind: EgressAction.Kind) {
        let result = rewritten(kind, header: partial, frame: TestFrames.plain())
        #expect(result.count == 0)
        #expect(result.skip == 0)
    }

    @Test("Frames that are too short are left alone", arguments: 0...20)
    func short(length: Int) {
        let frame = Array(TestFrames.plain(tags: TestFrames.tag(9)).prefix(length))
        #expect((rewritten(.pushTag, vlan: 1, header: partial, frame: frame).count != 0) == (length >= 14))
        #expect((rewritten(.popTag, header: partial, frame: frame).count != 0) == (length >= 18))
        #expect((rewritten(.setTag, vlan: 1, header: partial, frame: frame).count != 0) == (length >= 18))
    }
}

@Suite("Restoring a tag")
struct VLANRestoreTests {
    private func restored(tpid: UInt16, tci: UInt16, header: [UInt8], frame: [UInt8]) -> [UInt8]? {
        let memory = ExactBytes([0, 0, 0, 0] + header + frame)
        let place = VLANRestore.insert(tpid: tpid, tci: tci, at: memory.start + 4, length: frame.count)
        guard let place else {
            #expect(memory.bytes == [0, 0, 0, 0] + header + frame)
            return nil
        }
        #expect(place == memory.start)
        return memory.bytes
    }

    @Test("The tag comes back byte for byte", arguments: [(0x8100, 0x0005), (0x88A8, 0xFFFF), (0x8100, 0xE000)])
    func bytes(tpid: Int, tci: Int) {
        let frame = TestFrames.plain()
        let tag = TestFrames.big(UInt64(tpid), 2) + TestFrames.big(UInt64(tci), 2)
        let result = restored(tpid: UInt16(tpid), tci: UInt16(tci), header: TestFrames.vnet(), frame: frame)
        #expect(result == TestFrames.vnet() + frame.prefix(12) + tag + frame.dropFirst(12))
    }

    @Test("Offsets move along where they are in use")
    func offsets() {
        let header = TestFrames.vnet(flags: 1, type: 1, headerLength: 54, segment: 1448, start: 34, offset: 16)
        let result = restored(tpid: 0x8100, tci: 1, header: header, frame: TestFrames.plain())
        let moved = TestFrames.vnet(flags: 1, type: 1, headerLength: 58, segment: 1448, start: 38, offset: 16)
        #expect(result.map { Array($0.prefix(10)) } == moved)
    }

    @Test("Largest offsets wrap instead of trapping; the check refuses them")
    func wrapping() {
        let header = TestFrames.vnet(flags: 1, headerLength: 65535, start: 65535, offset: 65535)
        let result = restored(tpid: 0x8100, tci: 1, header: header, frame: TestFrames.plain())
        let moved = TestFrames.vnet(flags: 1, headerLength: 3, start: 3, offset: 65535)
        #expect(result.map { Array($0.prefix(10)) } == moved)
    }

    @Test("A frame without addresses is left alone", arguments: 0...13)
    func short(length: Int) {
        let frame = Array(TestFrames.plain().prefix(length))
        let result = restored(tpid: 0x8100, tci: 1, header: TestFrames.vnet(), frame: frame)
        #expect((result != nil) == (length >= 12))
    }
}
