import DataPlane
import HeddleAPI
import NameServer

/// What the control plane knows at one time, for metrics: plain values, so that what is made of them holds nobody up.
struct MetricsSnapshot: Sendable {
    /// One port.
    struct Port: Sendable {
        /// Where a port belongs.
        enum Kind: String, Sendable {
            /// An endpoint's.
            case endpoint
            /// The host's interface in a network.
            case host
            /// Leads to the LAN of a macvlan network.
            case parent
            /// The name service's.
            case names
            /// Leads out of the host.
            case uplink
            /// The tunnel side of one overlay.
            case overlay
            /// What a tunnel received and no network got.
            case tunnel
        }

        var kind: Kind
        /// Empty: none.
        var network: String
        /// As `heddle stats` calls it.
        var label: String
        /// The data plane's number; nil for the tunnel side of an overlay, which is no port.
        var number: UInt16?
        var sandbox = ""
        var interface = ""
        /// The endpoint's id.
        var endpoint = ""
        var mac = ""
        var counters: PortCounters
    }

    /// One network.
    struct Network: Sendable {
        var name: String
        var id: String
        var driver: String
        var mtu: Int
        var endpointsUp = 0
        var endpointsGone = 0
        var stations = StationCounts()
        /// Nil: nothing leads out of it.
        var flows: FlowCounts?
        var publishesOpen = 0
        var publishesWaiting = 0
        /// Nil: no overlay.
        var peers: Int?
        /// Nil: no name service.
        var names: NameCounts?
    }

    /// One worker.
    struct Worker: Sendable {
        var index: Int
        var numbers: WorkerNumbers
        var stations: Int
    }

    /// Nil while the engine is being replaced.
    var engine: Status.Engine?
    var enginePID: Int32?
    var engineRestarts: UInt64
    var workers: [Worker] = []
    var ports: [Port] = []
    var networks: [Network] = []
}
