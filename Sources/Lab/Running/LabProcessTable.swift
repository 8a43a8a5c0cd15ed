import Glibc

/// What /proc says of processes.
enum LabProcessTable {
    /// When a process began, in clock ticks since the machine started: with its number it is never another. nil: it is
    /// gone, or has ended and waits to be reaped.
    static func start(of pid: pid_t) -> String? {
        guard let text = LabFiles.read("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        // proc(5): behind the name come state (3) … starttime (22).
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return String(fields[19])
    }

    /// Whether the process of a record is alive.
    static func isAlive(_ facts: [String: String]) -> Bool {
        guard let pid = facts["pid"].flatMap({ pid_t($0) }), pid > 1, let start = facts["start"] else { return false }
        return self.start(of: pid) == start
    }

    /// Processes in a network namespace.
    static func inside(inode: String) -> [pid_t] {
        let link = "net:[\(inode)]"
        return LabFiles.names(in: "/proc").compactMap { pid_t($0) }.filter { pid in
            pid != getpid() && target(of: "/proc/\(pid)/ns/net") == link
        }
    }

    /// Every heddled that was told to listen at this socket, wherever it is.
    static func daemons(at socket: String) -> [pid_t] {
        LabFiles.names(in: "/proc").compactMap { pid_t($0) }.filter { pid in
            pid != getpid() && LabFiles.read("/proc/\(pid)/comm") == "heddled\n"
                && LabFiles.read("/proc/\(pid)/cmdline")?.split(separator: "\0").contains(Substring(socket)) == true
        }
    }

    /// Whether a process was started with these variables, each as NAME=VALUE.
    static func process(_ pid: pid_t, has variables: [String]) -> Bool {
        guard let text = LabFiles.read("/proc/\(pid)/environ") else { return false }
        return Set(variables.map { Substring($0) }).isSubset(of: text.split(separator: "\0"))
    }

    private static func target(of path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 64)
        let size = readlink(path, &buffer, buffer.count - 1)
        guard size > 0 else { return nil }
        return String(decoding: buffer.prefix(size).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Asks processes to end, and their groups with them, and makes them end if they don't within a second and a half.
    static func end(_ pids: [pid_t], groups: Bool) {
        var living = pids.compactMap { pid in start(of: pid).map { (pid: pid, start: $0) } }
        for (signal, patience) in [(SIGTERM, 300), (SIGKILL, 400)] {
            for one in living {
                if groups { _ = kill(-one.pid, signal) }
                _ = kill(one.pid, signal)
            }
            for _ in 0..<patience where !living.isEmpty {
                // Own children wait to be reaped.
                for one in living { waitpid(one.pid, nil, WNOHANG) }
                living.removeAll { start(of: $0.pid) != $0.start }
                if !living.isEmpty { usleep(5_000) }
            }
            if living.isEmpty { return }
        }
    }
}
