/// Where a flow is in its life.
package enum FlowState: UInt8, Sendable {
    /// The entry holds no flow.
    case unused = 0
    /// No answer yet; of TCP: the handshake isn't complete.
    case opening
    /// TCP: three-way handshake done. UDP and echo: answered; if the outside began, it has also gone on after the answer, since
    /// whoever forges an address never sees answers.
    case established
    /// TCP: one side has sent FIN.
    case closing
    /// TCP: both FINs acknowledged, or a valid RST. UDP: a question to a name server that was answered. Late frames still pass,
    /// but the entry and its port may be given to another flow at once.
    case closed
}

extension FlowState {
    /// The raw value, for the way of a frame.
    var code: UInt8 {
        @inline(__always) @_noAllocation @_noLocks get {
            switch self {
            case .unused: 0
            case .opening: 1
            case .established: 2
            case .closing: 3
            case .closed: 4
            }
        }
    }
}

/// Why there is no new flow.
package enum FlowRefusal: UInt8, Sendable {
    /// Every entry holds an established flow.
    case tableFull = 1
    /// The endpoint has as many flows, or ports for UDP, as it may have.
    case endpointLimit
    /// No port is free for this remote, or the flow would look like another one to the endpoint.
    case noPort
    /// Too many flows wait for their first answer, and none may give way to this one.
    case openingLimit
}

/// What became of a request for a flow.
package enum FlowCreation: Sendable {
    /// There is a flow of this number: a new one, or one with these very ends that was there.
    case made(UInt32)
    /// There is none.
    case refused(FlowRefusal)
}

/// How many flows there may be. Closed flows never count.
package struct FlowLimits: Sendable, Hashable {
    /// Flows of one endpoint (RFC 6888, REQ-4).
    package var perEndpoint: Int
    /// Flows in state opening, in all.
    package var opening: Int
    /// Flows in state opening of one endpoint.
    package var openingPerEndpoint: Int
    /// Outside ports that one endpoint holds for UDP, where a port is one inside socket's alone.
    package var portsPerEndpoint: Int

    /// The limits unless told otherwise.
    package init(
        perEndpoint: Int = 16_384, opening: Int = FlowTable.capacity / 8, openingPerEndpoint: Int = 2_048,
        portsPerEndpoint: Int = 1_024
    ) {
        self.perEndpoint = perEndpoint
        self.opening = opening
        self.openingPerEndpoint = openingPerEndpoint
        self.portsPerEndpoint = portsPerEndpoint
    }
}

/// What happened to flows since the table was made.
package struct FlowStatistics: Sendable, Hashable {
    /// Flows made.
    package var made: UInt64 = 0
    /// Flows that nothing was heard of for too long.
    package var expired: UInt64 = 0
    /// Flows that had to give way to a newcomer before they were closed.
    package var evicted: UInt64 = 0
    /// Closed flows whose entry or port another flow has got.
    package var reused: UInt64 = 0
    /// Newcomers that got no flow.
    package var refused: UInt64 = 0

    /// All zero.
    package init() {}
}

/// After how many milliseconds without a frame a flow is forgotten.
package enum FlowTimer {
    /// RFC 4787, REQ-5: 2 minutes at least, 5 recommended.
    package static var udp: UInt32 { @_noAllocation @_noLocks get { 300_000 } }
    /// UDP to a name server: REQ-5a allows less for well-known ports.
    package static var nameService: UInt32 { @_noAllocation @_noLocks get { 60_000 } }
    /// RFC 5382, REQ-5: 2 hours and 4 minutes.
    package static var established: UInt32 { @_noAllocation @_noLocks get { 7_440_000 } }
    /// TCP that opens or closes: RFC 5382, REQ-5, and RFC 7857, 2.1: 4 minutes.
    package static var transitory: UInt32 { @_noAllocation @_noLocks get { 240_000 } }
    /// RFC 5508, REQ-2: 60 seconds.
    package static var echo: UInt32 { @_noAllocation @_noLocks get { 60_000 } }
    /// After a RST and this much silence a mere acknowledgement is taken for life: the RST wasn't the end. Sooner it
    /// may have been on its way when the RST was sent.
    package static var resetSilence: UInt32 { @_noAllocation @_noLocks get { 2_000 } }
}
