package import Addresses
import Netlink

/// Addresses and ports that all subjects of a gateway share: each has a host and a LAN of its own.
package enum GatewayPlan {
    /// The host's address on the LAN, within 198.18.0.0/15, which is for measurements (RFC 2544).
    package static let host = IPv4Address(198, 18, 0, 1)
    /// The LAN machine's address.
    package static let remote = IPv4Address(198, 18, 0, 2)
    /// The host's address in the sandbox's network, the first of `Plan.subnet`.
    static let gateway = IPv4Address(10, 231, 77, 1)
    /// The sandbox's address.
    static let sandbox = Plan.sender
    static let prefixLength = 24

    /// The host's interface on the LAN.
    static let uplink = "uplink0"
    /// The host's port that is published, TCP and UDP.
    static let publishedPort: UInt16 = 5_000
    /// The sandbox's port behind it.
    package static let servicePort: UInt16 = 80
    /// Where the LAN machine serves. Below those that its own clients take: a client's port that still closes can't be
    /// bound to.
    package static let remotePort: UInt16 = 700
    /// Where the host itself serves.
    static let hostPort: UInt16 = 6_000
    /// The first port that clients take, where many connections are made.
    package static let firstClientPort: UInt16 = 1_024

    /// What Heddle is told to publish.
    static let specs = ["\(publishedPort):\(servicePort)", "\(publishedPort):\(servicePort)/udp"]

    /// Lets a machine open connections one after the other for as long as wanted: all ports, and those that closed a
    /// second ago at once.
    static func prepareForManyConnections(_ machine: Sandbox) throws {
        try machine.run {
            do {
                try TextFile.write("\(firstClientPort) 65535", to: "/proc/sys/net/ipv4/ip_local_port_range")
                try TextFile.write("1", to: "/proc/sys/net/ipv4/tcp_tw_reuse")
            } catch {
                throw BenchError("cannot set the ports of connections in \(machine.name): \(error)")
            }
        }
    }
}
