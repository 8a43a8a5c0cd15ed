import Addresses
import Glibc

/// A UDP socket in a sandbox that speaks with anybody.
final class LabDatagram {
    let descriptor: Int32

    /// Port 0: the kernel chooses.
    init(in sandbox: TestSandbox, _ address: String, port: UInt16 = 0) throws {
        descriptor = try sandbox.inside { try InternetSocket.datagram(address) }
        try InternetSocket.bind(descriptor, address, port: port)
        InternetSocket.setTimeout(descriptor, .seconds(5))
    }

    deinit {
        close(descriptor)
    }

    func send(_ bytes: [UInt8] = Array("heddle".utf8), to address: String, _ port: UInt16) throws {
        guard try trySend(bytes, to: address, port) else { throw LabError.system("send to \(address)") }
    }

    /// False: the kernel doesn't take it.
    func trySend(_ bytes: [UInt8], to address: String, _ port: UInt16) throws -> Bool {
        InternetSocket.reply(descriptor, bytes, to: try Self.name(address, port))
    }

    /// The next datagram and who sent it. Throws if none comes within five seconds.
    func receive() throws -> (bytes: [UInt8], address: String, port: UInt16) {
        guard let next = next() else { throw LabError("no datagram came") }
        return next
    }

    /// Whether a datagram comes within `limit`.
    func hears(within limit: Duration = .milliseconds(400)) -> Bool {
        InternetSocket.setTimeout(descriptor, limit)
        defer { InternetSocket.setTimeout(descriptor, .seconds(5)) }
        return next() != nil
    }

    /// Sends from here to there; what the other side sees as this one's port.
    func greet(_ other: LabDatagram, at address: String, _ port: UInt16) throws -> UInt16 {
        try send(to: address, port)
        return try other.receive().port
    }

    private func next() -> (bytes: [UInt8], address: String, port: UInt16)? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        guard let (count, name) = InternetSocket.receive(descriptor, &bytes) else { return nil }
        let port = withUnsafeBytes(of: name) { UInt16($0[2]) << 8 | UInt16($0[3]) }
        return (Array(bytes.prefix(count)), InternetSocket.text(name), port)
    }

    private static func name(_ text: String, _ port: UInt16) throws -> sockaddr_storage {
        let address = try IPAddress(parsing: text)
        var name = sockaddr_storage()
        let isIPv4 = address.family == .v4
        name.ss_family = sa_family_t(isIPv4 ? AF_INET : AF_INET6)
        withUnsafeMutableBytes(of: &name) { bytes in
            bytes[2] = UInt8(port >> 8)
            bytes[3] = UInt8(port & 0xFF)
            for (offset, octet) in address.octets.enumerated() { bytes[(isIPv4 ? 4 : 8) + offset] = octet }
        }
        return name
    }

    /// Sets a number by setsockopt.
    func set(_ level: Int, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, Int32(level), option, &value, 4)
    }

    /// Has every datagram sent with DF (IP_PMTUDISC_DO of linux/in.h), or none (IP_PMTUDISC_DONT).
    func setMustNotFragment(_ isSet: Bool) {
        set(Int(IPPROTO_IP), IP_MTU_DISCOVER, isSet ? 2 : 0)
        set(Int(IPPROTO_IPV6), IPV6_MTU_DISCOVER, isSet ? 2 : 0)
    }
}
