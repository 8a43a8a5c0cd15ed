extension ListenAddress {
    /// Whether two servers can't listen at both: one port of one address, or of all.
    public func overlaps(_ other: ListenAddress) -> Bool {
        guard port != 0, port == other.port else { return false }
        return host == other.host || Self.all.contains(host) || Self.all.contains(other.host)
    }

    private static let all: Set<String> = ["0.0.0.0", "::"]
}
