/// What shall be captured.
public struct CaptureRequest: Sendable, Hashable {
    /// Which way frames go, seen from the switch.
    public enum Direction: String, Sendable, Hashable, CaseIterable {
        /// From the sandbox into the switch.
        case `in`
        /// Out of the switch to the sandbox.
        case out
        /// Both.
        case both
    }

    /// One port, as `heddle stats` names it, or its sandbox; nil: all of a network's.
    public var port: String?
    /// The network; beside a port it says which of several is meant.
    public var network: String?
    /// pcap-filter(7); empty: everything.
    public var filter: String
    /// See `Direction`.
    public var direction: Direction
    /// Most bytes of a frame; 0: all.
    public var snapLength: UInt32

    /// nil: every frame that passes. Else only the next so many frames that come in and match, and of those also what
    /// leaves, by whatever port, whether that matches or not (`heddle trace --live`). `direction` doesn't count then.
    public var follow: UInt32?

    /// Most frames that can be followed.
    public static let mostFollowed: UInt32 = 10_000

    /// Makes a request.
    public init(
        port: String? = nil, network: String? = nil, filter: String = "", direction: Direction = .both,
        snapLength: UInt32 = 0, follow: UInt32? = nil
    ) {
        self.port = port
        self.network = network
        self.filter = filter
        self.direction = direction
        self.snapLength = snapLength
        self.follow = follow
    }

    /// Reads the parameters of a query.
    public init(query: [String: String]) throws(APIError) {
        self.init(port: query["port"], network: query["network"], filter: query["filter"] ?? "")
        if let text = query["direction"] {
            guard let direction = Direction(rawValue: text) else {
                throw APIError(.invalid, "\(text.debugDescription) is no direction", hint: "It is in, out or both.")
            }
            self.direction = direction
        }
        if let text = query["snaplen"] {
            guard let length = UInt32(text), length > 0 else {
                throw APIError(
                    .invalid, "\(text.debugDescription) is no snap length", hint: "It is a number of bytes, 1 or more.")
            }
            snapLength = length
        }
        if let text = query["follow"] {
            guard let count = UInt32(text), (1...Self.mostFollowed).contains(count) else {
                throw APIError(
                    .invalid, "\(text.debugDescription) is no number of frames to follow",
                    hint: "It is from 1 to \(Self.mostFollowed).")
            }
            follow = count
        }
        guard port != nil || network != nil else {
            throw APIError(.invalid, "what shall be captured isn't said", hint: "Say port=PORT or network=NETWORK.")
        }
        if port == "" || network == "" { throw APIError(.invalid, "the name of what shall be captured is empty") }
    }

    /// The parameters as a query writes them, in a fixed order.
    public var query: String {
        var parts: [String] = []
        if let port { parts.append("port=" + PercentEncoding.encode(port)) }
        if let network { parts.append("network=" + PercentEncoding.encode(network)) }
        if !filter.isEmpty { parts.append("filter=" + PercentEncoding.encode(filter)) }
        if direction != .both { parts.append("direction=\(direction.rawValue)") }
        if snapLength != 0 { parts.append("snaplen=\(snapLength)") }
        if let follow { parts.append("follow=\(follow)") }
        return parts.joined(separator: "&")
    }
}

/// A capture that runs: pcapng, as it comes. One reader.
public protocol CaptureFeed: Sendable {
    /// Waits for the next bytes, whole blocks; nil: the capture has ended. After `end` what is left still comes.
    func next() async -> [UInt8]?
    /// Ends the capture: what `next` gives from then on is the rest. Any number of times.
    func end() async
}
