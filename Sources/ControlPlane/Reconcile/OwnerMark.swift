/// How this daemon marks the interfaces that it made: by the alias `heddle:<first 8 of the daemon's id>:<object's id>`.
struct OwnerMark: Hashable, Sendable {
    private let prefix: String
    /// The first 8 of the daemon's id.
    let daemon: String

    /// The mark of a daemon with this id.
    init(daemon: String) {
        self.daemon = String(daemon.prefix(8))
        prefix = "heddle:" + self.daemon + ":"
    }

    /// The alias of what was made for an endpoint or a network.
    func alias(of id: String) -> String { prefix + id }

    /// Whether this daemon made what carries `alias`.
    func isOurs(_ alias: String) -> Bool { alias.hasPrefix(prefix) }
}
