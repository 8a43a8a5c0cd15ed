public import Addresses

/// What the engine says of itself.
public struct EngineInformation: Sendable, Hashable {
    /// Process id.
    public var pid: Int32
    /// Heddle's version, at most 31 bytes of UTF-8.
    public var version: String
    /// Threads that forward.
    public var workers: UInt16
    /// True: io_uring; false: epoll.
    public var usesRing: Bool
    /// Seconds since the engine started.
    public var uptimeSeconds: UInt32

    /// Makes the description.
    public init(pid: Int32, version: String, workers: UInt16, usesRing: Bool, uptimeSeconds: UInt32) {
        self.pid = pid
        self.version = version
        self.workers = workers
        self.usesRing = usesRing
        self.uptimeSeconds = uptimeSeconds
    }
}

/// What the engine tells the daemon.
public enum EngineReply: Sendable, Hashable {
    /// The request with this sequence number is done; `error` is 0 or an errno.
    case acknowledgement(sequence: UInt32, error: Int32)
    /// Answers `hello`.
    case information(EngineInformation)
    /// Answers `takeDescriptors`: one port. A duplicate of its descriptor comes along.
    case descriptor(port: UInt16, kind: PortKind, token: UInt64)
    /// An event: the port's device is gone and its descriptor is closed in the engine.
    case portGone(port: UInt16, token: UInt64, error: Int32)
    /// Answers `takeDescriptors`: a kept descriptor. A duplicate comes along.
    case kept(UInt32)
    /// Answers `explain`: at most `ExplanationStep.most` steps.
    case explanation([ExplanationStep])
    /// An event: a frame waits for the MAC address of a next hop of an uplink.
    case nextHopWanted(uplink: UInt16, address: IPAddress)
}
