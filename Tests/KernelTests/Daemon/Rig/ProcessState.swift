import Foundation

/// What /proc tells of a process.
enum ProcessState {
    /// The states and places of all its threads, for messages.
    static func words(of pid: pid_t) -> String {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return threads.sorted().map { thread in
            let folder = "/proc/\(pid)/task/\(thread)"
            let state = text(folder + "/status").split(separator: "\n").first { $0.hasPrefix("State:") } ?? ""
            return "\(thread) \(text(folder + "/comm")) \(state) \(text(folder + "/stack"))"
        }.joined(separator: "; ")
    }

    /// How many descriptors it has open; 0 if it has ended.
    static func descriptorCount(of pid: pid_t) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count) ?? 0
    }

    private static func text(_ path: String) -> String {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").trimmingCharacters(in: .newlines)
    }
}
