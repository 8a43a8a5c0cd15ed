import Bench
import Glibc
import Testing

@Suite struct ChildProcessTests {
    @Test func outputIsRead() throws {
        let child = try ChildProcess("/bin/sh", ["-c", "echo one; echo two >&2; echo three"], output: .piped)
        #expect(try child.readOutput(seconds: 5) == "one\nthree\n")
        #expect(child.wait(seconds: 5) == .exited(0))
    }

    @Test func outputIsWaitedFor() throws {
        let child = try ChildProcess("/bin/sh", ["-c", "sleep 0.1; echo ready; sleep 100"], output: .piped)
        #expect(child.waitForOutput(containing: "ready", seconds: 5))
        #expect(child.poll() == nil)
        child.stop()
        #expect(child.poll() == .killed(SIGTERM))
        let silent = try ChildProcess("/bin/sh", ["-c", "exit 3"], output: .piped)
        #expect(!silent.waitForOutput(containing: "ready", seconds: 5))
        #expect(silent.wait(seconds: 5) == .exited(3))
    }

    @Test func whoDoesNotEndIsKilled() throws {
        let script = "trap '' TERM; echo x; while :; do sleep 0.05; done"
        let child = try ChildProcess("/bin/sh", ["-c", script], output: .piped)
        #expect(child.waitForOutput(containing: "x", seconds: 5))
        child.stop(patience: 0.1)
        #expect(child.poll() == .killed(SIGKILL))
        let slow = try ChildProcess("/bin/sleep", ["100"], output: .piped)
        #expect(throws: BenchError.self) { try slow.readOutput(seconds: 0.1) }
        #expect(slow.poll() != nil)
    }

    @Test func descriptorsAreHandedOver() throws {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let child = try ChildProcess("/bin/sh", ["-c", "echo four >&4"], passing: ends)
        #expect(child.wait(seconds: 5) == .exited(0))
        var buffer = [UInt8](repeating: 0, count: 16)
        #expect(read(ends[0], &buffer, 16) == 5)
    }

    @Test func whatDoesNotExistIsNamed() {
        #expect {
            _ = try ChildProcess("/nonexistent/program", [])
        } throws: { error in
            "\(error)".contains("/nonexistent/program")
        }
    }
}
