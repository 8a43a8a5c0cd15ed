import DataPlane

/// A switch with ports of every kind, kept from input to input; its stations are not.
private struct FuzzSwitch: ~Copyable {
    static let ports: [UInt16] = [1, 2, 3, 4, 11, 12, 13, 14]
    static let capacity = 16

    var forwarding: Switch

    init() {
        let count = StationTable.bytes(capacity: Self.capacity)
        // Lives as long as the process.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
        guard let table = StationTable(formatting: memory, byteCount: count, capacity: Self.capacity, seed: (1, 2))
        else {
            fatalError("no table")
        }
        forwarding = Switch(stations: table)
        forwarding.addDomain(1, ageingMilliseconds: 300_000)
        forwarding.addDomain(2, ageingMilliseconds: 1000)
        let guarding = SourceGuard(mac: 0x0200_0A00_0002, ipv4: [0x0A00_0002], ipv6: [5])
        forwarding.setPort(1, domain: 1)
        forwarding.setPort(2, domain: 1, isolated: true)
        forwarding.setPort(3, domain: 1, mtu: 100)
        forwarding.setPort(4, domain: 1, isolated: true, sourceGuard: guarding)
        forwarding.setPort(11, domain: 2, accessVLAN: 10)
        forwarding.setPort(12, domain: 2, accessVLAN: 20, sourceGuard: guarding)
        forwarding.setPort(13, domain: 2)
        forwarding.setPort(14, domain: 2, isolated: true, accessVLAN: 10)
    }

    mutating func forget() {
        forwarding.stations.flush(domain: 1, includingStatic: true)
        forwarding.stations.flush(domain: 2, includingStatic: true)
    }
}

// libFuzzer calls from one thread.
nonisolated(unsafe) private var fuzzed = FuzzSwitch()

/// Frames one after the other: port (1), length (2), virtio_net_hdr (10), frame.
@_cdecl("heddle_fuzz_frame")
public func fuzzFrame(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var input = FuzzInput(start, count: count)
    fuzzed.forget()
    var now: UInt32 = 0
    while !input.isEmpty {
        let choice = input.byte()
        let ingress = FuzzSwitch.ports[Int(choice & 7)]
        now &+= UInt32(choice >> 3) &* 100
        let length = Int(input.number(bytes: 2))
        var header = input.take(VirtioNetHeader.length)
        header += [UInt8](repeating: 0, count: VirtioNetHeader.length - header.count)
        putFrame(header: header, frame: input.take(length), into: ingress, now: now)
    }
    return 0
}

/// One frame through everything that touches frames, in memory of exactly its size.
private func putFrame(header: [UInt8], frame: [UInt8], into ingress: UInt16, now: UInt32) {
    let slot = UnsafeMutableRawBufferPointer.allocate(
        byteCount: VLANRestore.headroom + VirtioNetHeader.length + frame.count, alignment: 8)
    defer { slot.deallocate() }
    guard let base = slot.baseAddress else { return }
    slot.copyBytes(from: [0, 0, 0, 0] + header + frame)
    let place = base + VLANRestore.headroom
    let verdict = fuzzed.forwarding.verdict(ingress: ingress, header: place, length: frame.count, now: now)
    require(Array(slot.dropFirst(VLANRestore.headroom + VirtioNetHeader.length)) == frame, "a verdict changed a frame")
    require((verdict.kind == .drop) == verdict.reason.isDrop, "a drop has a reason and nothing else has")
    require(verdict.reason.direction == .ingress, "a verdict is the way in's")
    if verdict.kind == .drop {
        restore(place, length: frame.count)
        return
    }
    send(place, length: frame.count, from: ingress, verdict)
    finishChecksum(place, length: frame.count)
    restore(place, length: frame.count)
}

/// Every way out.
private func send(_ slot: UnsafeMutableRawPointer, length: Int, from ingress: UInt16, _ verdict: Verdict) {
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: TagRewrite.scratchLength, alignment: 1)
    defer { scratch.deallocate() }
    guard let front = scratch.baseAddress else { return }
    var ways = 0
    for port in FuzzSwitch.ports where verdict.kind == .flood || port == verdict.port {
        let action = fuzzed.forwarding.egress(to: port, from: ingress, verdict: verdict, length: length)
        if action.kind == .skip { continue }
        ways += 1
        require(port != ingress, "a frame went back")
        require((action.kind == .drop) == (action.reason.direction == .egress), "a drop is the way out's")
        let rewrite = TagRewrite.write(action, header: slot, length: length, into: front)
        require(rewrite.skip <= length, "a rewrite skipped more than there is")
        let rewrites = action.kind == .pushTag || action.kind == .popTag || action.kind == .setTag
        require((rewrite.count > 0) == rewrites, "a rewrite was left out")
        if rewrite.count > 0, action.vlan > 0, action.kind != .popTag { checkOffsets(front, length: length + 4) }
    }
    require(ways > 0, "a frame went nowhere without a reason")
}

/// The offsets of an accepted header lie inside the frame.
private func checkOffsets(_ header: UnsafeMutableRawPointer, length: Int) {
    let fields = (0..<5).map { Int(header.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)) }
    require(fields[1] <= length, "hdr_len past the end")
    if fields[0] & 1 != 0 { require(fields[3] + fields[4] + 2 <= length, "a checksum past the end") }
}

private func finishChecksum(_ header: UnsafeMutableRawPointer, length: Int) {
    checkOffsets(header, length: length)
    let fields = (0..<5).map { header.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self) }
    guard fields[0] & 1 != 0 else { return }
    let frame = header + VirtioNetHeader.length
    require(
        Checksum.complete(frame, length: length, start: fields[3], offset: fields[4]),
        "an accepted checksum could not be finished")
}

/// A tag put in and taken out again leaves what was there.
private func restore(_ header: UnsafeMutableRawPointer, length: Int) {
    let count = VirtioNetHeader.length + length
    let before = Array(UnsafeRawBufferPointer(start: header, count: count))
    guard let moved = VLANRestore.insert(tpid: 0x8100, tci: 0x0123, at: header, length: length) else {
        require(length < 12, "a tag was left out")
        return
    }
    guard length >= 14 else { return }
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: TagRewrite.scratchLength, alignment: 1)
    defer { scratch.deallocate() }
    let rewrite = TagRewrite.write(EgressAction(kind: .popTag), header: moved, length: length + 4, into: scratch)
    let front = Array(UnsafeRawBufferPointer(start: scratch, count: rewrite.count))
    let rest = UnsafeRawBufferPointer(start: moved + VirtioNetHeader.length, count: length + 4).dropFirst(rewrite.skip)
    // hdr_len is left alone where it is 0, and may become 0 on the way.
    let isHintLost = before[2] == 0xFC && before[3] == 0xFF
    require(isHintLost || front + rest == before, "a tag left a trace")
}
