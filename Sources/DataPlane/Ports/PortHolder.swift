public import Addresses
import Glibc

/// The process that has a port.
public struct PortHolder: Sendable, Hashable, CustomStringConvertible {
    /// Its number, as this process sees it.
    public var pid: Int32
    /// The name of its program.
    public var command: String

    /// Makes a holder.
    public init(pid: Int32, command: String) {
        self.pid = pid
        self.command = command
    }

    /// "nginx (process 12)".
    public var description: String { "\(command) (process \(pid))" }

    /// Who has a port in the calling thread's network namespace; nil if that can't be known: nobody any more, the kernel
    /// itself, or a process that this one doesn't see. Reads what every process has open: for error messages.
    public static func find(port: UInt16, _ transport: TransportProtocol) -> PortHolder? {
        let sockets = inodes(port, transport)
        guard !sockets.isEmpty else { return nil }
        let links = Set(sockets.map { "socket:[\($0)]" })
        for name in names(in: "/proc") {
            guard let pid = Int32(name) else { continue }
            let folder = "/proc/\(pid)/fd"
            let isHolder = names(in: folder).contains { link(at: "\(folder)/\($0)").map(links.contains) ?? false }
            guard isHolder, let command = lines(of: "/proc/\(pid)/comm").first else { continue }
            return PortHolder(pid: pid, command: command)
        }
        return nil
    }

    /// Inode numbers of the sockets that are bound to a port.
    private static func inodes(_ port: UInt16, _ transport: TransportProtocol) -> [String] {
        ["", "6"].flatMap { family in
            lines(of: "/proc/thread-self/net/\(transport)\(family)").compactMap { inode(in: $0, port) }
        }
    }

    /// The inode number that a line of /proc/net/tcp names, if it is of that port: "0: 0100007F:1F90 00000000:0000 0A …",
    /// the tenth word.
    static func inode(in line: String, _ port: UInt16) -> String? {
        let words = line.split(separator: " ")
        guard words.count > 9, words[9] != "0", let colon = words[1].lastIndex(of: ":"),
            UInt16(words[1][words[1].index(after: colon)...], radix: 16) == port
        else { return nil }
        return String(words[9])
    }

    private static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(withUnsafeBytes(of: &entry.pointee.d_name) { Self.text($0.prefix { $0 != 0 }) })
        }
        return names
    }

    private static func link(at path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 64)
        let count = readlink(path, &buffer, buffer.count)
        return count > 0 ? text(buffer[..<count].map { UInt8(bitPattern: $0) }) : nil
    }

    private static func lines(of path: String) -> [String] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return bytes.split(separator: UInt8(ascii: "\n")).map { text($0) }
    }

    private static func text(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
