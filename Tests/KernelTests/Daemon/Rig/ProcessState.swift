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

    private static func text(_ path: String) -> String {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").trimmingCharacters(in: .newlines)
    }
}
