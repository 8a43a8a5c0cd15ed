package import Addresses

/// The frame that the generator sends and the sink recognises. Behind the Ethernet header (EtherType 0x88B5, which
/// IEEE 802 keeps for local experiments, so that no host stack answers), all in network byte order:
///
///     0  magic      4 bytes  "HDLB"
///     4  run        4 bytes  picked for each trial: a straggler of an earlier one isn't taken for this one's
///     8  stream     2 bytes
///    10  length     2 bytes  of the whole frame, to notice cut or padded ones
///    12  sequence   8 bytes  from 0
///    20  sent at    8 bytes  CLOCK_MONOTONIC, nanoseconds
///
/// The rest is padding up to the frame's length, 60 bytes (without FCS) being the least.
package struct ProbeFrame: Sendable, Hashable {
    /// Which trial.
    package var run: UInt32
    /// Which of the trial's senders.
    package var stream: UInt16
    /// The whole frame's bytes, Ethernet header included, FCS not.
    package var length: UInt16
    /// Counts from 0 within a stream.
    package var sequence: UInt64
    /// CLOCK_MONOTONIC, nanoseconds.
    package var sentAt: UInt64

    /// EtherType "local experimental 1".
    package static let etherType: UInt16 = 0x88B5
    /// "HDLB".
    package static let magic: UInt32 = 0x4844_4C42
    /// Bytes of the Ethernet header.
    package static let headerLength = 14
    /// Bytes up to the end of the fields.
    package static let fieldsEnd = headerLength + 28
    /// The least that Ethernet carries, without FCS.
    package static let minimumLength = 60

    private static let runOffset = headerLength + 4
    private static let streamOffset = headerLength + 8
    private static let lengthOffset = headerLength + 10
    private static let sequenceOffset = headerLength + 12
    private static let timeOffset = headerLength + 20

    /// Makes a frame's description.
    package init(run: UInt32, stream: UInt16, length: UInt16, sequence: UInt64, sentAt: UInt64) {
        self.run = run
        self.stream = stream
        self.length = length
        self.sequence = sequence
        self.sentAt = sentAt
    }

    /// Writes the whole frame to memory of at least `length` (and `minimumLength`) bytes; padding counts up from 0.
    package func encode(
        from source: MACAddress, to destination: MACAddress, into bytes: UnsafeMutableRawBufferPointer
    ) {
        precondition(bytes.count >= max(Int(length), Self.minimumLength))
        for (index, byte) in (destination.octets + source.octets).enumerated() { bytes[index] = byte }
        bytes.storeBytes(of: Self.etherType.bigEndian, toByteOffset: 12, as: UInt16.self)
        bytes.storeBytes(of: Self.magic.bigEndian, toByteOffset: Self.headerLength, as: UInt32.self)
        bytes.storeBytes(of: run.bigEndian, toByteOffset: Self.runOffset, as: UInt32.self)
        bytes.storeBytes(of: stream.bigEndian, toByteOffset: Self.streamOffset, as: UInt16.self)
        bytes.storeBytes(of: length.bigEndian, toByteOffset: Self.lengthOffset, as: UInt16.self)
        for index in Self.fieldsEnd..<bytes.count { bytes[index] = UInt8(truncatingIfNeeded: index) }
        Self.stamp(sequence: sequence, sentAt: sentAt, at: bytes)
    }

    /// Renews the two fields that differ from frame to frame.
    @inline(__always)
    package static func stamp(sequence: UInt64, sentAt: UInt64, at bytes: UnsafeMutableRawBufferPointer) {
        bytes.storeBytes(of: sequence.bigEndian, toByteOffset: sequenceOffset, as: UInt64.self)
        bytes.storeBytes(of: sentAt.bigEndian, toByteOffset: timeOffset, as: UInt64.self)
    }

    /// Reads a frame from its first bytes (the Ethernet header's included); nil if it isn't one of the bench's.
    @inline(__always)
    package init?(decoding bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.fieldsEnd,
            UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt16.self)) == Self.etherType,
            UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: Self.headerLength, as: UInt32.self)) == Self.magic
        else { return nil }
        run = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: Self.runOffset, as: UInt32.self))
        stream = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: Self.streamOffset, as: UInt16.self))
        length = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: Self.lengthOffset, as: UInt16.self))
        sequence = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: Self.sequenceOffset, as: UInt64.self))
        sentAt = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: Self.timeOffset, as: UInt64.self))
    }
}
