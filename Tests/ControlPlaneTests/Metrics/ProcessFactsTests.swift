import Foundation
import Glibc
import Testing

@testable import ControlPlane

@Suite("What the kernel says of a process")
struct ProcessFactsTests {
    @Test("this process has a start, memory, time and descriptors")
    func own() throws {
        let facts = try #require(ProcessFacts(pid: getpid()))
        let now = Date().timeIntervalSince1970
        #expect(facts.startSeconds < now + 2 && facts.startSeconds > now - 86_400)
        #expect(facts.residentMemory > 1 << 20 && facts.residentMemory < facts.virtualMemory)
        #expect(facts.processorSeconds > 0 && facts.processorSeconds < 86_400)
        let listed = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        let counted = try #require(facts.descriptors)
        // Other tests open and close meanwhile.
        #expect(counted > 2 && counted < UInt64(listed) + 200)
        #expect(try #require(ProcessFacts.descriptorLimit) >= counted)
    }

    @Test("nobody has none")
    func nobody() {
        #expect(ProcessFacts(pid: 0) == nil && ProcessFacts(pid: .max) == nil)
    }

    @Test("one more descriptor is one more")
    func counted() throws {
        var more: [Int32] = []
        defer { for descriptor in more { close(descriptor) } }
        let before = try #require(ProcessFacts(pid: getpid())?.descriptors)
        for _ in 0..<500 { more.append(open("/dev/null", O_RDONLY | O_CLOEXEC)) }
        let after = try #require(ProcessFacts(pid: getpid())?.descriptors)
        #expect(after > before + 300 && after < before + 700)
    }
}
