/// Frames for tests, byte by byte and independent of the code under test.
enum TestFrames {
    static let alice: UInt64 = 0x0200_0A00_0002
    static let bob: UInt64 = 0x0200_0A00_0003
    static let carol: UInt64 = 0x0200_0A00_0004
    static let broadcast: UInt64 = 0xFFFF_FFFF_FFFF

    /// `count` bytes of a number, the most significant first.
    static func big(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
    }

    /// 16 bytes of an IPv6 address.
    static func big(_ value: UInt128) -> [UInt8] {
        big(UInt64(truncatingIfNeeded: value >> 64), 8) + big(UInt64(truncatingIfNeeded: value), 8)
    }

    /// One VLAN tag without the EtherType that follows.
    static func tag(_ vlan: UInt16, priority: UInt16 = 0, tpid: UInt16 = 0x8100) -> [UInt8] {
        big(UInt64(tpid), 2) + big(UInt64(priority << 13 | vlan), 2)
    }

    /// An Ethernet frame.
    static func ethernet(
        to destination: UInt64 = bob, from source: UInt64 = alice, tags: [UInt8] = [], type: UInt16,
        _ payload: [UInt8] = []
    ) -> [UInt8] {
        big(destination, 6) + big(source, 6) + tags + big(UInt64(type), 2) + payload
    }

    /// A frame of 60 bytes with an experimental EtherType (IEEE 802, local experimental 1).
    static func plain(
        to destination: UInt64 = bob, from source: UInt64 = alice, tags: [UInt8] = [], length: Int = 60
    ) -> [UInt8] {
        let header = ethernet(to: destination, from: source, tags: tags, type: 0x88B5)
        return header + (0..<max(0, length - header.count)).map { UInt8(truncatingIfNeeded: $0) }
    }

    /// An IPv4 packet without a valid header checksum.
    static func ipv4(
        from source: UInt32 = 0x0A00_0002, to destination: UInt32 = 0x0A00_0003, protocol number: UInt8,
        options: [UInt8] = [], fragment: UInt16 = 0, _ payload: [UInt8]
    ) -> [UInt8] {
        let header = 20 + options.count
        var packet: [UInt8] = [UInt8(0x40 | header / 4), 0]
        packet += big(UInt64(min(65535, header + payload.count)), 2)
        packet += [0, 1] + big(UInt64(fragment), 2) + [64, number, 0, 0]
        packet += big(UInt64(source), 4)
        packet += big(UInt64(destination), 4)
        return packet + options + payload
    }

    /// An IPv6 packet.
    static func ipv6(
        from source: UInt128, to destination: UInt128 = 0xFF02_0000_0000_0000_0000_0000_0000_0001, next: UInt8,
        _ payload: [UInt8]
    ) -> [UInt8] {
        let length = big(UInt64(min(65535, payload.count)), 2)
        return [0x60, 0, 0, 0] + length + [next, 255] + big(source) + big(destination) + payload
    }

    /// A TCP segment without a valid checksum.
    static func tcp(headerWords: UInt8 = 5, payload: Int = 0) -> [UInt8] {
        let fixed: [UInt8] = [0, 80, 0x9C, 0x40, 0, 0, 0, 1, 0, 0, 0, 2, headerWords << 4, 0x10, 1, 0, 0, 0, 0, 0]
        let options = [UInt8](repeating: 1, count: max(0, Int(headerWords) * 4 - 20))
        return fixed + options + (0..<payload).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    }

    /// A UDP datagram without a valid checksum.
    static func udp(from source: UInt16 = 1000, to destination: UInt16 = 2000, payload: [UInt8] = []) -> [UInt8] {
        big(UInt64(source), 2) + big(UInt64(destination), 2) + big(UInt64(min(65535, 8 + payload.count)), 2) + [0, 0]
            + payload
    }

    /// An ARP packet for IPv4 over Ethernet.
    static func arp(
        operation: UInt16, sender: UInt64 = alice, senderIP: UInt32, target: UInt64 = 0, targetIP: UInt32
    ) -> [UInt8] {
        [0, 1, 8, 0, 6, 4] + big(UInt64(operation), 2) + big(sender, 6) + big(UInt64(senderIP), 4) + big(target, 6)
            + big(UInt64(targetIP), 4)
    }

    /// A virtio_net_hdr on a little-endian machine.
    static func vnet(
        flags: UInt8 = 0, type: UInt8 = 0, headerLength: UInt16 = 0, segment: UInt16 = 0, start: UInt16 = 0,
        offset: UInt16 = 0
    ) -> [UInt8] {
        [flags, type] + [headerLength, segment, start, offset].flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) {
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
}

/// Memory of exactly the bytes given, so that a read past the end is one that a sanitizer sees.
struct ExactBytes: ~Copyable {
    let start: UnsafeMutableRawPointer
    let count: Int

    init(_ bytes: [UInt8], alignment: Int = 1) {
        start = .allocate(byteCount: max(1, bytes.count), alignment: alignment)
        count = bytes.count
        bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { start.copyMemory(from: base, byteCount: bytes.count) }
        }
    }

    deinit {
        start.deallocate()
    }

    var bytes: [UInt8] {
        Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
