import Addresses
import Glibc
import Logging
import NameServer
import NameService
import Testing

/// A name server on loopback ports, with a network of one endpoint.
final class ServerRig {
    let server: NameServer
    let handle: NameServer.Handle
    let datagramPort: UInt16
    let streamPort: UInt16

    init(
        resolvers: [String] = [], resolverFile: String = "/dev/null", _ change: (inout NameLimits) -> Void = { _ in }
    ) throws {
        var limits = NameLimits()
        limits.patience = .milliseconds(300)
        change(&limits)
        server = NameServer(
            resolvers: try resolvers.map { try IPAddress(parsing: $0) }, resolverFile: resolverFile, limits: limits,
            log: Logger(label: "test"))
        var zone = NameZone(network: "lan", subnets: [try IPPrefix(parsing: "10.0.0.0/24")], forwards: true)
        zone.set(NameZone.Member(names: ["web"], addresses: [try IPAddress(parsing: "10.0.0.2")]), id: "1")
        let datagram = try LoopbackSocket(stream: false)
        let stream = try LoopbackSocket(stream: true)
        try #require(listen(stream.descriptor, 16) == 0)
        datagramPort = datagram.port
        streamPort = stream.port
        handle = try server.open(
            zone, datagrams: [datagram.copy], listeners: [stream.copy], datagramLimit: 1_452)
    }

    deinit { server.shutDown() }

    func client(stream isStream: Bool = false) throws -> LoopbackSocket {
        let client = try LoopbackSocket(stream: isStream)
        try client.connect(port: isStream ? streamPort : datagramPort)
        return client
    }

    /// A message that asks for the IPv4 address of a name.
    static func question(_ name: String, identifier: UInt16 = 7) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(identifier >> 8), UInt8(identifier & 0xFF), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + Array(label.utf8) }
        return bytes + [0, 0, 1, 0, 1]
    }

    /// A resolver's answer to a message, with a code and an address.
    static func answer(
        _ question: [UInt8], code: UInt8 = 0, flags: UInt8 = 0, address: [UInt8] = [9, 9, 9, 9]
    ) -> [UInt8] {
        var bytes = question
        bytes[2] = 0x81 | flags
        bytes[3] = 0x80 | code
        guard code == 0, flags == 0 else { return bytes }
        bytes[7] = 1
        return bytes + [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4] + address
    }
}
