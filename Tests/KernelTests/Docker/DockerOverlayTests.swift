import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// Two hosts, each with Heddle and Docker of its own.
@Suite("Docker: two engines", .enabled(if: geteuid() == 0, "needs root"), .serialized, .lab)
struct DockerOverlayTests {
    private static let underlay = ["198.18.0.1", "198.18.0.2"]
    private static let wire = "u0"

    @Test("One overlay between the containers of two engines")
    func overlay() throws {
        try DockerHost.run { first in
            try DockerHost.run { second in
                try join(first, second)
                for (index, host) in [first, second].enumerated() {
                    let addresses = "--subnet 10.42.0.0/16 --ip-range 10.42.\(index + 1).0/24"
                    let tunnel = "-o vni=42 -o local=\(Self.underlay[index]) -o peer=\(Self.underlay[1 - index])"
                    try host.network("blue", "\(addresses) -o driver=overlay \(tunnel)")
                }
                let near = try first.container("near", "--network blue")
                let far = try second.container("far", "--network blue")
                let address = try far.setting("IPAddress", in: "blue")
                #expect(address.hasPrefix("10.42.2."))
                let isReached = try Patience.until(.seconds(10)) { try near.pings(address) }
                #expect(isReached)
                let own = try near.setting("IPAddress", in: "blue")
                #expect(try far.pings(own))
                #expect(try first.ask(from: near.sandbox(), address) == "\(own) far")
                #expect(try second.ask(from: far.sandbox(), own) == "\(address) near")
            }
        }
    }

    private func join(_ first: DockerHost, _ second: DockerHost) throws {
        let name = try InterfaceName(parsing: Self.wire)
        let namespace = try second.lab.host.open()
        try first.lab.host.ask { route in
            _ = try route.createVeth(
                near: NewLink(name: name, isUp: true), far: NewLink(name: name, isUp: true), farNamespace: namespace)
        }
        for (host, address) in zip([first, second], Self.underlay) {
            host.lab.ownInterfaces.insert(Self.wire)
            try host.lab.host.ask { route in
                guard let link = try route.link(named: Self.wire) else { throw LabError("there is no wire") }
                try route.addAddress(link: link.index, try IPPrefix(parsing: address + "/24"))
            }
        }
    }
}
