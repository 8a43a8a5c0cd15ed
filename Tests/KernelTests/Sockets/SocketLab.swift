// Offers: `SocketLab`, a host with an uplink, a second interface and an endpoint behind a third.

import Addresses
import Glibc
import Netlink

/// Four namespaces: `remote` at the host's `up0`, `office` at its `lan0`, `endpoint` at its `in0`. In each subnet the host
/// is number 1, the other 2.
final class SocketLab: Sendable {
    let host: LabNamespace
    let remote: LabNamespace
    let office: LabNamespace
    let endpoint: LabNamespace

    /// The host's addresses at its uplink and at its second interface.
    static let (uplink4, uplink6, second4, second6) = ("192.0.2.1", "2001:db8:a::1", "198.51.100.1", "2001:db8:b::1")
    /// The endpoint's, and the gateway's.
    static let (endpoint4, endpoint6, gateway4, gateway6) = ("10.0.0.2", "2001:db8:c::2", "10.0.0.1", "2001:db8:c::1")

    init() throws {
        host = try LabNamespace()
        remote = try LabNamespace()
        office = try LabNamespace()
        endpoint = try LabNamespace()
        for namespace in [host, remote, office, endpoint] { try namespace.allowIPv6() }
        try host.allowIPv6(by: "lo")
        try join("up0", remote, "192.0.2.", "2001:db8:a::")
        try join("lan0", office, "198.51.100.", "2001:db8:b::")
        try join("in0", endpoint, "10.0.0.", "2001:db8:c::")
        // Everybody may open as much as the machine allows.
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        getrlimit(resource, &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }

    private func join(_ name: String, _ other: LabNamespace, _ v4: String, _ v6: String) throws {
        let near = try host.session().createVeth(
            near: NewLink(name: try InterfaceName(parsing: name), isUp: true),
            far: NewLink(name: try InterfaceName(parsing: "eth0"), isUp: true), farNamespace: other.namespace)
        try host.waitUntilRunning(name)
        try other.waitUntilRunning("eth0")
        let far = try other.link("eth0").index
        for (session, index, number) in [(try host.session(), near, 1), (try other.session(), far, 2)] {
            try session.addAddress(link: index, IPPrefix(parsing: "\(v4)\(number)/24"))
            try session.addAddress(
                link: index, IPPrefix(parsing: "\(v6)\(number)/64"), noDuplicateDetection: true)
        }
    }

    /// The index of one of the host's interfaces.
    func index(_ name: String) throws -> Int32 {
        try host.link(name).index
    }
}
