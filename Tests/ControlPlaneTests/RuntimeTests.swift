import Foundation
import Glibc
import Testing

@testable import ControlPlane

@Suite struct RuntimePathsTests {
    @Test func filesLieBesideTheSocket() throws {
        let paths = try RuntimePaths(socket: "/run/x/s", stateDirectory: "/var/y")
        #expect(paths.engine == "/run/x/s.engine" && paths.tables == "/run/x/s.tables")
        #expect(paths.namespace == "/run/x/s.ns" && paths.socketLock == "/run/x/s.lock")
        #expect(paths.stateLock == "/var/y/lock" && paths.runtimeDirectory == "/run/x")
        #expect(try RuntimePaths(socket: "/s", stateDirectory: "/").runtimeDirectory == "/")
        #expect(try RuntimePaths(socket: "s", stateDirectory: "d").socket.hasPrefix("/"))
    }

    @Test(arguments: [("", "/d"), ("/run/", "/d"), ("/s", ""), ("/" + String(repeating: "x", count: 100), "/d")])
    func badPaths(_ socket: String, _ state: String) {
        #expect(throws: ControlError.self) { try RuntimePaths(socket: socket, stateDirectory: state) }
    }

    @Test func directoriesAreMadeWithWhatLeadsThere() throws {
        let directory = try TemporaryDirectory()
        let paths = try RuntimePaths(
            socket: directory.path + "/a/b/s", stateDirectory: directory.path + "/c/d/e")
        try paths.makeDirectories()
        try paths.makeDirectories()
        var status = stat()
        #expect(stat(paths.stateDirectory, &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(stat(paths.runtimeDirectory, &status) == 0)
        // A file where a directory should be is named.
        let blocked = try RuntimePaths(socket: directory.path + "/s", stateDirectory: directory.path + "/file/x")
        try Data().write(to: URL(filePath: directory.path + "/file"))
        let error = #expect(throws: ControlError.self) { try blocked.makeDirectories() }
        #expect(error?.description.contains("/file") == true)
    }
}

@Suite struct DaemonLocksTests {
    @Test func aSecondHolderIsRefusedAndTheFirstNamed() throws {
        let directory = try TemporaryDirectory()
        let paths = try RuntimePaths(socket: directory.path + "/s", stateDirectory: directory.path + "/d")
        try paths.makeDirectories()
        do {
            let locks = try DaemonLocks(paths: paths)
            let error = #expect(throws: ControlError.self) { try DaemonLocks(paths: paths) }
            #expect(error?.description.contains("pid \(getpid())") == true)
            #expect(error?.description.contains(paths.socket) == true)
            let other = try RuntimePaths(socket: directory.path + "/t", stateDirectory: paths.stateDirectory)
            let second = #expect(throws: ControlError.self) { try DaemonLocks(paths: other) }
            #expect(second?.description.contains(paths.stateDirectory) == true)
            withExtendedLifetime(locks) {}
        }
        _ = try DaemonLocks(paths: paths)
    }

    @Test func aLivingEngineKeepsSocketAndStateTogether() throws {
        let directory = try TemporaryDirectory()
        let paths = try RuntimePaths(socket: directory.path + "/s", stateDirectory: directory.path + "/d")
        let other = try RuntimePaths(socket: directory.path + "/s", stateDirectory: directory.path + "/e")
        let third = try RuntimePaths(socket: directory.path + "/t", stateDirectory: directory.path + "/d")
        for pair in [paths, other, third] { try pair.makeDirectories() }
        _ = try DaemonLocks(paths: paths)
        // As an engine leaves it that lives on.
        try Data().write(to: URL(filePath: paths.engine))
        let error = #expect(throws: ControlError.self) { try DaemonLocks(paths: other) }
        #expect(error?.description.contains(paths.stateDirectory) == true)
        #expect(error?.description.contains("--teardown") == true)
        #expect(throws: ControlError.self) { try DaemonLocks(paths: third) }
        _ = try DaemonLocks(paths: paths)
        try FileManager.default.removeItem(atPath: paths.engine)
        _ = try DaemonLocks(paths: other)
    }

    @Test(arguments: ["", "1\n", "x\n/d\n", "1\n/d", "1\n/d\nmore\n"])
    func notesThatAreNone(_ text: String) {
        #expect(DaemonLocks.Note(text: text) == nil)
    }
}

@Suite struct WiringLoopTests {
    private actor Worker {
        nonisolated let loop: WiringLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        var count = 0

        init(loop: WiringLoop) {
            self.loop = loop
        }

        func threadName() -> String {
            (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
        }

        func increment() { count += 1 }

        func waitForTimer() async -> Bool {
            await withCheckedContinuation { continuation in
                let start = ContinuousClock.now
                loop.after(.milliseconds(20)) { [weak self] in
                    // A handler is on the loop's thread without being a job of the actor.
                    let isHere = self?.assumeIsolated { $0.count >= 0 } ?? false
                    continuation.resume(returning: isHere && ContinuousClock.now - start >= .milliseconds(20))
                }
            }
        }

        func readByte(from descriptor: Int32) async -> UInt8 {
            await withCheckedContinuation { continuation in
                loop.watch(descriptor) { [loop] in
                    var byte: UInt8 = 0
                    _ = read(descriptor, &byte, 1)
                    loop.unwatch(descriptor)
                    continuation.resume(returning: byte)
                }
            }
        }

        func cancelledTimerFires() async -> Bool {
            await withCheckedContinuation { continuation in
                var fired = false
                let timer = loop.after(.milliseconds(1)) { fired = true }
                loop.cancel(timer: timer)
                loop.after(.milliseconds(20)) { continuation.resume(returning: fired) }
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func jobsTimersAndDescriptorsShareOneThread() async throws {
        let loop = try WiringLoop()
        try loop.start()
        defer { loop.stop() }
        let worker = Worker(loop: loop)
        #expect(await worker.threadName() == "heddle-wiring\n")
        await withTaskGroup { group in
            for _ in 0..<1_000 { group.addTask { await worker.increment() } }
        }
        #expect(await worker.count == 1_000)
        #expect(await worker.waitForTimer())
        #expect(await !worker.cancelledTimerFires())
        let ends = Pipe()
        let reading = ends.fileHandleForReading.fileDescriptor
        async let byte = worker.readByte(from: reading)
        try ends.fileHandleForWriting.write(contentsOf: [42])
        #expect(await byte == 42)
    }
}
