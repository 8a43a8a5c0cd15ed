/// A host between a LAN and a sandbox, with a published port and a way out.
package final class GatewaySubject: Subject {
    package let kind: SubjectKind

    private let maker: any Gateway
    package private(set) var gateway: GatewayEnds?

    /// `kind` is one of those of the scene `nat` with a sandbox.
    package init(kind: SubjectKind, daemonExecutable: String) {
        self.kind = kind
        switch kind {
        case .heddleGateway: maker = HeddleGateway(mode: nil, daemonExecutable: daemonExecutable)
        case .heddleRelay: maker = HeddleGateway(mode: "relay", daemonExecutable: daemonExecutable)
        case .dockerProxy: maker = KernelGateway(publishing: .dockerProxy)
        default: maker = KernelGateway(publishing: .rules)
        }
    }

    package func setUp(in workspace: Workspace) throws -> TestPath {
        let hosts = try GatewayHosts.make(label: kind.rawValue, in: workspace)
        let sandbox = try workspace.makeSandbox("\(kind.rawValue)-sandbox")
        try GatewayPlan.prepareForManyConnections(sandbox)
        let inside = try maker.setUp(host: hosts.host.sandbox, sandbox: sandbox, in: workspace)
        gateway = GatewayEnds(remote: hosts.remote, host: hosts.host, sandbox: inside)
        return TestPath(sender: inside, receiver: hosts.remote)
    }

    package var switchProcesses: [Int32] { maker.switchProcesses }
}

/// A host with nothing on it but its interface on the LAN.
package final class PlainHost: Subject {
    package let kind = SubjectKind.plainHost
    package private(set) var gateway: GatewayEnds?

    /// Makes an empty description; `setUp` makes the thing.
    package init() {}

    package func setUp(in workspace: Workspace) throws -> TestPath {
        let hosts = try GatewayHosts.make(label: kind.rawValue, in: workspace)
        gateway = GatewayEnds(remote: hosts.remote, host: hosts.host, sandbox: nil)
        return TestPath(sender: hosts.remote, receiver: hosts.host)
    }
}
