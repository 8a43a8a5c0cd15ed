import DataPlane
import Testing

/// Everything of the tunnel that reads a stranger's frame, on memory of exactly its size: nothing may trap or read
/// past the end (which a sanitizer sees).
@Suite("Hostile frames in a tunnel")
struct TunnelHostileTests {
    private func drive(_ header: [UInt8], _ frame: [UInt8]) {
        let vnet = ExactBytes(header)
        let memory = ExactBytes(frame)
        if let cutter = SegmentCutter(header: vnet.start, frame: memory.start, length: memory.count) {
            let head = ExactBytes([UInt8](repeating: 0, count: cutter.headerLength))
            var payload = 0
            for index in 0..<cutter.count {
                cutter.writeHead(index, into: head.start)
                #expect(cutter.payloadCount(index) > 0)
                #expect(cutter.payloadOffset(index) == cutter.headerLength + payload)
                payload += cutter.payloadCount(index)
            }
            #expect(cutter.headerLength + payload == frame.count)
        }
        if let segment = TCPSegment(memory.start, length: memory.count) {
            _ = segment.isChecksumRight()
            var run = SegmentRun(first: segment)
            _ = run.append(segment)
            let written = ExactBytes([UInt8](repeating: 0, count: 10))
            run.finish(header: written.start, frame: memory.start)
        }
        for offset in [14, 18, 22] {
            guard let outer = OuterDatagram(memory.start, length: memory.count, networkOffset: offset) else { continue }
            _ = outer.isChecksumRight()
            guard var train = DatagramTrain(header: vnet.start, outer: outer) else { continue }
            var piece = DatagramTrain.Piece()
            while train.next(&piece) {
                #expect(piece.isTruncated || piece.innerOffset + piece.innerLength <= frame.count)
                let left = piece.isTruncated ? 0 : frame.count - piece.vxlanOffset
                _ = VXLANView(memory.start + piece.vxlanOffset, available: left)?.vni
            }
        }
        _ = FlowHash.of(memory.start, length: memory.count)
        let router = TooBigMessage.Router()
        let message = ExactBytes([UInt8](repeating: 0, count: TooBigMessage.maximumLength))
        let count = TooBigMessage.write(
            for: memory.start, length: memory.count, mtu: 1400, router: router, into: message.start)
        // An error never leads to another one.
        let again = ExactBytes(message.bytes)
        #expect(
            TooBigMessage.write(for: message.start, length: count, mtu: 1400, router: router, into: again.start) == 0)
        if let question = NeighbourQuestion(memory.start, length: memory.count) {
            let written = question.writeAnswer(mac: 1, isRouter: false, into: message.start)
            #expect(written <= NeighbourQuestion.maximumLength)
            #expect(NeighbourQuestion(message.start, length: written) == nil)
        }
        _ = CongestionMark.encapsulated(memory.start, length: memory.count)
        _ = CongestionMark.decapsulate(outer: 3, frame: memory.start, length: memory.count)
    }

    @Test("Every prefix of frames of every shape", arguments: TunnelFlow.shapes)
    func prefixes(flow: TunnelFlow) {
        for isTCP in [true, false] {
            var flow = flow
            flow.isTCP = isTCP
            let frame = flow.frame([UInt8](repeating: 5, count: 70), partial: true)
            for count in 0...frame.count {
                drive(flow.header(segment: 30), Array(frame.prefix(count)))
                drive(TestFrames.vnet(), Array(frame.prefix(count)))
                if count < frame.count {
                    let memory = ExactBytes(Array(frame.prefix(count)))
                    #expect(TCPSegment(memory.start, length: count) == nil)
                }
            }
        }
    }

    @Test("Random bytes, and frames with random bytes in their headers")
    func random() {
        var generator = SeededGenerator(seed: 13)
        for round in 0..<60_000 {
            var flow = TunnelFlow.shapes[round % TunnelFlow.shapes.count]
            flow.isTCP = round % 3 != 0
            var header = flow.header(segment: 1 + generator.below(60))
            var frame = flow.frame(randomBytes(generator.below(200), &generator), partial: round % 2 == 0)
            for _ in 0...generator.below(4) {
                frame[12 + generator.below(min(frame.count, flow.headerLength) - 12)] =
                    UInt8(truncatingIfNeeded: generator.next())
            }
            if round % 5 == 0 { header[generator.below(10)] = UInt8(truncatingIfNeeded: generator.next()) }
            if round % 7 == 0 { frame = randomBytes(generator.below(100), &generator) }
            drive(header, frame)
        }
    }
}
