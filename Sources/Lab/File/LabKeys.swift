/// The keys that a lab file may have, by section. What is not in here is a problem; a test compares it with the
/// documentation.
public enum LabKeys {
    /// The file itself.
    public static let lab = ["name", "networks", "nodes", "links", "hosts", "underlay"]
    /// One of `networks`.
    public static let network = [
        "driver", "external", "subnet", "gateway", "ip-range", "mtu", "internal", "isolated", "route", "vni", "local",
        "peer", "port", "learning", "accept-any-peer", "parent", "mode",
    ]
    /// One of `nodes`.
    public static let node = [
        "host", "sandbox", "networks", "files", "sysctls", "environment", "run", "start", "routes",
    ]
    /// One of a node's `networks`.
    public static let attachment = [
        "network", "address", "name", "aliases", "mac", "vlan", "ifname", "via", "publish", "publish-mode", "impair",
    ]
    /// One of `links`.
    public static let link = ["name", "ends", "subnet", "mtu", "impair"]
    /// One of a link's `ends`.
    public static let linkEnd = ["node", "address", "ifname", "mac", "impair"]
    /// An `impair`, beside the settings themselves.
    public static let directions = ["in", "out"]
    /// The settings of an `impair`, or of one of its directions.
    public static let impairment = [
        "delay", "jitter", "distribution", "loss", "loss_model", "duplicate", "reorder", "gap", "corrupt", "rate",
        "queue", "seed",
    ]
    /// One of `routes`.
    public static let route = ["to", "via", "ifname"]
    /// One of `run`.
    public static let command = ["command", "timeout"]
    /// One of `start`.
    public static let process = ["command"]
    /// One of `hosts`.
    public static let host = [
        "address", "arguments", "files", "sysctls", "environment", "run", "start", "routes",
    ]
    /// The `underlay`.
    public static let underlay = ["subnet", "mtu"]

    /// All of them, by the heading that the documentation has for them.
    public static let sections: [(title: String, keys: [String])] = [
        ("The file", lab), ("networks", network), ("nodes", node), ("nodes: networks", attachment), ("links", link),
        ("links: ends", linkEnd), ("impair", directions + impairment), ("routes", route), ("run", command),
        ("start", process),
        ("hosts", host), ("underlay", underlay),
    ]
}
