import Addresses

/// A published port as the daemon reads it: `[HOSTIP:]HOSTPORT[-END]:PORT[-END][/tcp|udp]`.
struct LabPublish: Hashable {
    /// "tcp" or "udp".
    var proto: String
    /// nil: all of the host's.
    var address: IPAddress?
    /// The host's ports.
    var host: ClosedRange<UInt16>

    /// Why a text is none.
    struct Invalid: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    /// The host's ports that leave for networks' own flows; the daemon refuses them.
    private static let kept: ClosedRange<UInt16> = 61_440...65_535

    init(parsing text: String) throws(Invalid) {
        let shown = text.debugDescription
        let sides = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        proto = sides.count > 1 ? sides[1].lowercased() : "tcp"
        guard ["tcp", "udp"].contains(proto) else {
            throw Invalid("\(shown): \(proto.debugDescription) can't be published: write /udp, or nothing for tcp")
        }
        let (word, ports) = try Self.cut(sides.first ?? "", shown)
        if let word, word != "*" { address = try Self.address(String(word), shown) }
        host = try Self.ports(ports[0], "host", shown)
        let inside = try Self.ports(ports[1], "node", shown)
        guard host.count == inside.count else {
            throw Invalid("\(shown): \(host.count) of the host's ports can't lead to \(inside.count) of the node's")
        }
        guard !host.overlaps(Self.kept) else {
            let (first, last) = (Self.kept.lowerBound, Self.kept.upperBound)
            throw Invalid("\(shown): the host's ports \(first) to \(last) are kept for what leaves its networks")
        }
    }

    /// Whether both need the same port of the host at the same address.
    func overlaps(_ other: LabPublish) -> Bool {
        guard proto == other.proto, host.overlaps(other.host) else { return false }
        guard let mine = address, let theirs = other.address else { return true }
        return mine.family == theirs.family && (mine == theirs || mine.isUnspecified || theirs.isUnspecified)
    }

    /// What is said of the host's address, if anything, and of both ports.
    private static func cut(
        _ whole: Substring, _ shown: String
    ) throws(Invalid) -> (address: Substring?, ports: [Substring]) {
        var address: Substring?
        var rest = whole
        if whole.first == "[", let end = whole.firstIndex(of: "]"), whole[end...].hasPrefix("]:") {
            address = whole[whole.index(after: whole.startIndex)..<end]
            rest = whole[end...].dropFirst(2)
        }
        var ports = rest.split(separator: ":", omittingEmptySubsequences: false)
        if ports.count == 3, address == nil { address = ports.removeFirst() }
        guard ports.count == 2 else {
            let hint = ports.count > 2 ? "; an IPv6 address stands in brackets" : ""
            throw Invalid("\(shown) is not [HOSTIP:]HOSTPORT:PORT[/udp], as 8080:80\(hint)")
        }
        return (address, ports)
    }

    private static func address(_ word: String, _ shown: String) throws(Invalid) -> IPAddress {
        let address: IPAddress
        do {
            address = try IPAddress(parsing: word)
        } catch {
            throw Invalid("\(shown): \(error)")
        }
        let isOne =
            !address.isMulticast && address.ipv4?.isLimitedBroadcast != true && address.ipv6?.mappedIPv4 == nil
            && !(address.family == .v6 && address.isLinkLocal)
        guard isOne else { throw Invalid("\(shown): \(address) can't be an address to publish at") }
        return address
    }

    private static func ports(
        _ word: Substring, _ whose: String, _ shown: String
    ) throws(Invalid) -> ClosedRange<UInt16> {
        let ends = word.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = ends.compactMap { port($0) }
        guard numbers.count == ends.count, let first = numbers.first, let last = numbers.last, first <= last else {
            throw Invalid(
                "\(shown): \(String(word).debugDescription) is no port of the \(whose): ports are numbers from 1 to"
                    + " 65535, a range is FIRST-LAST")
        }
        return first...last
    }

    /// Digits only, and none before it that is 0.
    private static func port(_ word: Substring) -> UInt16? {
        guard word.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), word.first != "0" else {
            return nil
        }
        return UInt16(word)
    }
}
