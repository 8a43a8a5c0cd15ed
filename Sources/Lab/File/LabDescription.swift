public import Addresses
public import HeddleAPI

/// What a lab file says, checked: everything that it names is there.
public struct LabDescription: Hashable, Sendable {
    /// Told apart from other labs by it.
    public var name: String
    /// In the order of the file, as all that follows.
    public var networks: [LabNetwork] = []
    /// Namespaces.
    public var nodes: [LabNode] = []
    /// Point-to-point.
    public var links: [LabLink] = []
    /// Machines that the lab plays; empty: the daemon that runs.
    public var hosts: [LabHost] = []
    /// What joins all hosts; nil: nothing, or links.
    public var underlay: LabUnderlay?
}

/// A network, as `heddle network create` makes it.
public struct LabNetwork: Hashable, Sendable {
    /// In the lab; the daemon knows it as LAB-NAME, unless it is external.
    public var name: String
    /// It is there already and stays.
    public var isExternal = false
    /// What the daemon is told, but for its name there.
    public var request: NetworkRequest
    /// See `NetworkRequest`, read.
    public var subnets: [IPPrefix] = []
    /// See `NetworkRequest`, read.
    public var gateways: [IPAddress] = []
    /// See `NetworkRequest`, read.
    public var ranges: [IPPrefix] = []
    /// Where the file says so.
    public var place = LabPlace()

    /// Whether it spans hosts.
    public var isOverlay: Bool { request.driver == "overlay" }
}

/// A node, or what a host is beside its daemon.
public struct LabNode: Hashable, Sendable {
    /// In the lab; its namespace is LAB-NAME.
    public var name: String
    /// Which of the lab's hosts its networks are on; nil: the daemon that runs.
    public var host: String?
    /// A sandbox that is there already and stays; nil: the lab makes one.
    public var sandbox: String?
    /// Joins it to networks.
    public var attachments: [LabAttachment] = []
    /// Path and content.
    public var files: [LabFile] = []
    /// By their names with dots, as sysctl(8) has them, in order.
    public var sysctls: [LabSetting] = []
    /// Variables of its commands.
    public var environment: [LabSetting] = []
    /// Run one after the other, each to its end.
    public var commands: [LabCommand] = []
    /// Run until the lab is taken down.
    public var processes: [LabProcess] = []
    /// Beside those that networks bring.
    public var routes: [LabRoute] = []
    /// Where the file says so.
    public var place = LabPlace()
}

/// A name and its value.
public struct LabSetting: Hashable, Sendable {
    /// For example "net.ipv4.ip_forward".
    public var key: String
    /// For example "1".
    public var value: String
    /// Where the file says so.
    public var place = LabPlace()
}

/// A file that a node sees.
public struct LabFile: Hashable, Sendable {
    /// Absolute: seen there by the node alone. Relative: in the directory in which its commands run.
    public var path: String
    /// All of it.
    public var content: String
    /// Where the file says so.
    public var place = LabPlace()
}

/// Something to run.
public struct LabCommand: Hashable, Sendable {
    /// The program and its arguments; of a text, `sh -c TEXT`.
    public var words: [String]
    /// As the file has it.
    public var text: String
    /// How long it may take to its end; nil: for ever. Nothing to what goes on running.
    public var timeout: Duration? = LabCommand.usualTimeout
    /// Where the file says so.
    public var place = LabPlace()

    /// How long a command may take that doesn't say so.
    public static let usualTimeout = Duration.seconds(120)
}

/// Something that goes on running.
public struct LabProcess: Hashable, Sendable {
    /// What its log is called by.
    public var name: String
    /// What it is.
    public var command: LabCommand
}

/// A route of a node.
public struct LabRoute: Hashable, Sendable {
    /// Where to: "0.0.0.0/0" for `default`.
    public var destination: IPPrefix
    /// By which router.
    public var gateway: IPAddress?
    /// By which interface.
    public var ifname: String?
    /// Where the file says so.
    public var place = LabPlace()
}

/// What happens to packets, by direction.
public struct LabImpairment: Hashable, Sendable {
    /// What comes from the node.
    public var inward: Impairment?
    /// What goes to the node.
    public var outward: Impairment?
    /// Where the file says so.
    public var place = LabPlace()
}

/// A node's interface in a network.
public struct LabAttachment: Hashable, Sendable {
    /// The lab's name of it.
    public var network: String
    /// At most one for each subnet; what is missing is assigned.
    public var addresses: [IPAddress] = []
    /// nil: as the node is called.
    public var name: String?
    /// Further names.
    public var aliases: [String] = []
    /// nil: chosen by the daemon.
    public var mac: MACAddress?
    /// An access port of that VLAN.
    public var vlan: Int?
    /// nil: eth0, eth1, …
    public var ifname: String?
    /// "tap" or "veth".
    public var via: String?
    /// See `AttachRequest`.
    public var publish: [String] = []
    /// Where the file says each of `publish`.
    public var publishPlaces: [LabPlace] = []
    /// See `AttachRequest`.
    public var publishMode: String?
    /// What happens to its packets.
    public var impairment: LabImpairment?
    /// Where the file says so.
    public var place = LabPlace()
}

/// A cable between two nodes, or two hosts.
public struct LabLink: Hashable, Sendable {
    /// One side of it.
    public struct End: Hashable, Sendable {
        /// A node or a host.
        public var node: String
        /// With the length of the link's prefix.
        public var addresses: [IPPrefix] = []
        /// nil: eth0, eth1, …
        public var ifname: String?
        /// nil: chosen.
        public var mac: MACAddress?
        /// What happens to its packets.
        public var impairment: LabImpairment?
        /// Where the file says so.
        public var place = LabPlace()
    }

    /// nil in the file: the names of its ends.
    public var name: String
    /// Two of them.
    public var ends: [End]
    /// Its ends get the first two addresses that hosts may have.
    public var subnets: [IPPrefix] = []
    /// nil: 1500.
    public var mtu: Int?
    /// What happens to packets in each direction, once.
    public var impairment: Impairment?
    /// Where the file says so.
    public var place = LabPlace()
}

/// A machine that the lab plays: a namespace with a daemon of its own.
public struct LabHost: Hashable, Sendable {
    /// What it is beside that.
    public var node: LabNode
    /// In the underlay.
    public var address: IPAddress?
    /// Further words for its heddled.
    public var arguments: [String] = []

    /// In the lab.
    public var name: String { node.name }
}

/// The switch that joins hosts.
public struct LabUnderlay: Hashable, Sendable {
    /// Its addresses.
    public var subnet: IPPrefix
    /// nil: 1500.
    public var mtu: Int?
    /// Where the file says so.
    public var place = LabPlace()
}
