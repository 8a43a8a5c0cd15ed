import Addresses
import Netlink

/// Joins a sandbox to the host by a pair that Heddle knows nothing of. Returns the host's end.
@discardableResult
func join(_ lab: HeddleUnderTest, _ sandbox: TestSandbox, host: String?, other: String) throws -> String {
    let near = "ad\(lab.ownInterfaces.count)"
    let namespace = try sandbox.open()
    try lab.host.ask { route in
        let index = try route.createVeth(
            near: NewLink(name: try InterfaceName(parsing: near), isUp: true),
            far: NewLink(name: try InterfaceName(parsing: HeddleUnderTest.ownInterface), isUp: true),
            farNamespace: namespace)
        if let host { try route.addAddress(link: index, try IPPrefix(parsing: host)) }
    }
    lab.ownInterfaces.insert(near)
    try sandbox.ask { route in
        guard let link = try route.link(named: HeddleUnderTest.ownInterface) else {
            throw LabError("there is no far end")
        }
        try route.addAddress(link: link.index, try IPPrefix(parsing: other))
    }
    return near
}
