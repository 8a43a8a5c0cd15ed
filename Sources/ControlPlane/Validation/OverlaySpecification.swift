import Addresses
import DataPlane
import HeddleAPI

/// Checks the options of a network of the driver overlay; whether they fit this host and its other networks is decided
/// later.
enum OverlaySpecification {
    /// Reads options as a user or Docker gave them.
    static func settings(_ options: [String: String]) throws(APIError) -> OverlaySettings {
        if let stranger = options.keys.filter({ !OverlaySettings.Key.all.contains($0) }).min() {
            throw .invalid(
                "the option \(APIError.quoted(stranger)) means nothing for the driver overlay",
                hint: "It knows \(OverlaySettings.Key.all.joined(separator: ", ")).")
        }
        let vni = try vni(options[OverlaySettings.Key.vni])
        let local = try local(options[OverlaySettings.Key.local])
        let port = try port(options[OverlaySettings.Key.port])
        let place = TunnelPlace(local: local, udpPort: port)
        let peers = try peers(options[OverlaySettings.Key.peer] ?? "", local: local)
        let learning = try word(options[OverlaySettings.Key.learning], key: "--learning", yes: "on", no: "off") ?? true
        let anyPeer = try word(
            options[OverlaySettings.Key.acceptAnyPeer], key: "accept-any-peer", yes: "true", no: "false")
        return OverlaySettings(
            vni: vni, place: place, peers: peers, learning: learning, acceptsAnyPeer: anyPeer ?? false)
    }

    /// One VTEP that frames shall go to.
    static func peer(_ text: some StringProtocol, local: IPAddress) throws(APIError) -> IPAddress {
        let peer = try address(text, what: "peer")
        if peer.family != local.family {
            throw .invalid(
                "the peer \(peer) is an \(peer.family) address, and the tunnel's own \(local) is \(local.family)",
                hint: "Give the peer's \(local.family) address; one network's VTEPs are of one family.")
        }
        if peer == local {
            throw .invalid(
                "the peer \(peer) is this host's own address (--local)", hint: "Give the other hosts' addresses only.")
        }
        return peer
    }

    /// Refuses more peers than a network can have.
    static func checkCount(_ count: Int) throws(APIError) {
        guard count > OverlayConfiguration.maximumPeers else { return }
        throw .invalid(
            "\(count) peers are too many: a network has at most \(OverlayConfiguration.maximumPeers)",
            hint: "Every flooded frame is sent to each of them; divide the hosts between several networks.")
    }

    /// An address that a datagram can be sent to or from.
    static func address(_ text: some StringProtocol, what: String) throws(APIError) -> IPAddress {
        let address: IPAddress
        do {
            address = try IPAddress(parsing: text)
        } catch {
            throw .invalid("the \(what) \(error)", hint: "Give an address such as 198.18.0.1 or fd00::1.")
        }
        if let reason = reasonAgainst(address) {
            throw .invalid(
                "the \(what) \(address) can't be a VTEP: it is \(reason)",
                hint: "Give the address of one host in the underlay network.")
        }
        return address
    }

    private static func reasonAgainst(_ address: IPAddress) -> String? {
        if address.isUnspecified { return "the unspecified address" }
        if address.isMulticast { return "a multicast address" }
        if address.ipv4?.isLimitedBroadcast == true { return "the broadcast address" }
        if address.ipv6?.mappedIPv4 != nil { return "an IPv4 address written as IPv6" }
        if address.family == .v6, address.isLinkLocal { return "link-local, which means another host on every link" }
        return nil
    }

    private static func vni(_ text: String?) throws(APIError) -> UInt32 {
        let hint =
            "Say --vni with a number, the same on every host of the network; 1 to 16777215 are usual, 0 is allowed"
            + " (RFC 7348)."
        guard let text else { throw .invalid("an overlay network needs a VNI, its number on the wire", hint: hint) }
        guard let number = whole(text), number <= Int(OverlayConfiguration.largestVNI) else {
            throw .invalid(
                "the VNI \(APIError.quoted(text)) is not a number from 0 to \(OverlayConfiguration.largestVNI)",
                hint: hint)
        }
        return UInt32(number)
    }

    private static func local(_ text: String?) throws(APIError) -> IPAddress {
        guard let text else {
            throw .invalid(
                "an overlay network needs this host's VTEP address",
                hint: "Say --local with the address by which the other hosts reach this one ('ip address' lists them).")
        }
        return try address(text, what: "local address")
    }

    private static func port(_ text: String?) throws(APIError) -> UInt16 {
        guard let text else { return OverlaySettings.defaultPort }
        guard let number = whole(text), (1...65_535).contains(number) else {
            throw .invalid(
                "the UDP port \(APIError.quoted(text)) is not a number from 1 to 65535",
                hint: "All hosts of the network use the same; leave --port out for VXLAN's own, 4789.")
        }
        return UInt16(number)
    }

    private static func peers(_ text: String, local: IPAddress) throws(APIError) -> [IPAddress] {
        var peers: [IPAddress] = []
        if text.isEmpty { return peers }
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let peer = try peer(word, local: local)
            if peers.contains(peer) {
                throw .invalid("the peer \(peer) is named twice", hint: "Name every peer once.")
            }
            peers.append(peer)
        }
        try checkCount(peers.count)
        return peers
    }

    private static func word(_ text: String?, key: String, yes: String, no: String) throws(APIError) -> Bool? {
        switch text {
        case nil: return nil
        case yes: return true
        case no: return false
        case .some(let other):
            throw .invalid("\(key) is \(yes) or \(no), not \(APIError.quoted(other))")
        }
    }

    /// A number in digits only.
    private static func whole(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
