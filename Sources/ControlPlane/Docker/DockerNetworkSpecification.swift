import Addresses
import HeddleAPI

/// What Docker says of a new network, as the control plane says it.
struct DockerNetworkSpecification: Hashable, Sendable {
    /// What is asked for.
    var request: NetworkRequest
    /// See `DockerNetworkRecord`.
    var via: EndpointRecord.Via

    /// Words of Docker's own drivers that mean the same here.
    private enum Key {
        static let driver = "driver"
        static let mtu = ["mtu", "com.docker.network.driver.mtu"]
        static let isolated = "isolated"
        static let communication = "com.docker.network.bridge.enable_icc"
        static let route = "route"
        static let via = "via"
    }

    /// Checks what Docker said. The options that belong to a driver are checked with it.
    init(_ docker: DockerNetworkRequest) throws(APIError) {
        try DockerIdentifier.check(docker.id, what: "network")
        var options = docker.options
        via = try DockerOption.via(options.removeValue(forKey: Key.via)) ?? .tap
        var isIsolated = try DockerOption.bool(options.removeValue(forKey: Key.isolated), key: Key.isolated)
        if let talks = try DockerOption.bool(options.removeValue(forKey: Key.communication), key: Key.communication) {
            if isIsolated == talks {
                throw .invalid(
                    "the options \(Key.isolated) and \(Key.communication) contradict each other",
                    hint: "Leave one of them out.")
            }
            isIsolated = !talks
        }
        var mtu: Int?
        for key in Key.mtu {
            guard let text = options.removeValue(forKey: key) else { continue }
            guard let number = Int(text) else {
                throw .invalid("the option \(key) is not a number: \(APIError.quoted(text))")
            }
            mtu = mtu ?? number
        }
        if let text = options[OverlaySettings.Key.learning], let flag = DockerOption.word(text) {
            options[OverlaySettings.Key.learning] = flag ? "on" : "off"
        }
        let pools = docker.pools.filter { !$0.subnet.hasSuffix("/0") }
        request = NetworkRequest(
            name: DockerIdentifier.networkName(docker.id), driver: options.removeValue(forKey: Key.driver),
            subnets: pools.isEmpty ? nil : pools.map(\.subnet), mtu: mtu, internal: docker.internal,
            isolated: isIsolated,
            route: try DockerOption.bool(options.removeValue(forKey: Key.route), key: Key.route))
        request.gateways = try pools.compactMap(\.gateway).map { text throws(APIError) in try Self.bare(text) }
        request.options = options.isEmpty ? nil : options
    }

    /// The address of what has a prefix length.
    private static func bare(_ text: String) throws(APIError) -> String {
        guard let prefix = IPPrefix(text) else {
            throw .invalid("the gateway \(APIError.quoted(text)) is not an address with a prefix length")
        }
        return prefix.address.description
    }
}

/// Docker's ids.
enum DockerIdentifier {
    /// 64 hexadecimal digits today.
    private static let longest = 128

    /// Refuses what can't be one.
    static func check(_ id: String, what: String) throws(APIError) {
        let isSound = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"):
                true
            default: false
            }
        }
        guard isSound, (1...longest).contains(id.utf8.count) else {
            throw .invalid("\(APIError.quoted(id)) is not an id of a \(what)")
        }
    }

    /// What one of Docker's networks is called here; Docker doesn't tell the name that its user gave it.
    static func networkName(_ id: String) -> String { "docker-" + id.prefix(12) }
}

/// Values of `-o` and `--driver-opt`.
enum DockerOption {
    /// Reads "true" or "false" in Go's spellings; nil if nothing was said. `-o key` without a value means true.
    static func bool(_ text: String?, key: String) throws(APIError) -> Bool? {
        guard let text else { return nil }
        if text.isEmpty { return true }
        guard let value = word(text) else {
            throw .invalid("the option \(key) is true or false, not \(APIError.quoted(text))")
        }
        return value
    }

    /// As Go's strconv.ParseBool.
    static func word(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "t", "1": true
        case "false", "f", "0": false
        default: nil
        }
    }

    /// Reads how endpoints are attached.
    static func via(_ text: String?) throws(APIError) -> EndpointRecord.Via? {
        switch text {
        case nil: nil
        case "tap": .tap
        case "veth": .veth
        case .some(let other):
            throw .invalid(
                "\(APIError.quoted(other)) is no way to attach",
                hint: "Say -o via=tap, which is the default, or via=veth.")
        }
    }
}
