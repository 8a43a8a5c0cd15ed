/// What the kernel dropped before a port's frames reached the engine, as a total that never falls: a device that is
/// made anew begins at zero, and a packet socket tells only what is new.
struct KernelDrops: Hashable, Sendable {
    /// The total so far.
    private(set) var total: UInt64
    /// What the device said last; nil if it was not asked yet.
    private var last: UInt64?

    /// Goes on from a total that an earlier daemon left.
    init(total: UInt64) {
        self.total = total
    }

    /// The device's own counter stands at `value`.
    mutating func deviceSays(_ value: UInt64) {
        if let last {
            total += value >= last ? value - last : value
        } else {
            // An earlier daemon counted up to `total` of the same device, or of one before it.
            total = max(total, value)
        }
        last = value
    }

    /// The device is another one from here on.
    mutating func deviceIsNew() {
        last = 0
    }

    /// `count` more.
    mutating func add(_ count: UInt64) {
        total += count
    }
}
