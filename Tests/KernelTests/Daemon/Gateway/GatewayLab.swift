import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink

/// A host with a network behind it and a LAN before it: the LAN is a sandbox of its own, joined to the host by a pair.
struct GatewayLab {
    let lab: HeddleUnderTest
    /// A machine on the LAN.
    let lan: TestSandbox
    /// The host's interface on the LAN.
    let uplink: String
    /// The first endpoint's sandbox.
    let box: TestSandbox

    /// The host's addresses on the LAN.
    static let host = "192.0.2.1"
    static let host6 = "2001:db8::1"
    /// The LAN machine's.
    static let remote = "192.0.2.2"
    static let remote6 = "2001:db8::2"
    /// The network's subnets, and the first endpoint's addresses.
    static let subnets = ["10.81.0.0/24", "fd81::/64"]
    static let inside = "10.81.0.2"
    static let inside6 = "fd81::2"

    /// Makes all of it, with one endpoint `box` in the network `web`.
    init(_ lab: HeddleUnderTest, publish: [String]? = nil, mode: String? = nil) throws {
        self.lab = lab
        lan = try lab.makeSandbox("lan", ipv6: true)
        box = try lab.makeSandbox("box", ipv6: true)
        uplink = try join(lab, lan, host: "\(Self.host)/24", other: "\(Self.remote)/24")
        try Self.addIPv6(lab.host, uplink, "\(Self.host6)/64")
        try Self.addIPv6(lan, HeddleUnderTest.ownInterface, "\(Self.remote6)/64")
        _ = try lab.client.createNetwork(NetworkRequest(name: "web", subnets: Self.subnets))
        _ = try lab.client.attach(
            AttachRequest(network: "web", sandbox: box.name, publish: publish, publishMode: mode))
    }

    /// Another endpoint of the same network.
    func another(_ short: String, publish: [String]? = nil) throws -> (sandbox: TestSandbox, endpoint: Endpoint) {
        let sandbox = try lab.makeSandbox(short, ipv6: true)
        let endpoint = try lab.client.attach(
            AttachRequest(network: "web", sandbox: sandbox.name, publish: publish))
        return (sandbox, endpoint)
    }

    private static func addIPv6(_ sandbox: TestSandbox, _ name: String, _ prefix: String) throws {
        try sandbox.ask { route in
            guard let link = try route.link(named: name) else { throw LabError("there is no \(name)") }
            try route.addAddress(link: link.index, try IPPrefix(parsing: prefix), noDuplicateDetection: true)
        }
    }

    /// What the data plane dropped, of all ports.
    func drops() throws -> [String: UInt64] {
        var all: [String: UInt64] = [:]
        for port in try lab.client.statistics().ports { all.merge(port.drops) { $0 + $1 } }
        return all
    }
}

/// A TCP server and clients of it, each in a sandbox of its own.
final class LabServer {
    private let listener: Int32
    let port: UInt16

    init(in sandbox: TestSandbox, _ address: String, port: UInt16) throws {
        self.port = port
        listener = try sandbox.inside { try InternetSocket.stream(address) }
        try InternetSocket.bind(listener, address, port: port)
        InternetSocket.setTimeout(listener, .seconds(5))
        guard listen(listener, 128) == 0 else { throw LabError.system("listen") }
    }

    deinit {
        close(listener)
    }

    /// Accepts a connection; the caller's. Throws after five seconds.
    func take() throws -> (descriptor: Int32, peer: String) {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else { throw LabError.system("accept") }
        InternetSocket.setTimeout(descriptor, .seconds(5))
        return (descriptor, InternetSocket.peer(of: descriptor))
    }

    /// Connects from a sandbox by `address`, says something both ways, and tells what the server saw as the client.
    func converse(from sandbox: TestSandbox, _ address: String, port: UInt16) throws -> String {
        let client = try sandbox.inside { try InternetSocket.stream(address) }
        defer { close(client) }
        InternetSocket.setTimeout(client, .seconds(5))
        try InternetSocket.connect(client, address, port: port)
        let (server, peer) = try take()
        defer { close(server) }
        try Self.exchange(client, server)
        try Self.exchange(server, client)
        return peer
    }

    /// Sends eight bytes one way.
    static func exchange(_ from: Int32, _ to: Int32) throws {
        var question = UInt64.random(in: 0 ... .max)
        guard send(from, &question, 8, Int32(MSG_NOSIGNAL)) == 8 else { throw LabError.system("send") }
        var answer: UInt64 = 0
        guard recv(to, &answer, 8, Int32(MSG_WAITALL)) == 8 else { throw LabError.system("receive") }
        guard question == answer else { throw LabError("other bytes came out of the connection") }
    }
}

/// Single datagrams and their answers.
enum Datagrams {
    /// Sends a datagram from one sandbox to a socket in another that has `address`, by way of another address and port if
    /// told so, and back; what the socket saw as the sender.
    static func echo(
        from source: TestSandbox, to target: TestSandbox, _ address: String, port: UInt16, by way: String? = nil,
        _ wayPort: UInt16 = 0, count: Int = 32
    ) throws -> String {
        let server = try target.inside { try InternetSocket.datagram(address) }
        defer { close(server) }
        try InternetSocket.bind(server, address, port: port)
        InternetSocket.setTimeout(server, .seconds(5))
        let client = try source.inside { try InternetSocket.datagram(way ?? address) }
        defer { close(client) }
        InternetSocket.setTimeout(client, .seconds(5))
        try InternetSocket.connect(client, way ?? address, port: way == nil ? port : wayPort)
        // A datagram that doesn't fit is cut on its way, not refused.
        var mayBeCut: Int32 = 0
        for socket in [client, server] where !address.contains(":") {
            setsockopt(socket, Int32(IPPROTO_IP), 10, &mayBeCut, 4)  // IP_MTU_DISCOVER, IP_PMTUDISC_DONT
        }
        let question = (0..<count).map { _ in UInt8.random(in: 0 ... .max) }
        guard send(client, question, count, 0) == count else { throw LabError.system("send") }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        guard let (length, name) = InternetSocket.receive(server, &bytes) else { throw LabError("no datagram came") }
        guard Array(bytes.prefix(length)) == question else { throw LabError("another datagram came") }
        guard InternetSocket.reply(server, question, to: name) else { throw LabError.system("reply") }
        guard recv(client, &bytes, bytes.count, 0) == count, Array(bytes.prefix(count)) == question else {
            throw LabError("no answer came")
        }
        return InternetSocket.text(name)
    }
}

extension FramePort.Frame {
    /// Whether it is an IP packet from or to an address of `GatewayLab.subnets`.
    var holdsInside: Bool {
        let packet = Array(payload)
        guard bytes.count >= 34 else { return false }
        switch (bytes[12], bytes[13]) {
        case (0x08, 0x00): return packet[12...14] == [10, 81, 0] || packet[16...18] == [10, 81, 0]
        case (0x86, 0xDD):
            guard packet.count >= 40 else { return false }
            return packet[8...9] == [0xFD, 0x81] || packet[24...25] == [0xFD, 0x81]
        default: return false
        }
    }
}
