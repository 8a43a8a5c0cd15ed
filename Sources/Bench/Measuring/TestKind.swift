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
        }
    }
}
