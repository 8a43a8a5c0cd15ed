/// What becomes of one packet.
struct PacketFate {
    /// What is told of it and of its copy apart.
    struct Passage {
        /// When it has passed the rate, on the worker's clock.
        var departure: Int64 = 0
        /// When it goes on.
        var due: Int64 = 0
        /// Whether one bit is changed.
        var isCorrupted = false
        /// Which one, at random.
        var bit: UInt64 = 0

        @_noAllocation @_noLocks @inline(__always)
        init() {}
    }

    /// Why it goes nowhere.
    enum Loss: UInt8 {
        case none
        /// By chance.
        case chance
        /// The queue is full.
        case queue
    }

    /// See `Loss`.
    var loss = Loss.none
    /// See `Passage`; means nothing if it is lost.
    var passage = Passage()
    /// Whether `copy` follows it.
    var isDuplicated = false
    /// See `Passage`.
    var copy = Passage()

    @_noAllocation @_noLocks @inline(__always)
    init() {}

    /// Whether it gets through once and unchanged. A pattern: `==` of an enum is generic.
    var isPlain: Bool {
        @_noAllocation @_noLocks @inline(__always) get {
            if case .none = loss { return !isDuplicated && !passage.isCorrupted }
            return false
        }
    }
}

/// Decides about the packets of one direction, one after the other. What is decided depends on the settings, the packets'
/// number, lengths and times alone.
struct ImpairmentState {
    /// What is asked for.
    private(set) var settings: ImpairmentSettings
    private var random: PacketRandom
    private let stream: UInt64
    /// Packets so far.
    private(set) var packets: UInt64 = 0
    /// The loss model is in its bad state.
    private var isBad = false
    /// Packets since one was reordered.
    private var sinceReordered: UInt32 = 0
    /// See `ImpairmentLink`.
    var link = ImpairmentLink()

    /// `stream`: see `PacketRandom`.
    @_noAllocation @_noLocks
    init(_ settings: ImpairmentSettings, stream: UInt64) {
        self.settings = settings
        self.stream = stream
        random = PacketRandom(seed: settings.seed, stream: stream)
    }

    /// Takes other settings. With the same seed the packets count on, so that what isn't changed goes on as it would have;
    /// with another one they begin anew.
    mutating func change(to settings: ImpairmentSettings) {
        if settings.seed != self.settings.seed {
            let link = link
            self = ImpairmentState(settings, stream: stream)
            self.link = link
        }
        self.settings = settings
        if settings.toBad == 0 { isBad = false }
    }

    /// Whether packets that come at once may go on at once: all of a super-frame might share one time.
    var isUniform: Bool { @_noAllocation @_noLocks get { settings.rate == 0 && settings.jitter == 0 } }

    /// Decides about the next packet.
    ///
    /// - Parameters:
    ///   - length: bytes of the frame.
    ///   - now: nanoseconds; never less than before.
    ///   - normal: not nil if the settings ask for it.
    @_noAllocation @_noLocks
    mutating func next(length: Int, now: Int64, normal: UnsafeMutablePointer<NormalTable>?) -> PacketFate {
        let packet = packets
        packets &+= 1
        var fate = PacketFate()
        if isLost(packet) {
            fate.loss = .chance
            return fate
        }
        guard let departure = link.take(length: length, now: now, rate: settings.rate, queue: settings.queue) else {
            fate.loss = .queue
            return fate
        }
        fate.passage.departure = departure
        fate.passage.due = departure
        if !isReordered(packet) { fate.passage.due = departure &+ held(packet, 0, normal) }
        corrupt(&fate.passage, packet, 0)
        guard random.happens(settings.duplicate, packet, PacketRandom.Purpose.duplicate),
            let second = link.take(length: length, now: now, rate: settings.rate, queue: settings.queue)
        else { return fate }
        fate.isDuplicated = true
        fate.copy.departure = second
        fate.copy.due = second &+ held(packet, PacketRandom.Purpose.copy, normal)
        corrupt(&fate.copy, packet, PacketRandom.Purpose.copy)
        return fate
    }

    /// Loss by the state that the packet finds, which may change after it.
    @_noAllocation @_noLocks @inline(__always)
    private mutating func isLost(_ packet: UInt64) -> Bool {
        let share = isBad ? settings.badLoss : settings.loss
        if settings.toBad != 0 {
            let change = isBad ? settings.toGood : settings.toBad
            if random.happens(change, packet, PacketRandom.Purpose.state) { isBad = !isBad }
        }
        return random.happens(share, packet, PacketRandom.Purpose.loss)
    }

    @_noAllocation @_noLocks @inline(__always)
    private mutating func isReordered(_ packet: UInt64) -> Bool {
        guard settings.reorder != 0 else { return false }
        sinceReordered &+= 1
        guard sinceReordered >= settings.gap,
            random.happens(settings.reorder, packet, PacketRandom.Purpose.reorder)
        else { return false }
        sinceReordered = 0
        return true
    }

    /// How long a packet is held.
    @_noAllocation @_noLocks @inline(__always)
    private func held(_ packet: UInt64, _ which: UInt64, _ normal: UnsafeMutablePointer<NormalTable>?) -> Int64 {
        guard settings.jitter > 0 else { return settings.delay }
        let number = random.number(packet, PacketRandom.Purpose.jitter &+ which)
        var varied = settings.delay
        if settings.isNormal, let normal {
            varied &+= normal.pointee.value(number, deviation: settings.jitter)
        } else {
            let span = UInt64(truncatingIfNeeded: settings.jitter &* 2 &+ 1)
            varied &+= Int64(truncatingIfNeeded: PacketRandom.reduce(number, below: span)) &- settings.jitter
        }
        return varied < 0 ? 0 : varied
    }

    @_noAllocation @_noLocks @inline(__always)
    private func corrupt(_ passage: inout PacketFate.Passage, _ packet: UInt64, _ which: UInt64) {
        guard random.happens(settings.corrupt, packet, PacketRandom.Purpose.corrupt &+ which) else { return }
        passage.isCorrupted = true
        passage.bit = random.number(packet, PacketRandom.Purpose.bit &+ which)
    }
}
