public import Addresses

/// The resolvers that a resolv.conf names.
public struct ResolverConfiguration: Hashable, Sendable {
    /// A resolver.
    public struct Server: Hashable, Sendable, CustomStringConvertible {
        /// Its address.
        public var address: IPAddress
        /// The interface that a link-local address is reached by.
        public var scope: String?

        /// Makes a resolver.
        public init(_ address: IPAddress, scope: String? = nil) {
            self.address = address
            self.scope = scope
        }

        /// As in resolv.conf.
        public var description: String { scope.map { "\(address)%\($0)" } ?? "\(address)" }
    }

    /// As many as the C library uses.
    public static let mostServers = 3

    /// In the order in which they are asked.
    public var servers: [Server]

    /// Makes a list.
    public init(servers: [Server]) {
        self.servers = servers
    }

    /// Reads a resolv.conf of any content. One that names nobody means the host itself (resolv.conf(5)).
    public init(parsing text: String) {
        servers = []
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.count >= 2, words[0] == "nameserver", servers.count < Self.mostServers else { continue }
            let parts = words[1].split(separator: "%", maxSplits: 1)
            guard let first = parts.first, let address = IPAddress(String(first)) else { continue }
            servers.append(Server(address, scope: parts.count > 1 ? String(parts[1]) : nil))
        }
        if servers.isEmpty { servers = [Server(.v4(.loopback))] }
    }
}
