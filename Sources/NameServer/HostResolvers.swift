import Addresses
import Glibc
import NIOCore
import NameService

/// The resolvers that other names are asked of: those that were given, or those of the host's resolv.conf as it is now.
/// For one thread.
final class HostResolvers {
    /// What tells one state of a file from another.
    private struct Stamp: Equatable {
        var device: UInt
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    /// How often the file is looked at while it is used.
    private static let pause = TimeAmount.milliseconds(500)
    /// No resolv.conf is longer.
    private static let longest = 65_536

    private let fixed: [ResolverConfiguration.Server]
    private let path: String
    private var found = ResolverConfiguration(parsing: "")
    private var stamp: Stamp?
    private var nextLook = NIODeadline.uptimeNanoseconds(0)
    /// Who didn't answer, and until when that counts.
    private var suspects: [ResolverConfiguration.Server: NIODeadline] = [:]

    init(fixed: [ResolverConfiguration.Server], path: String) {
        self.fixed = fixed
        self.path = path
    }

    /// Whom to ask, in this order: those that didn't answer lately come last.
    func servers(now: NIODeadline) -> [ResolverConfiguration.Server] {
        let all = fixed.isEmpty ? followed(now) : fixed
        suspects = suspects.filter { $0.value > now }
        if suspects.isEmpty { return all }
        return all.filter { suspects[$0] == nil } + all.filter { suspects[$0] != nil }
    }

    /// Remembers that somebody didn't answer.
    func suspect(_ server: ResolverConfiguration.Server, until end: NIODeadline) {
        suspects[server] = end
    }

    /// Somebody answered.
    func trust(_ server: ResolverConfiguration.Server) {
        suspects[server] = nil
    }

    private func followed(_ now: NIODeadline) -> [ResolverConfiguration.Server] {
        guard now >= nextLook else { return found.servers }
        nextLook = now + Self.pause
        var status = stat()
        guard stat(path, &status) == 0 else {
            // As if it were empty; a moment later it may be there again.
            stamp = nil
            found = ResolverConfiguration(parsing: "")
            return found.servers
        }
        let current = Stamp(
            device: UInt(status.st_dev), inode: UInt(status.st_ino), size: Int(status.st_size),
            seconds: Int(status.st_mtim.tv_sec), nanoseconds: Int(status.st_mtim.tv_nsec))
        if current != stamp {
            stamp = current
            found = ResolverConfiguration(parsing: Self.read(path))
        }
        return found.servers
    }

    private static func read(_ path: String) -> String {
        // Never one that waits for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while bytes.count < longest {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ResolverConfiguration.Server {
    /// Where it listens; nil: its interface isn't there.
    func socketAddress(port: UInt16) -> SocketAddress? {
        guard let plain = try? SocketAddress(ipAddress: address.description, port: Int(port)) else { return nil }
        guard let scope, case .v6(let sixth) = plain else { return plain }
        let index = UInt32(scope) ?? if_nametoindex(scope)
        guard index != 0 else { return nil }
        var bytes = sixth.address
        // Behind the address (ipv6(7)).
        withUnsafeMutableBytes(of: &bytes) { $0.storeBytes(of: index, toByteOffset: 24, as: UInt32.self) }
        return SocketAddress(bytes, host: address.description)
    }
}
