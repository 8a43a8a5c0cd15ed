/// Where a lab's files lie. All is below /run: it is gone when the machine starts anew, as the namespaces are.
public struct LabPaths: Hashable, Sendable {
    /// Where all labs lie.
    public static let root = "/run/heddle/labs"
    /// Where `ip netns` has its names.
    static let names = "/run/netns"
    /// The bridge in the underlay's namespace.
    static let switchName = "switch"

    /// The lab's name.
    public let lab: String

    /// The paths of a lab.
    public init(lab: String) {
        self.lab = lab
    }

    /// All of the lab.
    var folder: String { "\(Self.root)/\(lab)" }
    /// What was made.
    var record: String { folder + "/record" }
    /// Held by whoever changes the lab.
    var lock: String { "\(Self.root)/\(lab).lock" }
    /// What processes say.
    var logs: String { folder + "/logs" }
    /// The underlay's switch, in /run/netns.
    var underlayName: String { "\(lab)-underlay" }

    /// The name of a node's namespace in /run/netns.
    func sandboxName(of node: String) -> String { "\(lab)-\(node)" }
    /// The directory in which a node's commands run.
    func work(of node: String) -> String { "\(self.node(node))/work" }
    /// What a node sees in other places, below the path that it sees it at.
    func files(of node: String) -> String { "\(self.node(node))/files" }
    /// Where a file that a node sees lies.
    func place(of path: String, in node: String) -> String {
        path.hasPrefix("/") ? files(of: node) + path : "\(work(of: node))/\(path)"
    }
    /// The nodes' files, a directory each.
    var nodes: String { folder + "/nodes" }
    /// All of a node's.
    func node(_ node: String) -> String { "\(nodes)/\(node)" }
    /// What a process says.
    func log(of node: String, _ process: String) -> String { "\(logs)/\(node).\(process).log" }
    /// What a node's commands said.
    func commandLog(of node: String) -> String { "\(logs)/\(node).log" }
    /// All of the hosts' daemons, a directory each.
    var hosts: String { folder + "/hosts" }
    /// All of a host's daemon.
    func host(_ host: String) -> String { "\(hosts)/\(host)" }
    /// Where a host's daemon listens.
    func socket(ofHost host: String) -> String { "\(self.host(host))/heddled.sock" }
    /// Where a host's daemon keeps its records.
    func state(ofHost host: String) -> String { "\(self.host(host))/state" }
    /// What a host's daemon says.
    func daemonLog(of host: String) -> String { log(of: host, "heddled") }
}
