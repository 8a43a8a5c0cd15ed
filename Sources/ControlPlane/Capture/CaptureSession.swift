import Capture
import DataPlane
import HeddleAPI
import Synchronization

/// A capture as its client gets it: takes records out of the ring and writes them as pcapng. The engine never waits for it:
/// what a client is too slow for finds no room in the ring, and is counted.
actor CaptureSession: CaptureFeed {
    /// Bytes of frames that one answer of `next` has at most, about.
    private static let portion = 256 << 10
    /// How often the ring is looked at when it is empty. At 10 Gbit/s a ring takes as long to fill.
    private static let pause: Duration = .milliseconds(5)
    /// How often names are asked for anew, and losses told.
    private static let refreshing: Duration = .seconds(1)

    private let number: UInt32
    private let request: CaptureRequest
    private let board: Switchboard
    private var reader: CaptureReader
    private var writer = PcapngWriter()
    private var labels: CaptureLabels

    /// An interface of the capture.
    private struct Place {
        var index: UInt32
        var label: CaptureLabel
        var received: UInt64 = 0
    }

    private struct PlaceKey: Hashable {
        var port: UInt16
        var domain: UInt16
    }

    /// The newest of each port; what it counted before it was somebody else's is in `old`.
    private var places: [PlaceKey: Place] = [:]
    private var old: [Place] = []
    private var count: UInt32 = 0
    /// Ports without a name that was asked for.
    private var strangers: Set<UInt16> = []
    private var lastTime: UInt64 = 0
    private var toldLost: UInt64 = 0
    private var refreshed = ContinuousClock.now
    /// Ports whose interfaces are written before any frame; none once they are.
    private let first: [UInt16]
    private let domain: UInt16
    private var hasBegun = false
    private var isEnding = false
    private var hasEnded = false
    /// Why it ends without having been asked to.
    private var why = ""

    init(
        number: UInt32, request: CaptureRequest, board: Switchboard, memory: CaptureMemory, labels: CaptureLabels,
        ports: [UInt16], domain: UInt16
    ) {
        self.number = number
        self.request = request
        self.board = board
        reader = CaptureReader(memory)
        self.labels = labels
        first = ports
        self.domain = domain
    }

    deinit {
        // A client that was told that it took too long never got it.
        let (board, number) = (board, number)
        Task { await board.endCapture(number) }
    }

    func next() async -> [UInt8]? {
        if !hasBegun {
            hasBegun = true
            writer.writeSection(application: "heddle \(HeddleVersion.current)")
            for port in first { _ = place(port, domain) }
        }
        while !hasEnded {
            if ContinuousClock.now - refreshed >= Self.refreshing { await refresh() }
            if await takeRecords() { return writer.take() }
            if !writer.bytes.isEmpty { return writer.take() }
            if isEnding {
                // The engine has been told, and gave away all that it had.
                if await takeRecords() { return writer.take() }
                hasEnded = true
                writeCounts(comment: why)
                return writer.take()
            }
            do {
                try await Task.sleep(for: Self.pause)
            } catch {
                await end()
            }
        }
        return nil
    }

    func end() async {
        await board.endCapture(number)
        isEnding = true
    }

    /// What it was for is gone.
    func end(why: String) {
        self.why = why
        isEnding = true
    }

    /// Whether there were any.
    private func takeRecords() async -> Bool {
        var bytes = 0
        while bytes < Self.portion, let record = reader.next() {
            if record.target >= SharedTables.maximumPorts {
                if labels.vteps[record.target] == nil {
                    labels.vteps[record.target] = await board.captureLabel(vtep: record.target)
                }
            } else {
                await meet(record.target)
            }
            await meet(record.port)
            write(record)
            bytes += record.bytes.count + 128
        }
        return bytes > 0
    }

    /// Asks for the name of a port that has come since names were asked for last, once.
    private func meet(_ port: UInt16) async {
        guard port != 0, labels.ports[port] == nil, strangers.insert(port).inserted else { return }
        let vteps = labels.vteps
        labels = await board.captureLabels()
        labels.vteps = vteps
    }

    private func write(_ record: CaptureRecord) {
        let index = place(record.port, record.domain)
        lastTime = UInt64(max(record.time, 0))
        writer.write(
            PcapngWriter.Packet(
                interface: index, time: lastTime, length: UInt32(record.length), bytes: record.bytes,
                direction: record.isOut ? .out : .in, comment: record.comment(labels, explains: request.follow != nil),
                number: record.number,
                lostBefore: UInt64(record.lostBefore)))
        places[key(record.port, record.domain)]?.received += 1
    }

    private func key(_ port: UInt16, _ domain: UInt16) -> PlaceKey {
        // A port is the same wherever its domain is.
        PlaceKey(port: port, domain: port == 0 ? domain : 0)
    }

    /// The interface of a port, written before its first frame.
    private func place(_ port: UInt16, _ domain: UInt16) -> UInt32 {
        let label = labels.label(port: port, domain: domain)
        if let known = places[key(port, domain)] {
            if known.label == label { return known.index }
            old.append(known)
        }
        writer.write(
            PcapngWriter.Interface(
                name: label.name, description: label.description, filter: request.filter, snapLength: request.snapLength
            )
        )
        places[key(port, domain)] = Place(index: count, label: label)
        count += 1
        return count - 1
    }

    private func refresh() async {
        refreshed = .now
        strangers = []
        labels = await board.captureLabels()
        if reader.lost != toldLost { writeCounts(comment: "") }
    }

    /// What was counted so far. Losses are the ring's, and stand at the first interface.
    private func writeCounts(comment: String) {
        toldLost = reader.lost
        for place in (old + places.values).sorted(by: { $0.index < $1.index }) {
            writer.write(
                PcapngWriter.Counts(
                    interface: place.index, time: lastTime, received: place.received,
                    lost: place.index == 0 ? toldLost : 0, comment: place.index == 0 ? comment : ""))
        }
    }
}
