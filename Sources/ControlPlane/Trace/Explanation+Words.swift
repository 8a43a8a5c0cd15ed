import DataPlane

/// The words of the API for what the engine tells in numbers.
extension ExplanationKind {
    var word: String {
        switch self {
        case .arrived: "arrived"
        case .impairedIn: "impaired-in"
        case .admitted: "admitted"
        case .guardPassed: "guard-passed"
        case .classified: "classified"
        case .learned: "learned"
        case .lookedUp: "looked-up"
        case .flooded: "flooded"
        case .replicated: "replicated"
        case .answered: "answered"
        case .routerTakes: "router-takes"
        case .toHost: "to-host"
        case .toNames: "to-names"
        case .routed: "routed"
        case .nextHop: "next-hop"
        case .flow: "flow"
        case .published: "published"
        case .translated: "translated"
        case .senderTold: "sender-told"
        case .held: "held"
        case .fragmented: "fragmented"
        case .encapsulated: "encapsulated"
        case .leaves: "leaves"
        case .impairedOut: "impaired-out"
        case .portState: "port-state"
        case .sent: "sent"
        case .dropped: "dropped"
        case .omitted: "omitted"
        }
    }

    /// Whether the step's port is where it happens, and not where an address was found before.
    var isAtPort: Bool { self != .learned }
}

extension ExplainedLearning {
    var word: String {
        switch self {
        case .new: "new"
        case .moved: "moved"
        case .refreshed: "refreshed"
        case .known: "known"
        case .staticElsewhere: "static-elsewhere"
        case .refused: "refused"
        case .never: "never"
        case .guardedEndpoint: "guarded-endpoint"
        }
    }
}

extension ExplainedTarget {
    var word: String {
        switch self {
        case .station: "station"
        case .remoteStation: "remote-station"
        case .unknown: "unknown"
        case .group: "group"
        case .router: "router"
        case .endpoint: "endpoint"
        case .lan: "lan"
        case .stale: "stale"
        }
    }
}

extension ExplainedHostReason {
    var word: String {
        switch self {
        case .notIP: "not-ip"
        case .tagged: "tagged"
        case .address: "address"
        case .discovery: "discovery"
        }
    }
}

extension ExplainedFlow {
    var word: String {
        switch self {
        case .existing: "existing"
        case .new: "new"
        case .admitted: "admitted"
        case .quoted: "quoted"
        case .fragment: "fragment"
        case .replaced: "replaced"
        }
    }
}

extension ExplainedWait {
    var word: String {
        switch self {
        case .nextHop: "next-hop"
        case .firstFragment: "first-fragment"
        }
    }
}

extension ExplainedMessage {
    var word: String {
        switch self {
        case .timeExceeded: "time-exceeded"
        case .networkUnreachable: "network-unreachable"
        case .prohibited: "prohibited"
        case .tooBig: "too-big"
        }
    }
}

extension ExplainedTag {
    var word: String {
        switch self {
        case .skipped: "skipped"
        case .unchanged: "unchanged"
        case .pushed: "pushed"
        case .popped: "popped"
        case .replaced: "replaced"
        }
    }
}

extension ExplainedPort {
    var word: String {
        switch self {
        case .absent: "absent"
        case .retiring: "retiring"
        case .dead: "dead"
        case .failing: "failing"
        case .down: "down"
        case .noCarrier: "no-carrier"
        }
    }
}
