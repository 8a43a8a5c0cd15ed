/// Random numbers by place: what is drawn for packet n and one purpose depends on the seed, n and the purpose alone, so
/// that switching one impairment on or off changes nothing for the others. SplitMix64 (Steele, Lea, Flood 2014), of which
/// each purpose has a sequence of its own.
struct PacketRandom {
    /// What is drawn for a packet. Only what its settings need is drawn; nothing depends on the order.
    enum Purpose {
        /// Whether it is lost.
        static var loss: UInt64 { @_noAllocation @_noLocks get { 1 } }
        /// Whether the state of the loss model changes after it.
        static var state: UInt64 { @_noAllocation @_noLocks get { 2 } }
        /// Whether it comes twice.
        static var duplicate: UInt64 { @_noAllocation @_noLocks get { 3 } }
        /// Whether a bit is changed.
        static var corrupt: UInt64 { @_noAllocation @_noLocks get { 4 } }
        /// Which one.
        static var bit: UInt64 { @_noAllocation @_noLocks get { 5 } }
        /// Whether it skips the delay.
        static var reorder: UInt64 { @_noAllocation @_noLocks get { 6 } }
        /// How its delay differs.
        static var jitter: UInt64 { @_noAllocation @_noLocks get { 7 } }
        /// Added to the last three kinds for the copy of a packet that comes twice.
        static var copy: UInt64 { @_noAllocation @_noLocks get { 16 } }
    }

    private static var step: UInt64 { @_noAllocation @_noLocks get { 0x9E37_79B9_7F4A_7C15 } }

    private let key: UInt64

    /// `stream` tells apart those with the same seed: the two directions of a port.
    @_noAllocation @_noLocks
    init(seed: UInt64, stream: UInt64) {
        key = Self.mix(Self.mix(seed &+ Self.step) ^ stream)
    }

    /// The number for a packet and a purpose, all 64 bits of it random.
    @_noAllocation @_noLocks @inline(__always)
    func number(_ packet: UInt64, _ purpose: UInt64) -> UInt64 {
        let start = Self.mix(key &+ purpose &* Self.step)
        return Self.mix(start &+ (packet &+ 1) &* Self.step)
    }

    /// Whether something of a probability (in parts of `ImpairmentSettings.certain`) happens to a packet.
    @_noAllocation @_noLocks @inline(__always)
    func happens(_ share: UInt64, _ packet: UInt64, _ purpose: UInt64) -> Bool {
        share != 0 && number(packet, purpose) &>> 32 < share
    }

    /// A number below `count`, each as likely as any other.
    @_noAllocation @_noLocks @inline(__always)
    static func reduce(_ random: UInt64, below count: UInt64) -> UInt64 {
        random.multipliedFullWidth(by: count).high
    }

    @_noAllocation @_noLocks @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed &>> 31)
    }
}
