// Offers: `Frames`, bytes of frames, and `Seeded`, the same random numbers for the same seed.

import Addresses

/// Frames, byte by byte.
enum Frames {
    /// ff-ff-ff-ff-ff-ff
    static let broadcast: UInt64 = 0xFFFF_FFFF_FFFF

    /// `count` bytes of a number, the most significant first.
    static func big(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
    }

    /// One VLAN tag without the EtherType that follows.
    static func tag(_ vlan: UInt16, priority: UInt16 = 0, tpid: UInt16 = 0x8100) -> [UInt8] {
        big(UInt64(tpid), 2) + big(UInt64(priority << 13 | vlan), 2)
    }

    /// A frame of `length` bytes with an experimental EtherType (0x88B5), whose payload is a running number and a pattern.
    static func plain(
        to destination: UInt64, from source: UInt64, tags: [UInt8] = [], type: UInt16 = 0x88B5, length: Int = 60,
        number: UInt64 = 0
    ) -> [UInt8] {
        let front = big(destination, 6) + big(source, 6) + tags + big(UInt64(type), 2) + big(number, 8)
        let pattern = (0..<max(0, length - front.count)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
        return Array((front + pattern).prefix(length))
    }

    /// The same between two stations.
    static func plain(
        to destination: MACAddress, from source: MACAddress, tags: [UInt8] = [], length: Int = 60, number: UInt64 = 0
    ) -> [UInt8] {
        plain(to: destination.value, from: source.value, tags: tags, length: length, number: number)
    }

    /// The sum of 16-bit words of RFC 1071, finished.
    static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
        }
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        return ~UInt16(sum)
    }
}

/// SplitMix64.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// A number below `limit`.
    mutating func below(_ limit: Int) -> Int {
        Int(truncatingIfNeeded: next() % UInt64(max(1, limit)))
    }

    /// One of them.
    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }
}
