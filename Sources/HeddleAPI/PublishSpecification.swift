public import Addresses

/// Ports of the host and the ports of an endpoint that they lead to, as `--publish` says it:
/// `[HOSTIP:]HOSTPORT[-END]:PORT[-END][/tcp|udp]`. Makes sense by itself; whether the ports are free is decided later.
public struct PublishSpecification: Hashable, Sendable {
    /// What can be translated.
    public enum Transport: String, Hashable, Sendable {
        /// Connections.
        case tcp
        /// Datagrams.
        case udp

        /// With the number that IP headers have.
        public var transport: TransportProtocol { self == .tcp ? .tcp : .udp }
    }

    /// See `Transport`.
    public var proto: Transport
    /// The host's address; 0.0.0.0 and `::` are all of that family, nil is all of both.
    public var hostAddress: IPAddress?
    /// The host's ports, of which there is no 0.
    public var host: ClosedRange<UInt16>
    /// The endpoint's ports, as many as the host's.
    public var inside: ClosedRange<UInt16>

    /// Most specifications that one command may have: it is checked whether any two of them overlap.
    public static let most = 4_096
    /// The host's ports that leave with its networks' own flows: none of them can be published.
    public static let keptPorts: ClosedRange<UInt16> = 61_440...65_535
    private static let form = "[HOSTIP:]HOSTPORT[-END]:PORT[-END][/tcp|udp]"

    /// Makes one of its parts; `host` and `inside` have as many ports.
    public init(
        proto: Transport, hostAddress: IPAddress?, host: ClosedRange<UInt16>, inside: ClosedRange<UInt16>
    ) {
        self.proto = proto
        self.hostAddress = hostAddress
        self.host = host
        self.inside = inside
    }

    /// Whether both need the same port of the host at the same address.
    public func overlaps(_ other: PublishSpecification) -> Bool {
        guard proto == other.proto, host.overlaps(other.host) else { return false }
        guard let mine = hostAddress, let others = other.hostAddress else { return true }
        return mine.family == others.family && (mine == others || mine.isUnspecified || others.isUnspecified)
    }
}

extension PublishSpecification: CustomStringConvertible {
    /// The shortest way to write it.
    public var description: String {
        let address =
            switch hostAddress {
            case nil: ""
            case .v4(let address): "\(address):"
            case .v6(let address): "[\(address)]:"
            }
        return address + Self.text(host) + ":" + Self.text(inside) + (proto == .tcp ? "" : "/\(proto.rawValue)")
    }

    /// "80", or "80-89".
    public static func text(_ ports: ClosedRange<UInt16>) -> String {
        ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)"
    }
}

extension PublishSpecification {
    /// Reads one specification. Throws what it is not, as the daemon says it.
    public init(parsing text: String) throws(APIError) {
        let sides = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        proto = try sides.count > 1 ? Self.transport(sides[1], in: text) : .tcp
        let (address, parts) = try Self.cut(sides.first ?? "", of: text)
        // As the list shows it.
        let named = address == "*" ? nil : address
        hostAddress = try named.map { word throws(APIError) in try Self.address(word, in: text) }
        host = try Self.ports(parts[0], whose: "host", in: text)
        inside = try Self.ports(parts[1], whose: "endpoint", in: text)
        if host.count == inside.count { return }
        let count = "\(host.count) \(host.count == 1 ? "port" : "ports")"
        let hint =
            inside.count == 1
            ? "Which of them is meant is not guessed: say one port of the host, or as many of the endpoint."
            : "Both ranges must have the same length."
        throw Self.refusal(text, "\(count) of the host can't lead to \(inside.count) of the endpoint", hint: hint)
    }

    /// Reads all specifications of one command, of which no two may need the same port of the host.
    public static func list(_ texts: [String]) throws(APIError) -> [PublishSpecification] {
        if texts.count > most {
            throw APIError(
                .invalid, "\(texts.count) specifications are too many for one command", hint: "Give ranges of ports.")
        }
        var list: [PublishSpecification] = []
        for text in texts {
            let new = try PublishSpecification(parsing: text)
            if let twin = list.first(where: { $0.overlaps(new) }) {
                let same = Self.text(new.host.clamped(to: twin.host))
                throw APIError(
                    .invalid,
                    twin == new
                        ? "cannot publish \(APIError.quoted(text)): it is said twice"
                        : "cannot publish \(APIError.quoted(text)): \(twin) has the host's port \(same)/\(new.proto)"
                            + " already",
                    hint: "A port of the host leads to one port of one endpoint; name every port once.")
            }
            list.append(new)
        }
        return list
    }

    /// The host's address, if one is said, and what is said of the host's and of the endpoint's ports.
    private static func cut(
        _ whole: Substring, of text: String
    ) throws(APIError) -> (address: Substring?, parts: [Substring]) {
        var address: Substring?
        var rest = whole
        if whole.hasPrefix("[") {
            guard let end = whole.firstIndex(of: "]") else {
                throw refusal(text, "the bracket before its address is not closed", hint: "Write [fd00::1]:8080:80.")
            }
            address = whole[whole.index(after: whole.startIndex)..<end]
            rest = whole[whole.index(after: end)...]
            guard rest.hasPrefix(":") else {
                throw refusal(text, "no colon follows the address in brackets", hint: "Write [fd00::1]:8080:80.")
            }
            rest = rest.dropFirst()
        }
        var parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 3, address == nil { address = parts.removeFirst() }
        switch parts.count {
        case 2: return (address, parts)
        case 0, 1:
            throw refusal(
                text, "it does not name a port of the host and one of the endpoint", hint: "Write \(form), as 8080:80.")
        default:
            throw refusal(
                text, "it has too many colons", hint: "An IPv6 address stands in brackets: [fd00::1]:8080:80.")
        }
    }

    private static func transport(_ word: Substring, in text: String) throws(APIError) -> Transport {
        if let known = Transport(rawValue: word.lowercased()) { return known }
        let shown = word.isEmpty ? "no protocol follows its slash" : "\(APIError.quoted(word)) can't be published"
        throw refusal(text, shown, hint: "Publish tcp, which is the default, or udp.")
    }

    private static func address(_ word: Substring, in text: String) throws(APIError) -> IPAddress {
        let hint = "Give an address of this host, or leave it out to publish at all of them."
        if word.isEmpty { throw refusal(text, "its address is empty", hint: hint) }
        let address: IPAddress
        do {
            address = try IPAddress(parsing: word)
        } catch {
            throw refusal(text, "\(error)", hint: hint)
        }
        if let reason = reasonAgainst(address) { throw refusal(text, "\(address) is \(reason)", hint: hint) }
        return address
    }

    private static func reasonAgainst(_ address: IPAddress) -> String? {
        if address.isMulticast { return "a multicast address" }
        if address.ipv4?.isLimitedBroadcast == true { return "the broadcast address" }
        if address.ipv6?.mappedIPv4 != nil { return "an IPv4 address written as IPv6" }
        if address.family == .v6, address.isLinkLocal { return "link-local, which means another host on every link" }
        return nil
    }

    private static func ports(
        _ word: Substring, whose: String, in text: String
    ) throws(APIError) -> ClosedRange<UInt16> {
        if word.isEmpty {
            throw refusal(
                text, "it names no port of the \(whose)",
                hint: whose == "host" ? "None is chosen for you: write \(form)." : "Write \(form), as 8080:80.")
        }
        let ends = word.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        var numbers: [UInt16] = []
        for end in ends {
            guard let number = port(end) else {
                throw refusal(
                    text, "\(APIError.quoted(word)) is no port of the \(whose)",
                    hint: "Ports are numbers from 1 to 65535 without leading zeros; a range is FIRST-LAST.")
            }
            numbers.append(number)
        }
        let (first, last) = (numbers[0], numbers[numbers.count - 1])
        guard first <= last else {
            throw refusal(text, "the range \(word) ends before it begins", hint: "Write \(last)-\(first).")
        }
        return first...last
    }

    /// Digits only; 08080 would be another number to some.
    private static func port(_ word: Substring) -> UInt16? {
        guard word.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), !word.hasPrefix("0")
        else { return nil }
        return UInt16(word)
    }

    private static func refusal(_ text: String, _ reason: String, hint: String) -> APIError {
        APIError(.invalid, "cannot publish \(APIError.quoted(text)): \(reason)", hint: hint)
    }
}
