/// Why the recorded state cannot be used.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// What, why and the way out.
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
