/// The checked header in front of the buckets, in the machine's byte order:
///
///     0 magic · 8 version · 12 entry bytes · 16 capacity · 20 bucket bytes · 24 first seed · 32 second seed
///     40 check of all that · 48…63 zero
extension StationBuckets {
    static let magic: UInt64 = 0x4845_4444_4C53_5431
    static let version: UInt32 = 1
    static let headerBytes = 64
    /// One bucket.
    static let smallestCapacity = 4
    /// 64 MiB of table.
    static let largestCapacity = 1 << 22

    /// Stations that have room.
    var capacity: Int { (Int(mask) + 1) * Self.entries }

    /// Reads and verifies a header; nil if anything in it is wrong or doesn't fit into `count` bytes.
    init?(reading memory: UnsafeRawPointer, count: Int) {
        guard count >= Self.headerBytes, Int(bitPattern: memory) % 64 == 0 else { return nil }
        guard memory.native64(at: 0) == Self.magic, memory.native64(at: 8) == Self.format else { return nil }
        let sizes = memory.native64(at: 16)
        let capacity = Int(sizes & 0xFFFF_FFFF)
        guard sizes &>> 32 == UInt64(Self.bytes), Self.isPossible(capacity: capacity) else { return nil }
        guard StationTable.bytes(capacity: capacity) <= count else { return nil }
        guard memory.native64(at: 40) == Self.check(memory) else { return nil }
        guard memory.native64(at: 48) == 0, memory.native64(at: 56) == 0 else { return nil }
        // A table writes through this and was given writable memory; a reader never writes.
        start = UnsafeMutableRawPointer(mutating: memory) + Self.headerBytes
        mask = UInt64(capacity / Self.entries) - 1
        firstSeed = memory.native64(at: 24)
        secondSeed = memory.native64(at: 32)
    }

    /// Writes a header in front of empty buckets; nil if `capacity` can't be or doesn't fit.
    init?(writing memory: UnsafeMutableRawPointer, count: Int, capacity: Int, seeds: (UInt64, UInt64)) {
        guard Self.isPossible(capacity: capacity), Int(bitPattern: memory) % 64 == 0 else { return nil }
        guard StationTable.bytes(capacity: capacity) <= count else { return nil }
        // Without a magic number until everything else stands.
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: StationTable.bytes(capacity: capacity))
        memory.storeNative64(Self.format, at: 8)
        memory.storeNative64(UInt64(Self.bytes) << 32 | UInt64(capacity), at: 16)
        memory.storeNative64(seeds.0, at: 24)
        memory.storeNative64(seeds.1, at: 32)
        memory.storeNative64(Self.check(UnsafeRawPointer(memory)), at: 40)
        memory.storeNative64(Self.magic, at: 0)
        start = memory + Self.headerBytes
        mask = UInt64(capacity / Self.entries) - 1
        firstSeed = seeds.0
        secondSeed = seeds.1
    }

    private static var format: UInt64 { UInt64(entryBytes) << 32 | UInt64(version) }

    private static func isPossible(capacity: Int) -> Bool {
        capacity >= smallestCapacity && capacity <= largestCapacity && capacity & (capacity - 1) == 0
    }

    /// Against accidents, not against an enemy, who could write the entries as well.
    private static func check(_ memory: UnsafeRawPointer) -> UInt64 {
        var mixed: UInt64 = magic
        for offset in stride(from: 8, to: 40, by: 8) {
            mixed = (mixed ^ memory.native64(at: offset)) &* 0x9FB2_1C65_1E98_DF25
            mixed ^= mixed >> 29
        }
        return mixed
    }

    /// Whether every entry is one that a table writes, in a bucket of its own and only once.
    func areSound() -> Bool {
        for bucket in stride(from: start, to: end, by: Self.bytes) {
            for entry in stride(from: bucket, to: bucket + Self.bytes, by: Self.entryBytes) {
                let key = load(entry, 0)
                if key == 0 { continue }
                let place = load(entry, 1)
                guard Self.isPossible(key: key, place: place) else { return false }
                let plain = key & ~Self.staticBit
                let domain = UInt16(truncatingIfNeeded: place >> 48)
                let hash = self.hash(key: plain, domain: domain)
                // Not found in a bucket that isn't its own; and of two equal entries only the first one is.
                guard find(key: plain, domain: domain, hash: hash) == entry else { return false }
            }
        }
        return true
    }

    /// Whether the words of a valid entry are ones that a table writes.
    static func isPossible(key: UInt64, place: UInt64) -> Bool {
        let mac = key >> 16
        let vlan = UInt16(truncatingIfNeeded: key >> 4) & VLANTag.identifierMask
        let domain = place >> 48
        let port = (place >> 32) & 0xFFFF
        let limit = UInt64(StationTable.domainLimit)
        // Neither port 0 nor the first of the VTEPs' numbers is anybody's.
        let first = UInt64(VTEPTable.firstNumber)
        let isPlace = port > 0 && port != first && port < first + UInt64(VTEPTable.capacity)
        return key & 0xD == validBit && mac != 0 && !Ethernet.isGroup(mac) && vlan <= VLANTag.largestIdentifier
            && domain > 0 && domain < limit && isPlace
    }
}
