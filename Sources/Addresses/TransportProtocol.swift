/// The transport protocols that ports belong to, with their numbers in IP headers.
@frozen
public enum TransportProtocol: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    /// TCP.
    case tcp = 6
    /// UDP.
    case udp = 17

    /// "tcp" or "udp", as `--publish` has it.
    public var description: String { self == .tcp ? "tcp" : "udp" }
}
