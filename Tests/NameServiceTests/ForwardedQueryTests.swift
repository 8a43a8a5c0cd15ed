import NameService
import Testing

@Suite("Questions that others are asked")
struct ForwardedQueryTests {
    private func query(
        _ question: QuestionBytes, _ transport: NameService.Transport = .datagram(limit: 1_452)
    ) throws -> ForwardedQuery {
        let zone = try TestZone.make()
        return try #require(NameService.decide(question.bytes, zone: zone, transport: transport, turn: 0).forwarded)
    }

    /// What a resolver would say.
    private func answer(_ question: QuestionBytes, flags: UInt16 = 0x8180, more: [UInt8] = []) -> [UInt8] {
        var told = question
        told.identifier = 0xBEEF
        told.flags = flags
        told.payload = nil
        return told.bytes + more
    }

    @Test("the message goes on as it came, under another number")
    func message() throws {
        let question = QuestionBytes(name: "Example.com", payload: 4_096)
        let message = try query(question).message(identifier: 0xBEEF)
        #expect(Array(message[..<2]) == [0xBE, 0xEF] && message[2...] == question.bytes[2...])
    }

    @Test("an answer comes back under the asker's number and in its spelling")
    func reply() throws {
        let question = QuestionBytes(name: "eXample.com")
        let query = try query(question)
        let told = answer(QuestionBytes(name: "example.COM"), more: [1, 2, 3])
        #expect(query.judge(told, identifier: 0xBEEF) == .final)
        let reply = query.reply(told)
        #expect(Array(reply[..<4]) == [0x12, 0x34, 0x81, 0x80])
        #expect(Array(reply[12..<reply.count - 3]) == question.question && reply.suffix(3) == [1, 2, 3])
    }

    @Test("what isn't an answer to the question is not taken for one")
    func foreign() throws {
        let question = QuestionBytes(name: "example.com")
        let query = try query(question)
        let right = answer(question)
        #expect(query.judge(right, identifier: 0xBEEE) == .foreign)
        #expect(query.judge(answer(QuestionBytes(name: "example.net")), identifier: 0xBEEF) == .foreign)
        #expect(query.judge(answer(QuestionBytes(name: "example.com", type: .aaaa)), identifier: 0xBEEF) == .foreign)
        #expect(query.judge(answer(question, flags: 0x0100), identifier: 0xBEEF) == .foreign, "a question")
        #expect(query.judge(answer(question, flags: 0xA180), identifier: 0xBEEF) == .foreign, "another operation")
        for count in 0..<right.count { #expect(query.judge(Array(right[..<count]), identifier: 0xBEEF) == .foreign) }
        // 0x20 apart, but no letters.
        let digits = try self.query(QuestionBytes(name: "1.com"))
        var odd = answer(QuestionBytes(name: "1.com"))
        odd[13] ^= 0x20
        #expect(digits.judge(odd, identifier: 0xBEEF) == .foreign)
    }

    @Test("who can't tell, and what doesn't fit")
    func judgement() throws {
        let question = QuestionBytes(name: "example.com")
        let query = try query(question)
        for code in [1, 2, 4, 5] as [UInt16] {
            #expect(query.judge(answer(question, flags: 0x8180 | code), identifier: 0xBEEF) == .failure)
        }
        #expect(query.judge(answer(question, flags: 0x8183), identifier: 0xBEEF) == .final, "nobody has that name")
        #expect(query.judge(answer(question, flags: 0x8380), identifier: 0xBEEF) == .truncated)
        let bare: [UInt8] = [0xBE, 0xEF, 0x81, 0x85, 0, 0, 0, 0, 0, 0, 0, 0]
        #expect(query.judge(bare, identifier: 0xBEEF) == .failure)
        #expect(query.reply(bare)[..<4] == [0x12, 0x34, 0x81, 0x85])
    }

    @Test("more than the asker takes becomes the word that there is more")
    func tooLong() throws {
        let question = QuestionBytes(name: "example.com")
        let long = answer(question, more: [UInt8](repeating: 7, count: 600))
        let cut = try query(question).reply(long)
        #expect(cut.isTruncated && cut.count == 12 + question.question.count && cut.answerCount == 0)
        #expect(try query(question, .stream).reply(long).count == long.count)
        var large = question
        large.payload = 4_096
        #expect(try query(large).reply(long).count == long.count)
    }

    @Test("if nobody can tell, the asker is told that")
    func failure() throws {
        let question = QuestionBytes(name: "example.com", payload: 1_232)
        let failure = try query(question).failure
        #expect(failure.code == 2 && Array(failure[12..<12 + question.question.count]) == question.question)
        #expect(try query(question).refusal.code == 5)
    }
}

@Suite("resolv.conf")
struct ResolverConfigurationTests {
    @Test("the first three servers count, whatever else there is")
    func servers() {
        let text = """
            # a comment
            search example.com
            nameserver 10.0.0.53
            nameserver\tfd00::53   trailing
              nameserver fe80::1%eth0
            nameserver nonsense
            nameserver
            nameserver 10.0.0.99
            """
        let servers = ResolverConfiguration(parsing: text).servers
        #expect(servers.map(\.description) == ["10.0.0.53", "fd00::53", "fe80::1%eth0"])
    }

    @Test("without a server the host itself is meant")
    func none() {
        for text in ["", "search x", "nameserver", "\u{0}\u{1}", "nameserver %eth0"] {
            #expect(ResolverConfiguration(parsing: text).servers.map(\.description) == ["127.0.0.1"], "\(text)")
        }
    }
}
