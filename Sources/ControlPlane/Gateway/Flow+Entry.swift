import Addresses
import DataPlane
import HeddleAPI

extension HeddleAPI.Flow {
    /// What the API shows of a flow in the engine's table.
    init(_ entry: FlowEntry, network: String, uplink: String?) {
        self.init(
            network: network, proto: Self.name(entry.proto), inside: Self.text(entry.inside),
            outside: Self.text(entry.outside), remote: Self.text(entry.remote),
            direction: entry.isIncoming ? .incoming : .outgoing, state: Self.name(entry.state),
            ageMilliseconds: Int(entry.age), idleMilliseconds: Int(entry.idle),
            tx: Count(frames: entry.outFrames, bytes: entry.outBytes),
            rx: Count(frames: entry.inFrames, bytes: entry.inBytes), uplink: uplink ?? "")
    }

    private static func name(_ proto: UInt8) -> String {
        switch proto {
        case 6: "tcp"
        case 17: "udp"
        default: "icmp"
        }
    }

    private static func name(_ state: FlowState) -> String {
        switch state {
        case .unused, .opening: "new"
        case .established: "established"
        case .closing: "closing"
        case .closed: "closed"
        }
    }

    private static func text(_ end: TransportAddress) -> String {
        switch end.address {
        case .v4(let address): "\(address):\(end.port)"
        case .v6(let address): "[\(address)]:\(end.port)"
        }
    }
}
