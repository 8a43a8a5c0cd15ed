/// What can be measured.
public enum TestKind: String, CaseIterable, Sendable {
    /// One TCP connection as fast as it goes.
    case tcp1
    /// Four TCP connections at once.
    case tcp4
    /// Frames a second, with and without loss.
    case frames
    /// Round trips.
    case rtt
    /// Processor time for a fixed load.
    case cpu
    /// Attaching many sandboxes, memory then, and the cost of doing nothing.
    case attach
    /// One TCP connection with random bytes whose SHA-256 is compared.
    case transfer
    /// One TCP connection, on an underlay without offload.
    case plainTCP1 = "tcp1-no-offload"
    /// Four TCP connections, on an underlay without offload.
    case plainTCP4 = "tcp4-no-offload"
    /// A compared transfer, on an underlay without offload.
    case plainTransfer = "transfer-no-offload"
    /// One TCP connection from the LAN to a published port, which is sent to.
    case publishedTCP1 = "published-tcp1"
    /// The same, and the sandbox sends.
    case publishedTCP1Reverse = "published-tcp1-reverse"
    /// One TCP connection from the sandbox to the LAN, which is sent to.
    case outgoingTCP1 = "outgoing-tcp1"
    /// The same, and the LAN sends.
    case outgoingTCP1Reverse = "outgoing-tcp1-reverse"
    /// New connections to a published port.
    case connections
    /// New connections from the sandbox to one server on the LAN.
    case outgoingConnections = "outgoing-connections"
    /// Round trips by a published port.
    case publishedRTT = "published-rtt"
    /// Small datagrams to a published port.
    case udp
    /// One TCP connection to the host itself.
    case hostTCP1 = "host-tcp1"

    /// What it gives, in a sentence.
    public var summary: String {
        switch self {
        case .tcp1: "TCP throughput, 1 stream (iperf3 if installed)"
        case .tcp4: "TCP throughput, 4 streams"
        case .frames: "frames per second delivered under full load, and the highest rate without loss, by frame size"
        case .rtt: "round trip of UDP between two programs with percentiles, and flood ping's average"
        case .cpu: "processor seconds per GB of TCP and per million frames at a fixed load"
        case .attach: "attach latency over many sandboxes, resident memory then, processor time without traffic"
        case .transfer: "a TCP transfer of random bytes; fails the run if its SHA-256 differs at the two ends"
        case .plainTCP1: "TCP throughput, 1 stream, where the underlay neither cuts nor joins segments"
        case .plainTCP4: "TCP throughput, 4 streams, on the same"
        case .plainTransfer: "a transfer with its SHA-256 compared, on the same"
        case .publishedTCP1: "TCP throughput, 1 stream, from the LAN to a published port"
        case .publishedTCP1Reverse: "the same, the sandbox sends"
        case .outgoingTCP1: "TCP throughput, 1 stream, from the sandbox to the LAN"
        case .outgoingTCP1Reverse: "the same, the LAN sends"
        case .connections: "new TCP connections per second to a published port: a byte each way, and closed"
        case .outgoingConnections: "the same from the sandbox to one server on the LAN"
        case .publishedRTT: "round trip of UDP between two programs by a published port, with percentiles"
        case .udp: "datagrams of 18 bytes per second delivered to a published port under full load"
        case .hostTCP1: "TCP throughput, 1 stream, from the LAN to the host itself"
        }
    }
}
