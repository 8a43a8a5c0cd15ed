/// What can be measured against each other.
public enum SubjectKind: String, CaseIterable, Sendable {
    /// Two namespaces joined by nothing but a pair of interfaces.
    case veth
    /// The kernel's bridge, in a namespace of its own.
    case bridge
    /// Heddle with a TAP in each sandbox.
    case heddleTap = "heddle-tap"
    /// Heddle with a veth into each sandbox.
    case heddleVeth = "heddle-veth"
    /// A loop that carries frames between two TAPs and looks at none.
    case relay
    /// Open vSwitch with its user-space datapath.
    case openVSwitch = "ovs"

    /// What people read.
    public var title: String {
        switch self {
        case .veth: "plain veth"
        case .bridge: "kernel bridge"
        case .heddleTap: "Heddle, TAP"
        case .heddleVeth: "Heddle, veth"
        case .relay: "bare relay"
        case .openVSwitch: "Open vSwitch"
        }
    }

    /// What it stands for, in a sentence.
    public var summary: String {
        switch self {
        case .veth: "two namespaces joined by a veth pair: no switch at all"
        case .bridge: "the kernel's bridge with veth ports, netfilter's bridge hooks off"
        case .heddleTap: "heddled and heddle-engine, sandboxes attached with --via tap"
        case .heddleVeth: "heddled and heddle-engine, sandboxes attached with --via veth"
        case .relay: "two TAPs joined by an io_uring loop without any lookup: the floor of user-space forwarding"
        case .openVSwitch: "ovs-vswitchd with datapath_type=netdev on veth ports, if it is installed"
        }
    }
}
