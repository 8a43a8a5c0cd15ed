import DataPlane
import Testing

@Suite("Neighbour question")
struct NeighbourQuestionTests {
    private typealias Make = TestFrames
    private static let target: UInt128 = 0x2001_0DB8_0000_0000_0000_0000_0000_0003
    private static let asker: UInt128 = 0x2001_0DB8_0000_0000_0000_0000_0000_0002

    /// The target and carol's answer in its name; nil if the frame is no question.
    private func answer(_ frame: [UInt8], isRouter: Bool = false) -> (target: UInt128, frame: [UInt8])? {
        let memory = ExactBytes(frame)
        guard let question = NeighbourQuestion(memory.start, length: memory.count) else { return nil }
        let buffer = ExactBytes([UInt8](repeating: 0xEE, count: NeighbourQuestion.maximumLength))
        let count = question.writeAnswer(mac: Make.carol, isRouter: isRouter, into: buffer.start)
        #expect(memory.bytes == frame)
        #expect(buffer.bytes.dropFirst(count).allSatisfy { $0 == 0xEE })
        let target = UInt128(question.targetHigh) << 64 | UInt128(question.targetLow)
        #expect(question.isIPv4 == (target >> 32 == 0xFFFF))
        return (target, Array(buffer.bytes.prefix(count)))
    }

    private func arp(
        to destination: UInt64 = Make.broadcast, tags: [UInt8] = [], operation: UInt16 = 1,
        sender: UInt64 = Make.alice, senderIP: UInt32 = 0x0A00_0002, targetIP: UInt32 = 0x0A00_0003
    ) -> [UInt8] {
        Make.ethernet(
            to: destination, tags: tags, type: 0x0806,
            Make.arp(operation: operation, sender: sender, senderIP: senderIP, targetIP: targetIP))
    }

    private func solicitation(
        to destination: UInt64 = 0x3333_FF00_0003, tags: [UInt8] = [], from source: UInt128 = asker,
        target: UInt128 = target, next: UInt8 = 58, type: UInt8 = 135, code: UInt8 = 0,
        options: [UInt8] = [1, 1] + Make.big(Make.alice, 6), behind: [UInt8] = []
    ) -> [UInt8] {
        let message = [type, code, 0, 0, 0, 0, 0, 0] + Make.big(target) + options
        return Make.ethernet(
            to: destination, tags: tags, type: 0x86DD, Make.ipv6(from: source, next: next, message) + behind)
    }

    @Test("ARP, to all and to one, with tags and padding")
    func arp() {
        for tags in [[], Make.tag(3), Make.tag(4, tpid: 0x88A8) + Make.tag(3)] {
            for destination in [Make.broadcast, Make.bob] {
                let found = answer(arp(to: destination, tags: tags) + [UInt8](repeating: 0, count: 18))
                #expect(found?.target == 0xFFFF_0A00_0003)
                #expect(
                    found?.frame
                        == Make.ethernet(
                            to: Make.alice, from: Make.carol, tags: tags, type: 0x0806,
                            Make.arp(
                                operation: 2, sender: Make.carol, senderIP: 0x0A00_0003, target: Make.alice,
                                targetIP: 0x0A00_0002)))
            }
        }
    }

    @Test("Neighbour solicitation, to the group and to one, with tags, options and padding")
    func neighbour() {
        for tags in [[], Make.tag(3), Make.tag(4, tpid: 0x88A8) + Make.tag(3)] {
            for (isRouter, flags) in [(false, 0x60), (true, 0xE0)] as [(Bool, UInt8)] {
                var message: [UInt8] = [136, 0, 0, 0, flags, 0, 0, 0] + Make.big(Self.target)
                message += [2, 1] + Make.big(Make.carol, 6)
                let pseudo = Make.big(Self.target) + Make.big(Self.asker) + Make.big(32, 4) + Make.big(58, 4)
                message.replaceSubrange(2..<4, with: Make.big(UInt64(~TunnelFlow.sum(pseudo + message)), 2))
                let expected = Make.ethernet(
                    to: Make.alice, from: Make.carol, tags: tags, type: 0x86DD,
                    Make.ipv6(from: Self.target, to: Self.asker, next: 58, message))
                let questions = [
                    solicitation(tags: tags), solicitation(to: Make.bob, tags: tags, options: []),
                    solicitation(tags: tags, behind: [0, 0, 0]),
                    solicitation(tags: tags, options: [14, 1, 1, 2, 3, 4, 5, 6]),
                ]
                for question in questions {
                    let found = answer(question, isRouter: isRouter)
                    #expect(found?.target == Self.target)
                    #expect(found?.frame == expected)
                }
            }
        }
    }

    @Test("No question: probes, announcements, replies, and what is said in another's name")
    func noQuestion() {
        #expect(answer(arp()) != nil)
        #expect(answer(arp(senderIP: 0)) == nil)
        #expect(answer(arp(senderIP: 0x0A00_0003)) == nil)
        #expect(answer(arp(targetIP: 0)) == nil)
        #expect(answer(arp(operation: 2)) == nil)
        #expect(answer(arp(sender: Make.bob)) == nil)

        #expect(answer(solicitation()) != nil)
        #expect(answer(solicitation(from: 0)) == nil)
        #expect(answer(solicitation(from: 0xFF02 << 112 | 1)) == nil)
        #expect(answer(solicitation(from: Self.target)) == nil)
        #expect(answer(solicitation(target: 0xFF02 << 112 | 1)) == nil)
        #expect(answer(solicitation(type: 136)) == nil)
        #expect(answer(solicitation(code: 1)) == nil)
        #expect(answer(solicitation(next: 17)) == nil)
        #expect(answer(solicitation(options: [1, 1] + Make.big(Make.bob, 6))) == nil)
        #expect(answer(solicitation(options: [14, 0, 0, 0, 0, 0, 0, 0])) == nil)
        #expect(answer(solicitation(options: [14, 2, 0, 0, 0, 0, 0, 0])) == nil)
        #expect(answer(solicitation(options: [14, 1, 0, 0])) == nil)
        var routed = solicitation()
        routed[21] = 254
        #expect(answer(routed) == nil)
        #expect(answer(Make.plain()) == nil)
    }

    @Test("Every prefix of a question is none")
    func prefixes() {
        for frame in [arp(tags: Make.tag(3)), solicitation(tags: Make.tag(3))] {
            for count in 0..<frame.count {
                #expect(answer(Array(frame.prefix(count))) == nil, "\(count)")
            }
        }
    }
}
