import Addresses
import HeddleAPI
import Netlink

/// A request for an endpoint that makes sense by itself; whether it fits the network and the sandbox is decided later.
struct AttachSpecification: Hashable, Sendable {
    /// The network's name.
    var network: String
    /// As it was given.
    var sandbox: String
    /// What `sandbox` means.
    var reference: SandboxReference
    /// TAP or veth.
    var via: EndpointRecord.Via
    /// nil: eth0, or the first free ethN.
    var ifname: String?
    /// At most one of each family.
    var addresses: [IPAddress]
    /// nil: follows from the network and the address.
    var mac: MACAddress?
    /// See `Endpoint`.
    var name: String
    /// See `Endpoint`.
    var aliases: [String]
    /// 1…4094.
    var vlan: Int?
    /// Of which no two overlap.
    var publish: [PublishSpecification]
    /// How all of `publish` is.
    var publishMode: PublishRecord.Mode

    /// Checks a request.
    init(_ request: AttachRequest) throws(APIError) {
        try NameRule.check(request.network, what: "network")
        network = request.network
        sandbox = request.sandbox
        reference = try SandboxReference(checking: request.sandbox)
        switch request.via {
        case nil, "tap": via = .tap
        case "veth": via = .veth
        case .some(let other):
            throw .invalid(
                "\(APIError.quoted(other)) is no way to attach", hint: "Use --via tap (the default) or --via veth.")
        }
        ifname = try request.ifname.map { text throws(APIError) in try Self.interfaceName(text) }
        addresses = try Self.addresses(request.ip ?? [])
        mac = try request.mac.map { text throws(APIError) in try Self.mac(text) }
        name = request.name ?? ""
        if !name.isEmpty { try NameRule.checkHost(name, what: "endpoint") }
        aliases = []
        for alias in request.aliases ?? [] {
            try NameRule.checkHost(alias, what: "alias")
            if !aliases.contains(alias) { aliases.append(alias) }
        }
        if let vlan = request.vlan, !(1...4_094).contains(vlan) {
            throw .invalid("the VLAN \(vlan) is not from 1 to 4094", hint: "0 and 4095 are reserved by IEEE 802.1Q.")
        }
        vlan = request.vlan
        publish = try PublishSpecification.list(request.publish ?? [])
        publishMode = try PublishRecord.Mode(checking: request.publishMode)
        if let mode = request.publishMode, publish.isEmpty {
            throw .invalid(
                "nothing is published that could be by \(mode)", hint: "Say --publish, or leave out --publish-mode.")
        }
    }

    /// Checks a MAC address that a station shall have.
    static func mac(_ text: String) throws(APIError) -> MACAddress {
        let mac: MACAddress
        do {
            mac = try MACAddress(parsing: text)
        } catch {
            throw .invalid("\(error)")
        }
        if mac.isZero { throw .invalid("no station can have the MAC address \(mac)") }
        if mac.isGroup {
            throw .invalid(
                "\(mac) is a group address, which no station can have",
                hint: "The first octet must be even, such as in 02:00:0a:00:00:02.")
        }
        return mac
    }

    /// Checks the name of an interface that exists or shall exist.
    static func interfaceName(_ text: String) throws(APIError) -> String {
        // Of these two, the kernel could not make the directories under /proc/sys: they are there already.
        if text == "all" || text == "default" {
            throw .invalid("\(APIError.quoted(text)) is not an interface name: it means every interface")
        }
        do {
            return try InterfaceName(parsing: text).text
        } catch {
            throw .invalid("\(error)")
        }
    }

    private static func addresses(_ texts: [String]) throws(APIError) -> [IPAddress] {
        var addresses: [IPAddress] = []
        for text in texts {
            if text.contains("/") {
                throw .invalid(
                    "\(APIError.quoted(text)) has a prefix length",
                    hint: "Give the bare address; its prefix length comes from the network's subnet.")
            }
            let address: IPAddress
            do {
                address = try IPAddress(parsing: text)
            } catch {
                throw .invalid("\(error)")
            }
            if let other = addresses.first(where: { $0.family == address.family }) {
                throw .invalid(
                    "an endpoint can't have two \(address.family) addresses of one network: \(other) and \(address)")
            }
            addresses.append(address)
        }
        return addresses
    }
}
