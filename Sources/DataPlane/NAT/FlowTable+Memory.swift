import Synchronization

/// The header of the memory, one page, in the machine's byte order:
///
///     0 magic · 8 entry bytes, version · 16 capacity · 24…4095 zero
extension FlowTable {
    private static let magic: UInt64 = 0x4845_4444_4C46_4C31
    private static let version: UInt64 = 2
    static var headerBytes: Int { 4_096 }

    /// Bytes of the shared memory.
    package static var bytes: Int { headerBytes + capacity * MemoryLayout<Flow>.stride }

    /// Whether there are flows in this form in the memory.
    static func isTable(_ memory: UnsafeRawPointer) -> Bool {
        memory.native64(at: 0) == magic
            && memory.native64(at: 8) == UInt64(MemoryLayout<Flow>.stride) << 32 | version
            && memory.native64(at: 16) == UInt64(capacity)
    }

    /// Takes over the flows that are in the memory.
    mutating func adopt(_ memory: UnsafeMutableRawPointer, now: UInt32) {
        var ordered: [(age: UInt32, number: UInt32)] = []
        var last: UInt32 = 0
        if Self.isTable(memory) {
            for number in 1..<UInt32(Self.capacity) where flow(number).pointee.seal != 0 {
                let flow = flow(number)
                // Times from the future are taken to be of now, as in the MAC table.
                if now &- flow.pointee.seen > UInt32(Int32.max) { flow.pointee.seen = now }
                if now &- flow.pointee.created > UInt32(Int32.max) { flow.pointee.created = now }
                guard flow.pointee.isSound, !flow.pointee.isExpired(now: now) else {
                    storeSeal(flow, 0)
                    continue
                }
                last = number
                ordered.append((now &- flow.pointee.seen, number))
            }
        } else {
            format(memory)
        }
        fresh = last + 1
        // Oldest first, since that is the order of the lists.
        ordered.sort { ($0.age, $1.number) > ($1.age, $0.number) }
        for (_, number) in ordered { adopt(number) }
        for number in 1..<fresh where flow(number).pointee.seal == 0 { ages.append(number, to: lists.unused) }
    }

    /// Takes over one flow, unless it contradicts one that was taken over.
    private mutating func adopt(_ number: UInt32) {
        let flow = flow(number)
        let (inside, outside, remote) = (flow.pointee.inside, flow.pointee.outside, flow.pointee.remote)
        let (proto, domain) = (flow.pointee.proto, flow.pointee.domain)
        var isNew =
            standingOutgoing(proto, domain: domain, inside: inside, remote: remote) == 0
            && standingIncoming(proto, outside: outside, remote: remote) == 0
        if isNew, flow.pointee.isMapped {
            let byOutside = mapping(outside: outside)
            let other = self.flow(byOutside)
            isNew =
                byOutside == mapping(domain: domain, inside: inside, outside: outside)
                && (byOutside == 0 || other.pointee.insidePort == flow.pointee.insidePort)
        }
        guard isNew else {
            storeSeal(flow, 0)
            return
        }
        link(number)
        enter(number)
        count += 1
    }

    /// Makes the memory that of an empty table. What is zero isn't written, so that it takes no pages.
    private func format(_ memory: UnsafeMutableRawPointer) {
        // Without a magic number until everything else stands.
        memory.storeNative64(0, at: 0)
        for offset in stride(from: 8, to: Self.bytes, by: 8)
        where memory.loadUnaligned(
            fromByteOffset: offset, as: UInt64.self) != 0
        {
            memory.storeNative64(0, at: offset)
        }
        memory.storeNative64(UInt64(MemoryLayout<Flow>.stride) << 32 | Self.version, at: 8)
        memory.storeNative64(UInt64(Self.capacity), at: 16)
        memory.storeNative64(Self.magic, at: 0)
    }

    /// Writes a flow's seal after whatever was written before.
    @inline(__always) @_noAllocation @_noLocks
    func storeSeal(_ flow: UnsafeMutablePointer<Flow>, _ seal: UInt32) {
        // The seal is the first field: four bytes, aligned.
        let place = UnsafeMutableRawPointer(flow).assumingMemoryBound(to: Atomic<UInt32>.self)
        place.pointee.store(seal, ordering: .releasing)
    }
}
