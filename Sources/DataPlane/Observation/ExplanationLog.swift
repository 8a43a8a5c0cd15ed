/// The steps of one explanation while they are written, as a message carries them, in memory of the asker's.
///
/// Bounded by `ExplanationStep.most`: what comes then is counted, and told by the last step. Never allocates.
struct ExplanationLog {
    private let bytes: UnsafeMutableRawPointer
    /// Where a copy of the frame may be written that leaves with another tag.
    let copy: UnsafeMutableRawPointer
    private var end = 0
    /// Where the last step begins; -1: it was left out.
    private var last = -1
    private(set) var count = 0
    private(set) var omitted: UInt64 = 0

    /// Bytes that `steps` must have.
    static var capacity: Int { 200 &* (stepLength &+ mostBytes) }
    /// Bytes of a step before its own bytes: kind, port, reason, first, second, how many bytes.
    private static var stepLength: Int { 21 }
    /// `ExplanationStep.headLength`.
    private static var mostBytes: Int { 128 }
    private static var countOffset: Int { 20 }

    /// Without a step. `copy`: `SlotMemory.capacity` bytes.
    init(steps: UnsafeMutableRawPointer, copy: UnsafeMutableRawPointer) {
        bytes = steps
        self.copy = copy
    }

    /// Adds a step; what is appended afterwards is its bytes.
    mutating func add(
        _ kind: ExplanationKind, port: UInt16 = 0, reason: DropReason = .none, first: UInt64 = 0, second: UInt64 = 0
    ) {
        // The last place is kept for what is left out.
        guard count < 199 else {
            omitted &+= 1
            last = -1
            return
        }
        write(kind, port, reason, first, second)
    }

    private mutating func write(
        _ kind: ExplanationKind, _ port: UInt16, _ reason: DropReason, _ first: UInt64, _ second: UInt64
    ) {
        last = end
        bytes.storeByte(kind.rawValue, at: end)
        bytes.storeNative16(port, at: end &+ 1)
        bytes.storeByte(reason.rawValue, at: end &+ 3)
        bytes.storeNative64(first, at: end &+ 4)
        bytes.storeNative64(second, at: end &+ 12)
        bytes.storeByte(0, at: end &+ Self.countOffset)
        end &+= Self.stepLength
        count &+= 1
    }

    /// Appends bytes to the last step, as far as it may have them.
    mutating func append(_ source: UnsafeRawPointer, _ length: Int) {
        guard last >= 0, length > 0 else { return }
        let left = Self.mostBytes &- Int(UnsafeRawPointer(bytes).byte(at: last &+ Self.countOffset))
        let count = length < left ? length : left
        room(count)?.copyMemory(from: source, byteCount: count)
    }

    /// Appends an address, 16 bytes.
    mutating func append(high: UInt64, low: UInt64) {
        guard let place = room(16) else { return }
        place.storeBigEndian64(high, at: 0)
        place.storeBigEndian64(low, at: 8)
    }

    /// Appends an address and its port, 18 bytes.
    mutating func append(_ end: TransportAddress) {
        append(high: end.high, low: end.low)
        room(2)?.storeBigEndian16(end.port, at: 0)
    }

    /// Appends settings as a message carries them.
    mutating func append(_ settings: ImpairmentSettings) {
        append(UInt64(bitPattern: settings.delay))
        append(UInt64(bitPattern: settings.jitter))
        room(1)?.storeByte(settings.isNormal ? 1 : 0, at: 0)
        append(settings.loss)
        append(settings.badLoss)
        append(settings.toBad)
        append(settings.toGood)
        append(settings.duplicate)
        append(settings.reorder)
        append(settings.corrupt)
        room(4)?.storeNative32(settings.gap, at: 0)
        append(settings.rate)
        append(UInt64(bitPattern: settings.queue))
        append(settings.seed)
    }

    private mutating func append(_ number: UInt64) {
        room(8)?.storeNative64(number, at: 0)
    }

    /// Room for bytes of the last step; nil: it was left out, or has no more.
    private mutating func room(_ count: Int) -> UnsafeMutableRawPointer? {
        guard last >= 0 else { return nil }
        let known = Int(UnsafeRawPointer(bytes).byte(at: last &+ Self.countOffset))
        guard known &+ count <= Self.mostBytes else { return nil }
        bytes.storeByte(UInt8(truncatingIfNeeded: known &+ count), at: last &+ Self.countOffset)
        let place = bytes + end
        end &+= count
        return place
    }

    /// Ends the explanation.
    mutating func finish() {
        if omitted > 0 { write(.omitted, 0, .none, omitted, 0) }
    }

    /// The steps that were written. Allocates: for the asker.
    func read() -> [ExplanationStep] {
        var reader = ByteReader(UnsafeRawBufferPointer(start: bytes, count: end))
        var steps: [ExplanationStep] = []
        for _ in 0..<count {
            guard let step = try? ExplanationStep(from: &reader) else { break }
            steps.append(step)
        }
        return steps
    }
}
