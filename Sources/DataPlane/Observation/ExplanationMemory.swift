/// Memory in which a worker writes an explanation: made by whoever asks, so that the worker allocates nothing.
///
/// The worker's from when it is asked until it has answered, then the asker's. One that gave up waiting must not look
/// into it any more.
package final class ExplanationMemory: @unchecked Sendable {
    // Sendable: see above; the mailbox orders the accesses.

    /// Where the frame's virtio_net_hdr goes, with the frame behind it.
    let header: UnsafeMutableRawPointer
    /// The frame's length.
    let length: Int
    /// What the worker writes.
    var log: ExplanationLog

    private let memory: UnsafeMutableRawPointer

    /// Takes a copy of a frame, from the destination address on; nil: it is longer than any that can be sent.
    package init?(frame: [UInt8]) {
        guard frame.count <= SlotMemory.capacity - VirtioNetHeader.length else { return nil }
        // The frame, a copy of it with another tag, and the steps.
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: 2 * SlotMemory.stride + ExplanationLog.capacity, alignment: 64)
        self.memory = memory
        header = memory + SlotMemory.headroom
        length = frame.count
        log = ExplanationLog(
            steps: memory + 2 * SlotMemory.stride, copy: memory + (SlotMemory.stride + SlotMemory.headroom))
        header.initializeMemory(as: UInt8.self, repeating: 0, count: VirtioNetHeader.length)
        frame.withUnsafeBytes { bytes in
            guard let source = bytes.baseAddress else { return }
            (header + VirtioNetHeader.length).copyMemory(from: source, byteCount: bytes.count)
        }
    }

    deinit {
        memory.deallocate()
    }

    /// The steps, once the worker has answered.
    package var steps: [ExplanationStep] { log.read() }
}
