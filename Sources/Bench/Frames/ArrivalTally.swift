/// What a sink counts of the frames that come to it during one trial. Every frame is in exactly one of: received or
/// duplicated or impossible (the ledger's), damaged, stale, foreign.
package struct ArrivalTally: Sendable {
    /// The trial whose frames count.
    package let run: UInt32
    /// The sender whose frames count.
    package let stream: UInt16
    /// Sequence numbers of the trial's frames.
    package private(set) var ledger: SequenceLedger
    /// From the time stamp in a frame to its arrival at the sink's socket; duplicates left out.
    package private(set) var latency = LatencyHistogram()
    /// The bench's own frames, of the right trial, that are longer or shorter than they were sent.
    package private(set) var damaged: UInt64 = 0
    /// The bench's own frames of another trial or sender.
    package private(set) var stale: UInt64 = 0
    /// Frames of the bench's EtherType that are not the bench's.
    package private(set) var foreign: UInt64 = 0
    /// When the first of the trial's frames arrived, nanoseconds; 0 if none did.
    package private(set) var firstArrival: UInt64 = 0
    /// When the last of the trial's frames arrived, nanoseconds.
    package private(set) var lastArrival: UInt64 = 0

    /// Begins a count. `expected`: about how many frames.
    package init(run: UInt32, stream: UInt16, expected: Int) {
        self.run = run
        self.stream = stream
        ledger = SequenceLedger(expected: expected)
    }

    /// Enters one frame: its first bytes, its length on the wire, and when it came (CLOCK_MONOTONIC).
    @inline(__always)
    package mutating func record(_ bytes: UnsafeRawBufferPointer, length: Int, arrivedAt: UInt64) {
        guard let frame = ProbeFrame(decoding: bytes) else {
            foreign += 1
            return
        }
        guard frame.run == run, frame.stream == stream else {
            stale += 1
            return
        }
        guard Int(frame.length) == length else {
            damaged += 1
            return
        }
        let before = ledger.received
        ledger.record(frame.sequence)
        guard ledger.received > before else { return }
        // The two clocks are read one after the other: what seems to have come before it was sent took no time.
        latency.record(arrivedAt > frame.sentAt ? arrivedAt - frame.sentAt : 0)
        if firstArrival == 0 { firstArrival = arrivedAt }
        lastArrival = max(lastArrival, arrivedAt)
    }
}
