import DataPlane
import Testing

/// What became of frames that were put together in turn: the super-frame with its header, or the place of the first
/// frame that was refused.
enum Merged: Equatable {
    case whole(header: [UInt8], frame: [UInt8], isClosed: Bool)
    case noSegment(Int)
    case refused(Int)
}

/// Puts frames together.
func merge(_ frames: [[UInt8]]) -> Merged {
    let starts = frames.map { frame in
        let start = UnsafeMutableRawPointer.allocate(byteCount: max(1, frame.count), alignment: 1)
        UnsafeMutableRawBufferPointer(start: start, count: frame.count).copyBytes(from: frame)
        return start
    }
    defer { starts.forEach { $0.deallocate() } }
    guard let first = TCPSegment(starts[0], length: frames[0].count) else { return .noSegment(0) }
    #expect(first.isChecksumRight())
    var run = SegmentRun(first: first)
    var payloads: [UInt8] = []
    for (index, frame) in frames.enumerated().dropFirst() {
        guard let segment = TCPSegment(starts[index], length: frame.count) else { return .noSegment(index) }
        #expect(segment.isChecksumRight())
        if !run.append(segment) { return .refused(index) }
        #expect(segment.payloadOffset + segment.payloadLength == frame.count)
        payloads += frame[segment.payloadOffset...]
    }
    #expect(run.count == frames.count)
    let vnet = ExactBytes([UInt8](repeating: 0xEE, count: 10))
    run.finish(header: vnet.start, frame: starts[0])
    let merged = Array(UnsafeRawBufferPointer(start: starts[0], count: frames[0].count)) + payloads
    #expect(run.totalLength == merged.count)
    #expect(run.headerLength + run.payloadLength == merged.count)
    return .whole(header: vnet.bytes, frame: merged, isClosed: run.isClosed)
}

@Suite("Segment run")
struct SegmentRunTests {
    private typealias Make = TestFrames
    private static let payload = (0..<200).map { UInt8($0) }

    @Test("Two segments, byte by byte")
    func example() {
        let ethernet = Make.ethernet(type: 0x0800)
        let addresses: [UInt8] = [10, 0, 0, 2, 10, 0, 0, 3, 0x9C, 0x40, 0, 80]
        let zeros = [UInt8](repeating: 0, count: 48)
        let first: [UInt8] =
            [0x45, 0, 0, 88, 0, 1, 0x40, 0, 64, 6, 0x26, 0x9B] + addresses
            + [0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 1, 0, 0xFE, 0x0C, 0, 0] + zeros
        let second: [UInt8] =
            [0x45, 0, 0, 42, 0, 2, 0x40, 0, 64, 6, 0x26, 0xC8] + addresses
            + [0, 0, 0, 49, 0, 0, 0, 2, 0x50, 0x18, 1, 0, 0xFE, 0x02, 0, 0] + [0, 0]
        let merged: [UInt8] =
            [0x45, 0, 0, 90, 0, 1, 0x40, 0, 64, 6, 0x26, 0x99] + addresses
            + [0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18, 1, 0, 0x14, 0x51, 0, 0] + zeros + [0, 0]
        #expect(
            merge([ethernet + first, ethernet + second])
                == .whole(
                    header: Make.vnet(flags: 1, type: 1, headerLength: 54, segment: 48, start: 34, offset: 16),
                    frame: ethernet + merged, isClosed: true))
    }

    @Test("What was cut is put together to the same super-frame", arguments: TunnelFlow.shapes)
    func roundTrip(flow: TunnelFlow) throws {
        var generator = SeededGenerator(seed: 7)
        for round in 0..<200 {
            var flow = flow
            flow.flags = round % 2 == 0 ? 0x10 : 0x18
            flow.trafficClass = UInt8(truncatingIfNeeded: generator.next())
            flow.ttl = UInt8(truncatingIfNeeded: generator.next())
            flow.fragment = round % 3 == 0 ? 0 : 0x4000
            flow.identification = UInt16(truncatingIfNeeded: generator.next())
            flow.sequence = UInt32(truncatingIfNeeded: generator.next())
            let segment = 48 + generator.below(1400)
            let payload = randomBytes(segment + 1 + generator.below(segment * 5), &generator)
            let header = flow.header(segment: segment)
            let frame = flow.frame(payload, partial: true)
            let frames = try #require(cut(header: header, frame: frame))
            let isClosed = flow.flags & 8 != 0 || payload.count % segment != 0
            #expect(
                merge(frames) == .whole(header: header, frame: frame, isClosed: isClosed), "seed 7, round \(round)")
            // Nothing is left for the check to refuse or to change.
            let vnet = ExactBytes(header)
            let memory = ExactBytes(frame)
            #expect(VirtioNetHeader.check(vnet.start, frame: memory.start, length: memory.count) == .none)
            #expect(vnet.bytes == header)
        }
    }

    /// The second segment with one thing changed.
    struct Deviation: Sendable, CustomStringConvertible {
        let description: String
        var isIPv4 = true
        let change: @Sendable (inout TunnelFlow) -> Void
    }

    static let deviations: [Deviation] = [
        Deviation(description: "destination MAC") { $0.destination ^= 1 },
        Deviation(description: "source MAC") { $0.source ^= 1 << 40 },
        Deviation(description: "tag's VLAN") { $0.tags = TestFrames.tag(6) },
        Deviation(description: "tag's priority") { $0.tags = TestFrames.tag(5, priority: 1) },
        Deviation(description: "tag's TPID") { $0.tags = TestFrames.tag(5, tpid: 0x88A8) },
        Deviation(description: "no tag") { $0.tags = [] },
        Deviation(description: "another IP version") { $0.isIPv4 = false },
        Deviation(description: "TOS") { $0.trafficClass = 4 },
        Deviation(description: "ECN") { $0.trafficClass = 3 },
        Deviation(description: "TTL") { $0.ttl = 63 },
        Deviation(description: "DF") { $0.fragment = 0 },
        Deviation(description: "identification ahead") { $0.identification += 1 },
        Deviation(description: "identification behind") { $0.identification -= 2 },
        Deviation(description: "source address") { $0.ipv4Source ^= 1 },
        Deviation(description: "destination address") { $0.ipv4Destination ^= 1 << 31 },
        Deviation(description: "source port") { $0.ports.source ^= 1 },
        Deviation(description: "destination port") { $0.ports.destination ^= 1 },
        Deviation(description: "sequence with a gap") { $0.sequence += 1 },
        Deviation(description: "sequence with an overlap") { $0.sequence -= 1 },
        Deviation(description: "sequence of the first") { $0.sequence = 1000 },
        Deviation(description: "acknowledgement") { $0.acknowledgement += 1 },
        Deviation(description: "window") { $0.window += 1 },
        Deviation(description: "urgent pointer") { $0.urgent = 1 },
        Deviation(description: "option's value") { $0.options[11] ^= 1 },
        Deviation(description: "option's kind") { $0.options[0] = 0 },
        Deviation(description: "fewer options") { $0.options = [] },
        Deviation(description: "more options") { $0.options += [1, 1, 1, 1] },
        Deviation(description: "traffic class", isIPv4: false) { $0.trafficClass = 0x10 },
        Deviation(description: "flow label", isIPv4: false) { $0.flowLabel ^= 0x10000 },
        Deviation(description: "hop limit", isIPv4: false) { $0.ttl = 63 },
        Deviation(description: "IPv6 source, high", isIPv4: false) { $0.ipv6Source ^= 1 << 127 },
        Deviation(description: "IPv6 source, low", isIPv4: false) { $0.ipv6Source ^= 1 },
        Deviation(description: "IPv6 destination, high", isIPv4: false) { $0.ipv6Destination ^= 1 << 64 },
        Deviation(description: "IPv6 destination, low", isIPv4: false) { $0.ipv6Destination ^= 1 << 63 },
        Deviation(description: "IPv6 sequence", isIPv4: false) { $0.sequence += 1 },
    ]

    private static func pair(isIPv4: Bool = true) -> (first: TunnelFlow, second: TunnelFlow) {
        let first = TunnelFlow(tags: TestFrames.tag(5), isIPv4: isIPv4, options: TunnelFlow.timestamps)
        var second = first
        second.sequence += 200
        second.identification += 1
        return (first, second)
    }

    @Test("Any one thing that differs ends the run", arguments: deviations)
    func deviation(_ deviation: Deviation) {
        var (first, second) = Self.pair(isIPv4: deviation.isIPv4)
        #expect(merge([first.frame(Self.payload), second.frame(Self.payload)]) != .refused(1))
        deviation.change(&second)
        #expect(merge([first.frame(Self.payload), second.frame(Self.payload)]) == .refused(1))
        // As little as that is a run of its own.
        first = second
        first.sequence -= 200
        first.identification -= 1
        if case .whole = merge([first.frame(Self.payload), second.frame(Self.payload)]) { return }
        Issue.record("two alike were refused")
    }

    @Test("Flags other than ACK, PSH, FIN and ECE, and ACK missing, are no segment", arguments: 0...255)
    func flags(flags: Int) {
        let flow = TunnelFlow(flags: UInt8(flags))
        let isAllowed = flags & ~0x49 == 0x10
        let memory = ExactBytes(flow.frame(Self.payload))
        #expect((TCPSegment(memory.start, length: memory.count) != nil) == isAllowed)
    }

    @Test("Sizes: none larger than the first, nothing after a shorter one or PSH")
    func sizes() {
        let (first, second) = Self.pair()
        let longer = Self.payload + [1]
        let shorter = Array(Self.payload.dropLast())
        #expect(merge([first.frame(Self.payload), second.frame(longer)]) == .refused(1))
        var third = second
        third.sequence += 199
        third.identification += 1
        #expect(
            merge([first.frame(Self.payload), second.frame(shorter), third.frame(shorter)]) == .refused(2))
        third.sequence += 1
        var pushed = second
        pushed.flags = 0x18
        #expect(
            merge([first.frame(Self.payload), pushed.frame(Self.payload), third.frame(shorter)]) == .refused(2))
        var start = first
        start.flags = 0x18
        #expect(merge([start.frame(Self.payload), second.frame(Self.payload)]) == .refused(1))
        guard
            case .whole(_, _, false) = merge([
                first.frame(Self.payload), second.frame(Self.payload), third.frame(Self.payload),
            ])
        else {
            Issue.record("three alike were refused")
            return
        }
    }

    @Test("Segments too small for a super-frame begin no run")
    func small() {
        let first = TunnelFlow()
        var second = first
        second.identification += 1
        second.sequence += 47
        #expect(merge([first.frame(Array(Self.payload.prefix(47))), second.frame([1])]) == .refused(1))
        second.sequence += 1
        if case .whole = merge([first.frame(Array(Self.payload.prefix(48))), second.frame([1])]) { return }
        Issue.record("48 bytes were refused")
    }

    @Test("Identifications: all the same with DF, one more each time without or with")
    func identifications() {
        func run(_ steps: [UInt16], fragment: UInt16) -> Merged {
            merge(
                steps.enumerated().map { index, step in
                    var flow = TunnelFlow(identification: 0xFFFF &+ step, fragment: fragment)
                    flow.sequence += UInt32(200 * index)
                    return flow.frame(Self.payload)
                })
        }
        for (steps, fragment, refused) in [
            ([0, 1, 2] as [UInt16], 0x4000 as UInt16, nil), ([0, 1, 2], 0, nil), ([0, 0, 0], 0x4000, nil),
            ([0, 0, 0], 0, 1), ([0, 0, 1], 0x4000, 2), ([0, 0, 2], 0x4000, 2), ([0, 1, 1], 0x4000, 2),
            ([0, 1, 3], 0, 2), ([0, 2], 0, 1),
        ] as [([UInt16], UInt16, Int?)] {
            let merged = run(steps, fragment: fragment)
            if let refused {
                #expect(merged == .refused(refused), "\(steps)")
            } else if case .whole = merged {
            } else {
                Issue.record("\(steps) with \(fragment) were refused: \(merged)")
            }
        }
    }

    @Test("No more than 64 segments, and no more than an IP packet holds")
    func limits() {
        func frames(_ count: Int, _ size: Int) -> [[UInt8]] {
            TunnelFlow().frames([UInt8](repeating: 3, count: count * size), segment: size)
        }
        if case .whole = merge(frames(64, 100)) {} else { Issue.record("64 were refused") }
        #expect(merge(frames(65, 100)) == .refused(64))
        // 44 × 1488 + 40 = 65,512: a 45th of 23 bytes fits exactly.
        let payload = [UInt8](repeating: 3, count: 44 * 1488 + 23)
        if case .whole = merge(TunnelFlow().frames(payload, segment: 1488)) {} else { Issue.record("65,535 refused") }
        #expect(merge(TunnelFlow().frames(payload + [1], segment: 1488)) == .refused(44))
    }

    @Test("What is no segment")
    func noSegment() {
        func isSegment(_ flow: TunnelFlow, payload: [UInt8] = Self.payload, behind: [UInt8] = []) -> Bool {
            let memory = ExactBytes(flow.frame(payload) + behind)
            return TCPSegment(memory.start, length: memory.count) != nil
        }
        #expect(isSegment(TunnelFlow()))
        #expect(isSegment(TunnelFlow(isIPv4: false)))
        #expect(!isSegment(TunnelFlow(), payload: []))
        #expect(!isSegment(TunnelFlow(isIPv4: false), payload: []))
        #expect(!isSegment(TunnelFlow(), behind: [0]))
        #expect(!isSegment(TunnelFlow(isIPv4: false), behind: [0]))
        #expect(!isSegment(TunnelFlow(isTCP: false)))
        #expect(!isSegment(TunnelFlow(fragment: 0x2000)))
        #expect(!isSegment(TunnelFlow(fragment: 0x0001)))
        #expect(!isSegment(TunnelFlow(fragment: 0x8000)))
        #expect(!isSegment(TunnelFlow(networkOptions: [1, 1, 1, 1])))
        #expect(!isSegment(TunnelFlow(isIPv4: false, networkOptions: [6, 0, 1, 4, 0, 0, 0, 0])))
        #expect(!isSegment(TunnelFlow(tags: Make.tag(1) + Make.tag(2) + Make.tag(3))))
        var wrong = TunnelFlow().frame(Self.payload)
        wrong[24] ^= 1
        let memory = ExactBytes(wrong)
        #expect(TCPSegment(memory.start, length: memory.count) == nil)
    }

    @Test("Every bit that is wrong is found by the checksums", arguments: [true, false])
    func checksums(isIPv4: Bool) throws {
        let flow = TunnelFlow(isIPv4: isIPv4, options: TunnelFlow.timestamps)
        let frame = flow.frame(Array(Self.payload.prefix(51)))
        for bit in flow.transportOffset * 8..<frame.count * 8 {
            var wrong = frame
            wrong[bit / 8] ^= 1 << UInt8(bit % 8)
            let memory = ExactBytes(wrong)
            guard let segment = TCPSegment(memory.start, length: memory.count) else { continue }
            #expect(!segment.isChecksumRight(), "bit \(bit)")
        }
    }
}
