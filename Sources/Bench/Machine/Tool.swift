import Glibc

/// Programs that the bench uses when they are installed.
package enum Tool {
    /// The path of a program found in PATH or where system programs lie (root's PATH may lack it); nil if there is none.
    package static func find(_ name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let system = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"]
        let folders = path.split(separator: ":").map(String.init) + system
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// The folder of this process's own executable.
    package static var ownFolder: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    /// What a program prints first when asked with `arguments`, one line; nil if it isn't there or fails.
    package static func firstLine(_ name: String, _ arguments: [String]) -> String? {
        guard let path = find(name), let child = try? ChildProcess(path, arguments, output: .piped) else { return nil }
        let text = (try? child.readOutput(seconds: 3)) ?? ""
        _ = child.wait(seconds: 2)
        return text.split(separator: "\n").first.map(String.init)
    }
}
