import Addresses
import Netlink

/// Names and addresses that all subjects share: each is alone in its namespaces, so they can be the same for all.
enum Plan {
    /// The interface in every sandbox.
    static let interface = "eth0"
    /// Heddle's network; the others only use its prefix length.
    static let subnet = "10.231.77.0/24"
    /// Where frames are sent from.
    static let sender = IPv4Address(10, 231, 77, 2)
    /// Where they arrive.
    static let receiver = IPv4Address(10, 231, 77, 3)

    /// The address of one of many sandboxes of a kernel bridge.
    static func address(_ index: Int) -> IPv4Address {
        IPv4Address(value: IPv4Address(10, 231, 64, 2).value + UInt32(index))
    }

    /// An interface's name as the kernel's own type; the names are this file's and well formed.
    static func name(_ text: String) throws -> InterfaceName {
        do {
            return try InterfaceName(parsing: text)
        } catch {
            throw BenchError("\(error)")
        }
    }

    /// Gives the sandbox's interface its address and brings it up.
    static func bringUp(_ sandbox: Sandbox, _ address: IPv4Address) throws -> TestPath.End {
        let routes = try sandbox.routes()
        guard let link = try routes.link(named: interface), let prefix = IPPrefix(address, length: 24) else {
            throw BenchError("there is no interface \(interface) in the namespace \(sandbox.name)")
        }
        try routes.addAddress(link: link.index, prefix)
        try routes.setUp(link: link.index)
        return try TestPath.End(sandbox: sandbox, interface: interface, address: address)
    }
}
