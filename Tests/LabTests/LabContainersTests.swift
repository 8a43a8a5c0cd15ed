import Testing

@testable import Lab

/// Programs that are asked about containers.
struct LabContainersTests {
    @Test func whatAProgramPrints() throws {
        #expect(try LabContainers.ask(["sh", "-c", "echo 7"]) == "7\n")
        #expect(try LabContainers.ask(["sh", "-c", "echo 7; exit 1"]) == "")
        #expect(try LabContainers.ask(["no-such-program-anywhere"]) == "")
    }

    /// Its output open or closed.
    @Test(arguments: ["exec sleep 60", "exec sleep 60 >/dev/null 2>&1"])
    func oneThatHangsIsEnded(command: String) throws {
        let begin = ContinuousClock.now
        let error = #expect(throws: LabError.self) {
            try LabContainers.ask(["sh", "-c", command], within: .milliseconds(300))
        }
        #expect(error?.message == "sh did not answer within 300ms")
        #expect(ContinuousClock.now - begin < .seconds(30))
    }
}
