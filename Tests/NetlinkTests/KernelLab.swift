import Glibc
import Netlink
import Testing

/// What tests need of the real kernel.
enum KernelLab {
    /// Whether namespaces and devices can be made here.
    static let isRoot = geteuid() == 0
    /// Said where tests are skipped.
    static let reason: Comment = "needs root: makes network namespaces"

    /// A valid name; the tests only write valid ones.
    static func name(_ text: String) throws -> InterfaceName {
        try InterfaceName(parsing: text)
    }

    /// Two fresh namespaces and a session with each.
    struct Pair {
        let left: NetworkNamespace
        let right: NetworkNamespace
        let leftSession: RouteSocket
        let rightSession: RouteSocket

        init() throws {
            left = try NetworkNamespace.make()
            right = try NetworkNamespace.make()
            leftSession = try RouteSocket(in: left)
            rightSession = try RouteSocket(in: right)
        }
    }

    /// Waits until `condition` holds, for at most `seconds`.
    static func eventually(within seconds: Double = 5, _ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<Int(seconds * 200) {
            if try condition() { return true }
            usleep(5000)
        }
        return false
    }

    /// Runs a program and returns what it prints.
    static func output(_ command: String) -> String {
        guard let stream = popen(command, "r") else { return "" }
        defer { pclose(stream) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 {
            text += buffer[..<count]
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// How many descriptors this process holds.
    static func descriptorCount() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return -1 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count
    }
}
