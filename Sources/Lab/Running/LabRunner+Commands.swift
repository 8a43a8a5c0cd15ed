import CLinux
import Glibc
import Netlink
import SystemPackage

extension LabRunner {
    /// Runs a command to its end. What it says goes to the node's log, and into the error if it fails. One that takes
    /// longer than `timeout` is ended, with all that it has started and not let go. What an earlier run has left, whose
    /// `up` was ended or which failed, is ended first: it would be there twice.
    func run(
        _ words: [String], _ text: String, key: String, in node: String, within timeout: Duration?
    ) throws(LabError) {
        var spawn = try spawn(in: node)
        // What it starts has it, too; nothing else has.
        let mark = LabCommandMark(lab: paths.lab, node: node, key: key)
        spawn.environment.removeAll { $0.hasPrefix("HEDDLE_COMMAND=") }
        spawn.environment.append(mark.variable)
        let inode = "\(spawn.namespace.identity.inode)"
        LabProcessTable.end(mark.processes(inode: inode), groups: false)
        let log = try LabLog(paths.commandLog(of: node))
        defer { log.close() }
        log.write("$ \(text)\n")
        let before = log.size
        let pid = try LabCommandWatch.start(mark, inode: inode) { () throws(LabError) in
            try spawn.start(words, input: log.null, output: log.file, session: false)
        }
        let status = LabRunner.wait(for: pid, within: timeout)
        if status == nil { LabProcessTable.end([pid] + mark.processes(inode: inode), groups: false) }
        LabCommandWatch.ended(pid)
        if status == 0 { return }
        if let status { throw log.failure("the command \(LabRunner.ending(status))", from: before) }
        throw log.failure(
            "the command did not end within \(LabTime.text(timeout ?? .zero)), and was ended", from: before,
            hint: "Give it longer: {command: …, timeout: 10m}.")
    }

    /// The status of waitpid of a child that has ended; nil: it has not within that time. The child is reaped then.
    static func wait(for pid: pid_t, within timeout: Duration?) -> Int32? {
        if let timeout {
            let process = heddle_pidfd_open(pid)
            // Without descriptors left there is no such watch, and the command has all the time it wants.
            defer { if process >= 0 { close(process) } }
            let end = ContinuousClock.now + timeout
            while process >= 0 {
                let left = end - .now
                guard left > .zero else { return nil }
                var entry = pollfd(fd: process, events: Int16(POLLIN), revents: 0)
                // Rounded up, so that the last wait is not many.
                if poll(&entry, 1, Int32(clamping: Int64(left / .milliseconds(1)) + 1)) > 0 { break }
            }
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status
    }

    /// What a status of waitpid means, for people.
    static func ending(_ status: Int32) -> String {
        let signal = status & 0x7F
        return signal == 0 ? "ended with exit code \((status >> 8) & 0xFF)" : "was ended by signal \(signal)"
    }
}
