import Foundation
import Netlink

/// A mount namespace in which daemons find places of their own where they expect the machine's: /run/docker, where Docker
/// looks for drivers, and /run/containerd. It is there as long as the program that keeps it.
final class MountPlace {
    private let keeper: RunningProgram

    /// Unmounts pinned namespaces: a copy here would keep other tests' namespaces alive.
    private static let script = """
        awk '/ - nsfs / { print $5 }' /proc/self/mountinfo | while read -r place; do umount -l "$place"; done
        for place in /run/docker /run/containerd; do
            mkdir -p $place && mount -t tmpfs tmpfs $place || exit 1
        done
        mkdir /run/docker/plugins || exit 1
        echo ready
        exec sleep infinity
        """

    /// Makes it.
    init() throws {
        keeper = try RunningProgram(
            try Programs.system("unshare"), ["--mount", "--propagation", "slave", "/bin/sh", "-c", Self.script])
        guard try keeper.waitForLine("ready", within: .seconds(10)) else {
            throw LabError("no mount namespace: \(keeper.outputSoFar)")
        }
    }

    deinit {
        end()
    }

    /// Where its files are seen from outside.
    var root: String { "/proc/\(keeper.pid)/root" }

    /// Its mounts, as lines.
    var mountinfo: String { (try? String(contentsOfFile: "/proc/\(keeper.pid)/mountinfo", encoding: .utf8)) ?? "" }

    /// The words that run a program in there, under its own process id.
    func words(_ path: String, _ words: [String]) throws -> (path: String, words: [String]) {
        let folders = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        let own = ["--mount=/proc/\(keeper.pid)/ns/mnt", try Programs.system("env"), folders, path]
        return (try Programs.system("nsenter"), own + words)
    }

    /// Living processes in there, and those of a control group, but for the keeper.
    func processes(group: String) -> [pid_t] {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(keeper.pid)/ns/mnt")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { pid in
            guard pid != keeper.pid,
                let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/mnt")
            else { return false }
            let groups = (try? String(contentsOfFile: "/proc/\(pid)/cgroup", encoding: .utf8)) ?? ""
            return place == own || groups.contains("/\(group)")
        }
    }

    /// Kills all of them at once, and waits until they are gone. Returns those that are not.
    func killAll(group: String) -> [pid_t] {
        var left: [pid_t] = []
        _ = Patience.until(.seconds(10)) {
            left = processes(group: group)
            for pid in left { kill(pid, SIGKILL) }
            return left.isEmpty
        }
        return left
    }

    /// Lets it go with its mounts.
    func end() {
        keeper.kill()
    }
}
