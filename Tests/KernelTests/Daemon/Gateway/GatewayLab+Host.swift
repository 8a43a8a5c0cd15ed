import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink

extension LabConnection {
    /// Has both ends forget what nobody will ever take, which would keep their namespaces alive.
    func abandon() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        for end in [near, far] { setsockopt(end, SOL_SOCKET, SO_LINGER, &linger, 8) }
    }
}

extension GatewayLab {
    /// Runs `ip` with these words, which must succeed.
    func ip(_ words: String, in sandbox: TestSandbox? = nil) throws {
        let sandbox = sandbox ?? lab.host
        guard try lab.succeeds(["ip"] + words.split(separator: " ").map(String.init), in: sandbox) else {
            throw LabError("ip \(words) fails in \(sandbox.name)")
        }
    }

    /// Another machine before the host: a sandbox whose own interface is joined to the host's, which is named.
    func anotherLAN(_ short: String, host: String, other: String) throws -> (sandbox: TestSandbox, uplink: String) {
        let sandbox = try lab.makeSandbox(short, ipv6: true)
        return (sandbox, try join(lab, sandbox, host: host, other: other))
    }

    /// The MAC addresses of the first endpoint, its router, the uplink and the LAN machine.
    func addresses() throws -> (box: MACAddress, router: MACAddress, uplink: MACAddress, lan: MACAddress) {
        _ = try lab.succeeds(["ping", "-c1", "-W2", "10.81.0.1"], in: box)
        let router = try box.ask { route in
            try route.neighbours().first { "\($0.address)" == "10.81.0.1" }?.mac
        }
        guard let router, let own = try box.link("eth0")?.mac, let near = try lab.host.link(uplink)?.mac,
            let far = try lan.link(HeddleUnderTest.ownInterface)?.mac
        else { throw LabError("a MAC address is not known") }
        return (own, router, near, far)
    }

    /// Waits until the daemon has seen a change of the host's.
    func settle() {
        Patience.pass(.milliseconds(150))
    }

    /// The flows of all networks.
    func flows() throws -> [Flow] { try lab.client.flows() }

    /// How often that reason was counted.
    func drops(_ reason: String) throws -> UInt64 { try drops()[reason, default: 0] }

    /// Whether a TCP connection to that address and port comes about within a second or two; `isTaken`: and a
    /// `TakingServer` there takes it. The client ends it by RST.
    func reaches(from sandbox: TestSandbox, _ address: String, port: UInt16, isTaken: Bool = false) throws -> Bool {
        let client = try sandbox.inside { try InternetSocket.stream(address) }
        defer { close(client) }
        InternetSocket.setTimeout(client, .milliseconds(1_500))
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, 8)
        do {
            try InternetSocket.connect(client, address, port: port)
            if !isTaken { return true }
            // The server hangs up when it has taken the connection.
            var byte: UInt8 = 0
            return recv(client, &byte, 1, 0) == 0
        } catch {
            return false
        }
    }
}
