import Addresses
import HeddleAPI
import HeddleClient
import Netlink

/// Traffic of all kinds through one network: numbered datagrams a thousand times a second, TCP at full speed, idle
/// connections; over a TAP, a veth and an adopted interface; with a third party that must see none of it.
final class Traffic {
    /// What became of all of it.
    struct Verdict {
        var streams: [(name: String, verdict: DatagramStream.Verdict)]
        /// What monitors in the sandboxes saw.
        var linkEvents: [String]
        /// Frames between known stations that came to the third party.
        var strayFrames: Int
        /// Bytes that TCP carried.
        var bytes: Int

        /// The streams that had to wait longer than that.
        func outages(above limit: Duration) -> [String] {
            streams.filter { $0.verdict.longestOutage >= limit }.map { name, verdict in
                "\(name): \(verdict.longestOutage.text) until number \(verdict.outageEnd)"
            }
        }

        /// For people.
        var summary: String {
            let words = streams.map { name, verdict in
                "\(name): longest outage \(verdict.longestOutage.text), \(verdict.lost.count) of \(verdict.sent) lost"
            }
            return (words + ["TCP carried \(bytes >> 20) MiB"]).joined(separator: "; ")
        }
    }

    /// By TAP, by veth, by an adopted interface, and the third party.
    let boxes: [TestSandbox]
    /// Connections on which nothing is said but by the test.
    private(set) var idle: [LabConnection]
    private let streams: [(name: String, stream: DatagramStream)]
    private let bulk: ByteStream
    private var watches: [LinkWatch]
    private let thirdParty: FramePort
    private let stations: Set<[UInt8]>

    /// Begins all of it on a network that it makes.
    init(_ lab: HeddleUnderTest) throws {
        try lab.makeNetwork("lan", "10.60.0.0/24")
        boxes = try ["tap", "veth", "adopted", "third"].map { try lab.makeSandbox($0) }
        let first = try lab.attach(boxes[0], to: "lan", via: "tap")
        let second = try lab.attach(boxes[1], to: "lan", via: "veth")
        try lab.attach(boxes[3], to: "lan", via: "tap")
        let near = try join(lab, boxes[2], host: nil, other: "10.60.0.50/24")
        _ = try lab.client.adopt(network: "lan", interface: near)
        let third = try boxes[2].link(HeddleUnderTest.ownInterface)?.mac?.octets ?? []
        stations = try Set([first, second].map { try MACAddress(parsing: $0.mac).octets } + [third])

        let (tap, veth, adopted) = (boxes[0], boxes[1], boxes[2])
        idle = [
            try LabConnection(from: tap, to: veth, "10.60.0.3", port: 7_101),
            try LabConnection(from: adopted, to: tap, "10.60.0.2", port: 7_102),
            try LabConnection(from: veth, to: adopted, "10.60.0.50", port: 7_103),
        ]
        // From here on all stations are known.
        for connection in idle { _ = try connection.exchange() }
        thirdParty = try FramePort(boxes[3], "eth0")
        streams = [
            ("tap to veth", try DatagramStream(from: tap, to: veth, "10.60.0.3")),
            ("veth to tap", try DatagramStream(from: veth, to: tap, "10.60.0.2")),
            ("tap to adopted", try DatagramStream(from: tap, to: adopted, "10.60.0.50")),
        ]
        bulk = try ByteStream(from: tap, to: veth, "10.60.0.3")
        watches = try boxes.map { try LinkWatch($0) }
        guard isFlowing(for: .milliseconds(100)) else { throw LabError("no traffic flows at all") }
    }

    /// Whether all streams still carry something, `duration` from now.
    func isFlowing(for duration: Duration) -> Bool {
        Patience.pass(duration)
        return streams.allSatisfy { $0.stream.waitForFresh() != nil } && bulk.waitForMore()
    }

    /// Ends all of it. TCP must have carried every byte as it was.
    func stop() throws -> Verdict {
        let results = streams.compactMap { name, stream in stream.stop().map { (name: name, verdict: $0) } }
        let bytes = bulk.stop()
        if let failure = bytes.failure { throw LabError("TCP: \(failure) after \(bytes.bytes) bytes") }
        for connection in idle { _ = try connection.exchange() }
        idle = []
        let events = try watches.flatMap { try $0.events() }
        watches = []
        let strays = thirdParty.waiting { frame in
            stations.contains(frame.destination)
        }
        return Verdict(streams: results, linkEvents: events, strayFrames: strays.count, bytes: bytes.bytes)
    }
}
