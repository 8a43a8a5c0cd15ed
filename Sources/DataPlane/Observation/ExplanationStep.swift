/// One step of what happens to a frame, or would happen. The steps of an explanation come in the order in which the
/// worker takes them; those at a way out name its port.
public struct ExplanationStep: Equatable, Hashable, Sendable {
    /// Which step it is: the meaning of all else.
    public var kind: ExplanationKind
    /// The port that it is about; from 16384 on a VTEP's place; 0: none.
    public var port: UInt16
    /// Of `dropped`; nil: of all others.
    public var reason: DropReason?
    /// Meaning by kind; 0 where there is none.
    public var first: UInt64
    /// Meaning by kind; 0 where there is none.
    public var second: UInt64
    /// Meaning by kind, at most 128; empty where there is none. IP addresses are 16 bytes in the order of the wire, IPv4
    /// mapped (::ffff:192.0.2.1); ports behind them are 2 bytes, big-endian.
    public var bytes: [UInt8]

    /// Most steps of one explanation; what is left out is counted by its last one.
    public static let most = 200
    /// Most bytes of a frame that a step shows.
    public static let headLength = 128

    /// Makes a step.
    public init(
        _ kind: ExplanationKind, port: UInt16 = 0, reason: DropReason? = nil, first: UInt64 = 0, second: UInt64 = 0,
        bytes: [UInt8] = []
    ) {
        self.kind = kind
        self.port = port
        self.reason = reason
        self.first = first
        self.second = second
        self.bytes = bytes
    }
}
