import Addresses
import DataPlane

/// One step of an explanation in words: what happens, and why. Pure; any numbers and bytes are safe.
struct TraceSentence {
    private let step: ExplanationStep
    private let names: TraceNames

    init(_ step: ExplanationStep, _ names: TraceNames) {
        self.step = step
        self.names = names
    }

    /// A part of a sentence, without a full stop.
    var text: String {
        switch step.kind {
        case .arrived:
            return "\(step.second) bytes "
                + (step.first == 0 ? "come in from outside" : "come in to \(names.network(step.first))")
        case .impairedIn: return impaired(names.impairedIn[step.port])
        case .admitted:
            return "length, addresses and tags are in order" + (step.first == 1 ? "; it is a super-frame" : "")
        case .guardPassed: return "the source guard lets it in: its source is \(names.place(step.port))'s"
        case .classified: return classified
        case .learned: return learned
        case .lookedUp: return lookedUp
        case .flooded: return "it goes to all ports of \(names.network(step.first)) that may have it"
        case .replicated:
            return step.second == 1
                ? "a copy goes to the peer of \(names.network(step.first))"
                : "a copy goes to each of the \(step.second) peers of \(names.network(step.first))"
        case .answered:
            return "the switch answers itself: \(address(0) ?? "the address") is at \(names.station(step.first))"
        case .routerTakes:
            return step.first == 0
                ? "the router takes it, as all that comes by an uplink"
                : "the router of \(names.network(step.first)) takes it"
        case .toHost: return toHost
        case .toNames: return "a question for a name: the network's name service gets it"
        case .routed, .nextHop, .flow, .published, .translated, .senderTold, .held, .fragmented, .encapsulated:
            return beyond
        case .leaves: return leaves
        case .impairedOut: return impaired(names.impairedOut[step.port])
        case .portState: return portState
        case .sent: return "\(step.second == 1 ? "a super-frame of " : "")\(step.first) bytes leave"
        case .dropped: return step.reason.map { "\($0.name): \($0.meaning)" } ?? "for a reason that isn't known"
        case .omitted: return "\(step.first) more steps are left out"
        }
    }

    private func impaired(_ words: String?) -> String {
        let what = words.map { " (\($0))" } ?? ""
        return step.impairment?.losesAll == true
            ? "all packets are lost on purpose here\(what); this is the way of one that would pass"
            : "packets may be lost, held or changed on purpose here\(what); this is the way of one that passes unchanged"
    }

    private var classified: String {
        if step.first == 0 { return "it belongs to no VLAN" }
        return "it belongs to VLAN \(step.first), " + (step.second == 1 ? "by its tag" : "by its port")
    }

    private var learned: String {
        let mac = names.station(step.first)
        let before = step.port == 0 ? "elsewhere" : "behind \(names.place(step.port))"
        switch ExplainedLearning(rawValue: step.second) {
        case .new: return "\(mac) wasn't known, and is learned here"
        case .moved: return "\(mac) was known \(before), and moves here"
        case .refreshed, .known: return "\(mac) is known here already"
        case .staticElsewhere: return "\(mac) was set by hand \(before), and stays there"
        case .refused: return "\(mac) isn't learned: the table is full"
        case .never: return "nothing is learned of what comes by this port"
        case .guardedEndpoint: return "\(mac) isn't learned: it is a guarded endpoint's address"
        case nil: return "what is learned of \(mac) isn't known to this daemon"
        }
    }

    private var lookedUp: String {
        let mac = names.station(step.first)
        switch ExplainedTarget(rawValue: step.second) {
        case .station, .remoteStation: return "\(mac) is behind \(names.place(step.port))"
        case .unknown: return "where \(mac) is isn't known"
        case .group: return MACAddress(value: step.first).isBroadcast ? "\(mac) is broadcast" : "\(mac) is a group"
        case .router: return "\(mac) is the router"
        case .endpoint: return "\(mac) is the endpoint behind \(names.place(step.port))"
        case .lan: return "\(mac) is none of the network's endpoints: it is in the LAN"
        case .stale: return "\(mac) was known behind a port that isn't there any more"
        case nil: return "what \(mac) is isn't known to this daemon"
        }
    }

    private var toHost: String {
        let why: String
        switch ExplainedHostReason(rawValue: step.first) {
        case .notIP: why = "it isn't IP"
        case .tagged: why = "it carries a VLAN tag"
        case .address: why = "its destination is one of the host's addresses"
        case .discovery: why = "it is neighbour discovery"
        case nil: why = "for a reason that this daemon doesn't know"
        }
        return "the host itself gets it: \(why)"
    }

    private var leaves: String {
        switch ExplainedTag(rawValue: step.first) {
        case .skipped:
            return "it doesn't go out there: the two ports are kept apart, by isolation, VLANs or one being for names"
        case .unchanged: return "it goes out as it is"
        case .pushed: return "it goes out with a tag for VLAN \(step.second)"
        case .popped: return "it goes out without its tag for VLAN \(step.second)"
        case .replaced: return "it goes out with VLAN \(step.second) in its tag"
        case nil: return "it goes out in a way that this daemon doesn't know"
        }
    }

    private var portState: String {
        let error = step.second == 0 ? "" : " (errno \(step.second))"
        switch ExplainedPort(rawValue: step.first) {
        case .absent: return "there is no such port"
        case .retiring: return "the port is being removed"
        case .dead: return "the port's device is gone" + error
        case .failing: return "the port's device is down or fails\(error): the kernel may refuse it"
        case .down: return "the port's device is down: the kernel refuses what is sent"
        case .noCarrier:
            return "the port's device has no carrier: the kernel counts what is sent as sent, and throws it away"
        case nil: return "the port isn't as it should be" + error
        }
    }

    /// An IP address in the step's bytes; nil: there is none, or none that is said.
    func address(_ offset: Int) -> String? {
        guard step.bytes.count >= offset + 16,
            let address = IPv6Address(octets: step.bytes[offset..<(offset + 16)])
        else { return nil }
        return address.mappedIPv4.map { "\($0)" } ?? "\(address)"
    }

    /// An address and the port behind it; the address alone where `hasPort` is false or the port is 0.
    func end(_ index: Int, hasPort: Bool = true) -> String? {
        let offset = index * 18
        guard let address = address(offset), step.bytes.count >= offset + 18 else { return nil }
        let port = UInt16(step.bytes[offset + 16]) << 8 | UInt16(step.bytes[offset + 17])
        guard hasPort, port != 0 else { return address }
        return address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}

/// Routes, flows and tunnels.
extension TraceSentence {
    fileprivate var beyond: String {
        switch step.kind {
        case .routed: return routed
        case .nextHop:
            let hop = address(0) ?? "the next hop"
            return step.first == 0
                ? "the MAC address of \(hop) isn't known: the host asks for it, and the packet waits"
                : "\(hop) is at \(MACAddress(value: step.first))"
        case .flow: return flow
        case .published:
            let publish = UInt32(exactly: step.first).flatMap { names.publishes[$0] } ?? "\(step.first)"
            return "publish \(publish) leads to \(end(0) ?? "an endpoint") in \(names.network(step.second))"
        case .translated: return translated
        case .senderTold:
            let what = ExplainedMessage(rawValue: step.first)?.word.replacing("-", with: " ") ?? "an error"
            return "the sender is told by ICMP: \(what)" + (step.second == 0 ? "" : ", MTU \(step.second)")
        case .held:
            return ExplainedWait(rawValue: step.first) == .firstFragment
                ? "it waits for the datagram's first fragment, and is dropped if that doesn't come"
                : "it waits until the next hop is known"
        case .fragmented: return "it is cut into \(step.second) fragments, for packets of at most \(step.first) bytes"
        default: return encapsulated
        }
    }

    private var routed: String {
        guard let destination = address(0) else { return "the host's routes are asked" }
        guard let hop = address(16), step.port != 0 else {
            return "the host has no route to \(destination) by an uplink"
        }
        let via = hop == destination ? "which is on the link" : "via \(hop)"
        return "\(destination) by the host's route of /\(step.first), \(via), MTU \(step.second)"
    }

    private var flow: String {
        let ends = "\(end(0) ?? "?") to \(end(2) ?? "?")"
        let outside = end(1) ?? "?"
        switch ExplainedFlow(rawValue: step.second) {
        case .existing: return "flow \(step.first): \(ends), outside as \(outside)"
        case .new: return "a new flow: \(ends), outside as \(outside)"
        case .admitted: return "a new flow, since the endpoint's socket has sent there: \(ends), outside as \(outside)"
        case .quoted: return "an error about flow \(step.first): \(ends), outside as \(outside)"
        case .fragment: return "the flow of its datagram's first fragment: \(ends), outside as \(outside)"
        case .replaced: return "a new flow in place of one by another uplink: \(ends), outside as \(outside)"
        case nil: return "a flow: \(ends), outside as \(outside)"
        }
    }

    private var translated: String {
        var changes: [String] = []
        for (index, name) in ["source", "destination"].enumerated() {
            guard let before = end(index), let after = end(index + 2), before != after else { continue }
            changes.append("\(name) \(before) becomes \(after)")
        }
        return changes.isEmpty ? "its addresses stay as they are" : changes.joined(separator: ", ")
    }

    private var encapsulated: String {
        let port = step.second & 0xFFFF
        let datagrams = step.second >> 16 & 0xFFFF
        let isCut = step.second >> 32 & 1 == 1
        return "in VXLAN with VNI \(step.first) to \(address(0) ?? "the peer"), UDP port \(port)"
            + (isCut || datagrams > 1 ? ", cut into \(datagrams) datagrams" : "")
    }
}
