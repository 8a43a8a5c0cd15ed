import DataPlane
import HeddleAPI
import Netlink

/// Where the interfaces are that Docker moved.
extension Switchboard {
    /// What is recorded of Docker's about an endpoint.
    func dockerRow(of record: EndpointRecord) -> DockerEndpointRecord? {
        dockerEndpoints.values.first { $0.endpoint == record.id }
    }

    /// The namespace in which an endpoint's interface lies: the kernel knows where a TAP is that this daemon holds, and
    /// Docker said where others should be.
    func dockerNamespace(of record: EndpointRecord) -> NetworkNamespace? {
        if record.via == .tap, let held = engine.ports[record.port],
            let opened = TapDevice.namespace(descriptor: held.descriptor)
        {
            return try? NetworkNamespace(adopting: opened)
        }
        guard let row = dockerRow(of: record), !row.sandbox.isEmpty else { return nil }
        return try? SandboxReference(row.sandbox)?.open()
    }

    /// The sandbox in which an endpoint's interface lies; nil if there is none, or the interface isn't in one.
    func dockerSandbox(of record: EndpointRecord) -> SandboxSession? {
        guard let namespace = dockerNamespace(of: record), namespace != ownNamespace else { return nil }
        return try? SandboxSession(namespace: namespace, what: record.sandbox)
    }

    /// Where to look for an endpoint's sandbox, before anything is held.
    func reference(to record: EndpointRecord) -> SandboxReference? {
        guard record.isDockers else { return SandboxReference(record.sandbox) }
        guard let row = dockerRow(of: record), !row.sandbox.isEmpty else { return nil }
        return SandboxReference(row.sandbox)
    }

    /// Forgets what is remembered of Docker's about an endpoint.
    func forgetDocker(_ record: EndpointRecord) {
        guard record.isDockers, let row = dockerRow(of: record) else { return }
        dockerEndpoints[row.id] = nil
        dockerMentions[row.id] = nil
    }
}
