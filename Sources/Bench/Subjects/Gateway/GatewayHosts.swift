import Addresses
import Netlink

/// A host and a machine on its LAN, as namespaces joined by a pair of interfaces.
struct GatewayHosts {
    /// The machine on the LAN.
    let remote: TestPath.End
    /// The host, by its interface on the LAN.
    let host: TestPath.End

    /// Makes both; the LAN is up and has its addresses.
    static func make(label: String, in workspace: Workspace) throws -> GatewayHosts {
        let host = try workspace.makeSandbox("\(label)-host")
        let remote = try workspace.makeSandbox("\(label)-lan")
        try host.routes().createVeth(
            near: NewLink(name: try Plan.name(GatewayPlan.uplink)), far: NewLink(name: try Plan.name(Plan.interface)),
            farNamespace: remote.namespace)
        try GatewayPlan.prepareForManyConnections(remote)
        let near = try addAddress(GatewayPlan.host, to: GatewayPlan.uplink, of: host)
        return GatewayHosts(remote: try Plan.bringUp(remote, GatewayPlan.remote), host: near)
    }

    /// Gives an interface its address and brings it up.
    static func addAddress(_ address: IPv4Address, to interface: String, of host: Sandbox) throws -> TestPath.End {
        let routes = try host.routes()
        guard let link = try routes.link(named: interface),
            let prefix = IPPrefix(address, length: GatewayPlan.prefixLength)
        else { throw BenchError("there is no interface \(interface) in the namespace \(host.name)") }
        try routes.addAddress(link: link.index, prefix)
        try routes.setUp(link: link.index)
        return try TestPath.End(sandbox: host, interface: interface, address: address)
    }
}
