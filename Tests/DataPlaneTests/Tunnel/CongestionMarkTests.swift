import DataPlane
import Testing

@Suite("Congestion mark")
struct CongestionMarkTests {
    private typealias Make = TestFrames

    /// RFC 6040, figure 4: the inner mark by row, the outer by column, both in the order of the codepoints (Not-ECT,
    /// ECT(1), ECT(0), CE). nil: drop.
    private static let figure: [[UInt8?]] = [
        [0, 0, 0, nil],
        [1, 1, 1, 3],
        [2, 1, 2, 3],
        [3, 3, 3, 3],
    ]

    private static let flows = [
        TunnelFlow(), TunnelFlow(tags: Make.tag(1)), TunnelFlow(tags: Make.tag(2, tpid: 0x88A8) + Make.tag(1)),
        TunnelFlow(isIPv4: false), TunnelFlow(tags: Make.tag(1), isIPv4: false),
        TunnelFlow(networkOptions: [1, 1, 1, 1]),
    ]

    @Test("Every pair of marks, in every kind of frame, with every other bit of the byte", arguments: flows)
    func everyPair(flow: TunnelFlow) {
        for other in stride(from: UInt8(0), through: 252, by: 4) {
            for inner in UInt8(0)...3 {
                for outer in UInt8(0)...3 {
                    var flow = flow
                    flow.trafficClass = other | inner
                    let memory = ExactBytes(flow.frame([1, 2, 3]))
                    #expect(CongestionMark.encapsulated(memory.start, length: memory.count) == inner)
                    let goesOn = CongestionMark.decapsulate(
                        outer: outer, frame: memory.start, length: memory.count)
                    let expected = Self.figure[Int(inner)][Int(outer)]
                    #expect(goesOn == (expected != nil))
                    flow.trafficClass = other | (expected ?? inner)
                    #expect(memory.bytes == flow.frame([1, 2, 3]), "inner \(inner), outer \(outer)")
                }
            }
        }
    }

    @Test("A frame byte by byte")
    func example() {
        let ethernet = Make.ethernet(type: 0x0800)
        let rest: [UInt8] = [0, 0, 0, 0, 64, 1, 0x66, 0xDB, 10, 0, 0, 2, 10, 0, 0, 3]
        let memory = ExactBytes(ethernet + [0x45, 0x02, 0, 20] + rest)
        #expect(CongestionMark.decapsulate(outer: 3, frame: memory.start, length: memory.count))
        var marked = rest
        marked[7] = 0xDA
        #expect(memory.bytes == ethernet + [0x45, 0x03, 0, 20] + marked)
    }

    @Test("What isn't IP, or is cut, has no mark and keeps its bytes")
    func others() {
        let frames =
            [Make.plain(), Make.ethernet(type: 0x0806, [UInt8](repeating: 0xFF, count: 46))]
            + (0..<34).map { Array(TunnelFlow(trafficClass: 3).frame([]).prefix($0)) }
            + [TunnelFlow(tags: Make.tag(1) + Make.tag(2) + Make.tag(3), trafficClass: 3).frame([1])]
        for frame in frames {
            let memory = ExactBytes(frame)
            #expect(CongestionMark.encapsulated(memory.start, length: memory.count) == 0)
            #expect(CongestionMark.decapsulate(outer: 3, frame: memory.start, length: memory.count))
            #expect(memory.bytes == frame)
        }
    }
}
