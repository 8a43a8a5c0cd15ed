/// What a run is about: which subjects and tests go together, and what all is compared with.
public enum BenchScene: String, Codable, CaseIterable, Sendable {
    /// Two sandboxes on one host.
    case host
    /// Two hosts joined by an underlay, one sandbox on each, one network over both.
    case overlay
    /// A host between a LAN and a sandbox: published ports and the way out.
    case nat
    /// Two builds of Heddle, each with two sandboxes on a host of its own.
    case builds

    /// The subjects, in the order of the tables.
    public var subjects: [SubjectKind] { SubjectKind.allCases.filter { $0.scene == self } }

    /// The tests, in the order of the tables.
    public var tests: [TestKind] {
        switch self {
        case .host: [.tcp1, .tcp4, .frames, .rtt, .cpu, .attach]
        case .overlay: [.tcp1, .tcp4, .transfer, .frames, .rtt, .plainTCP1, .plainTCP4, .plainTransfer]
        case .nat:
            [
                .publishedTCP1, .publishedTCP1Reverse, .outgoingTCP1, .outgoingTCP1Reverse, .connections,
                .outgoingConnections, .publishedRTT, .udp, .hostTCP1,
            ]
        case .builds: [.tcp1, .tcp4, .frames, .rtt, .cpu]
        }
    }

    /// What a subject is compared with: what others do without Heddle, or another build of it; nil of what others are
    /// compared with.
    public func reference(of subject: SubjectKind) -> SubjectKind? {
        let reference: SubjectKind =
            switch self {
            case .host: .bridge
            case .overlay: .vxlan
            case .nat: .nftables
            case .builds: subject == .thisVeth || subject == .otherVeth ? .otherVeth : .otherTap
            }
        return subject == reference ? nil : reference
    }

    /// What all are compared with, as the head of a column has it.
    var referenceWord: String {
        switch self {
        case .host: SubjectKind.bridge.rawValue
        case .overlay: SubjectKind.vxlan.rawValue
        case .nat: SubjectKind.nftables.rawValue
        case .builds: "other"
        }
    }

    /// What all are compared with, as people read it.
    var referenceTitle: String {
        switch self {
        case .host: SubjectKind.bridge.title
        case .overlay: SubjectKind.vxlan.title
        case .nat: SubjectKind.nftables.title
        case .builds: "other build"
        }
    }

    /// What is compared with as well: what would be left without the thing that is measured; nil if there is no such.
    public var floor: SubjectKind? {
        switch self {
        case .host: .relay
        case .overlay, .builds: nil
        case .nat: .plainHost
        }
    }

    /// Bytes of the longest frame without FCS that the sandboxes can send.
    public var longestFrame: Int {
        switch self {
        case .host, .nat, .builds: 1_514
        case .overlay: ProbeFrame.headerLength + Int(OverlayPlan.innerMTU)
        }
    }

    /// What a page says of it below its title.
    var summary: String {
        switch self {
        case .host: "How fast frames get from one sandbox to another, by different ways, on one machine."
        case .overlay:
            "How fast frames get from a sandbox on one host to a sandbox on another, by different tunnels. Both hosts "
                + "are namespaces of one machine, joined by a veth pair with an MTU of \(OverlayPlan.underlayMTU)."
        case .nat:
            "How fast a sandbox and a LAN reach each other through their host: by published ports, and by the way out. "
                + "Host and LAN machine are namespaces of one machine, joined by a veth pair."
        case .builds: "How fast frames get from one sandbox to another, by two builds of Heddle on one machine."
        }
    }
}
