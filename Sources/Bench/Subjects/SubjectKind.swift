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
    /// A kernel VXLAN device and a bridge on both hosts.
    case vxlan
    /// Heddle on both hosts.
    case heddleVXLAN = "heddle-vxlan"
    /// Heddle on the host that sends, the kernel's VXLAN device on the other.
    case heddleToVXLAN = "heddle-to-vxlan"
    /// The kernel's VXLAN device on the host that sends, Heddle on the other.
    case vxlanToHeddle = "vxlan-to-heddle"
    /// The kernel's bridge with nftables as the gateway.
    case nftables
    /// Heddle as the gateway, a published port translated.
    case heddleGateway = "heddle"
    /// Heddle as the gateway, a published port relayed.
    case heddleRelay = "heddle-relay"
    /// The kernel as the gateway, a published port relayed by Docker's program.
    case dockerProxy = "docker-proxy"
    /// A host without gateway and sandbox.
    case plainHost = "host"
    /// The other build of Heddle with a TAP in each sandbox.
    case otherTap = "other-tap"
    /// This build of Heddle with a TAP in each sandbox.
    case thisTap = "this-tap"
    /// The other build of Heddle with a veth into each sandbox.
    case otherVeth = "other-veth"
    /// This build of Heddle with a veth into each sandbox.
    case thisVeth = "this-veth"

    /// Which runs it belongs to.
    public var scene: BenchScene {
        switch self {
        case .veth, .bridge, .heddleTap, .heddleVeth, .relay, .openVSwitch: .host
        case .vxlan, .heddleVXLAN, .heddleToVXLAN, .vxlanToHeddle: .overlay
        case .nftables, .heddleGateway, .heddleRelay, .dockerProxy, .plainHost: .nat
        case .otherTap, .thisTap, .otherVeth, .thisVeth: .builds
        }
    }

    /// Whether it is made of Heddle, whole or half.
    var needsDaemon: Bool {
        switch self {
        case .heddleTap, .heddleVeth, .heddleVXLAN, .heddleToVXLAN, .vxlanToHeddle, .heddleGateway, .heddleRelay: true
        case .otherTap, .thisTap, .otherVeth, .thisVeth: true
        case .veth, .bridge, .relay, .openVSwitch, .vxlan, .nftables, .dockerProxy, .plainHost: false
        }
    }

    /// Whether it needs a program that few machines have.
    var needsOtherProgram: Bool { self == .openVSwitch || self == .dockerProxy }

    /// What people read.
    public var title: String {
        switch self {
        case .veth: "plain veth"
        case .bridge: "kernel bridge"
        case .heddleTap: "Heddle, TAP"
        case .heddleVeth: "Heddle, veth"
        case .relay: "bare relay"
        case .openVSwitch: "Open vSwitch"
        case .vxlan: "kernel VXLAN"
        case .heddleVXLAN: "Heddle"
        case .heddleToVXLAN: "Heddle to kernel"
        case .vxlanToHeddle: "kernel to Heddle"
        case .nftables: "kernel nftables"
        case .heddleGateway: "Heddle"
        case .heddleRelay: "Heddle, relay"
        case .dockerProxy: "docker-proxy"
        case .plainHost: "plain host"
        case .otherTap: "other build, TAP"
        case .thisTap: "this build, TAP"
        case .otherVeth: "other build, veth"
        case .thisVeth: "this build, veth"
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
        case .vxlan: "both hosts: the kernel's VXLAN device in a kernel bridge with a veth into the sandbox"
        case .heddleVXLAN: "both hosts: heddled with a network of the driver overlay, a TAP in the sandbox"
        case .heddleToVXLAN: "Heddle on the sender's host, the kernel's VXLAN device and bridge on the receiver's"
        case .vxlanToHeddle: "the kernel's VXLAN device and bridge on the sender's host, Heddle on the receiver's"
        case .nftables: "the kernel's bridge with a veth into the sandbox; nftables translates both ways"
        case .heddleGateway: "heddled on the host, a network with a subnet, attach with --publish"
        case .heddleRelay: "the same with --publish-mode relay: the daemon passes bytes on"
        case .dockerProxy: "as nftables, with Docker's docker-proxy for the published port, if it is installed"
        case .plainHost: "a host with neither rules nor daemon, for host-tcp1 alone"
        case .otherTap: "the heddled of --against and its engine, sandboxes attached with --via tap"
        case .thisTap: "heddled and heddle-engine, sandboxes attached with --via tap"
        case .otherVeth: "the heddled of --against and its engine, sandboxes attached with --via veth"
        case .thisVeth: "heddled and heddle-engine, sandboxes attached with --via veth"
        }
    }
}
