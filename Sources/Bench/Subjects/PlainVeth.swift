import Netlink

/// Two namespaces joined by a pair of interfaces: what the kernel costs without any switch.
package final class PlainVeth: Subject {
    package let kind = SubjectKind.veth

    /// Makes an empty description; `setUp` makes the thing.
    package init() {}

    package func setUp(in workspace: Workspace) throws -> TestPath {
        let sender = try workspace.makeSandbox("veth-a")
        let receiver = try workspace.makeSandbox("veth-b")
        let link = NewLink(name: try Plan.name(Plan.interface))
        try sender.routes().createVeth(near: link, far: link, farNamespace: receiver.namespace)
        return TestPath(
            sender: try Plan.bringUp(sender, Plan.sender), receiver: try Plan.bringUp(receiver, Plan.receiver))
    }
}
