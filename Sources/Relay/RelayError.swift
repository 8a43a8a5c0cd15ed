/// Why the relay can't serve a port.
public struct RelayError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was to be done, and why it can't be.
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
