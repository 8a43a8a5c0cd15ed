import Addresses
import HeddleAPI

/// What Docker wants published of one container: it names every port by itself, here neighbours become ranges.
struct DockerPublication: Hashable, Sendable {
    /// A port of the container for which any port of several will do.
    struct Open: Hashable, Sendable {
        var proto: PublishSpecification.Transport
        var hostAddress: IPAddress?
        var port: UInt16
        var hosts: ClosedRange<UInt16>

        func specification(hostPort: UInt16) -> PublishSpecification {
            PublishSpecification(
                proto: proto, hostAddress: hostAddress, host: hostPort...hostPort, inside: port...port)
        }
    }

    /// Where a port is chosen if Docker names none: what the kernel gives to clients, as Docker does it, below those that
    /// are kept for what leaves the networks.
    static let anyHostPort: ClosedRange<UInt16> = 32_768...61_439
    /// More are refused.
    static let most = 65_536

    /// Ports of the host that are named, in order.
    var fixed: [PublishSpecification] = []
    /// Those that are to be chosen, in order.
    var open: [Open] = []

    /// Whether nothing is left to choose.
    var isFixed: Bool { open.isEmpty }

    /// For checks that ask nothing of the host's ports.
    var samples: [PublishSpecification] {
        fixed + open.map { $0.specification(hostPort: $0.hosts.lowerBound) }
    }

    /// Reads Docker's list.
    init(_ bindings: [DockerPortBinding]) throws(APIError) {
        if bindings.count > Self.most { throw .invalid("\(bindings.count) ports are too many for one container") }
        for binding in bindings {
            let open = try Self.read(binding)
            if open.hosts.count > 1 {
                self.open.append(open)
            } else {
                fixed.append(open.specification(hostPort: open.hosts.lowerBound))
            }
        }
        fixed = Self.joined(fixed)
        try refuseTwins()
    }

    private static func read(_ binding: DockerPortBinding) throws(APIError) -> Open {
        let proto: PublishSpecification.Transport
        switch binding.proto {
        case 6: proto = .tcp
        case 17: proto = .udp
        default:
            let name = binding.proto == 132 ? "SCTP" : "the IP protocol \(binding.proto)"
            throw .invalid(
                "cannot publish port \(binding.port): \(name) is not translated", hint: "Publish tcp or udp.")
        }
        guard let port = UInt16(exactly: binding.port), port > 0 else {
            throw .invalid("the container's port \(binding.port) is not from 1 to 65535")
        }
        var address: IPAddress?
        if !binding.hostAddress.isEmpty {
            guard let parsed = IPAddress(binding.hostAddress) else {
                throw .invalid("the host's address \(APIError.quoted(binding.hostAddress)) is none")
            }
            address = parsed
        }
        if binding.hostPort == 0 { return Open(proto: proto, hostAddress: address, port: port, hosts: anyHostPort) }
        guard let first = UInt16(exactly: binding.hostPort), first > 0,
            let last = UInt16(exactly: max(binding.hostEnd, binding.hostPort))
        else {
            throw .invalid("the host's ports \(binding.hostPort) to \(binding.hostEnd) are not from 1 to 65535")
        }
        return Open(proto: proto, hostAddress: address, port: port, hosts: first...last)
    }

    /// Neighbours as ranges: one entry of the data plane's table each, however many ports.
    private static func joined(_ single: [PublishSpecification]) -> [PublishSpecification] {
        func key(_ one: PublishSpecification) -> (String, String, UInt16) {
            (one.proto.rawValue, one.hostAddress?.description ?? "", one.host.lowerBound)
        }
        var joined: [PublishSpecification] = []
        for one in single.sorted(by: { key($0) < key($1) }) {
            if let last = joined.last, last.proto == one.proto, last.hostAddress == one.hostAddress,
                last.host.upperBound < .max, one.host.lowerBound == last.host.upperBound + 1,
                last.inside.upperBound < .max, one.inside.lowerBound == last.inside.upperBound + 1
            {
                joined[joined.count - 1].host = last.host.lowerBound...one.host.upperBound
                joined[joined.count - 1].inside = last.inside.lowerBound...one.inside.upperBound
            } else if joined.last != one {
                joined.append(one)
            }
        }
        return joined
    }

    private func refuseTwins() throws(APIError) {
        if fixed.count > PublishSpecification.most {
            throw .invalid(
                "\(fixed.count) ranges of ports are too many for one container", hint: "Publish fewer ports.")
        }
        for (position, one) in fixed.enumerated() {
            guard let twin = fixed[..<position].first(where: { $0.overlaps(one) }) else { continue }
            throw .invalid("cannot publish \(one): \(twin) needs the same port of the host")
        }
    }
}
