/// Bytes that are no netlink messages: a length that lies, or an attribute of the wrong size.
public struct NetlinkFormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong with which part.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
