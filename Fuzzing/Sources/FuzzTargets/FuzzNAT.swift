@testable import DataPlane

/// Frames one after the other that a router gets: choice (1), length (2), virtio_net_hdr (10), frame. Of the choice bit 0
/// is the new addresses' family, bit 1 takes the frame for a super-frame, bit 2 mends the IPv4 header's checksum, bit 3
/// clears the virtio_net_hdr.
@_cdecl("heddle_fuzz_nat")
public func fuzzNAT(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var input = FuzzInput(start, count: count)
    while !input.isEmpty {
        let choice = input.byte()
        let length = Int(input.number(bytes: 2))
        var header = input.take(VirtioNetHeader.length)
        header += [UInt8](repeating: 0, count: VirtioNetHeader.length - header.count)
        if choice & 8 != 0 { header = [UInt8](repeating: 0, count: VirtioNetHeader.length) }
        var frame = input.take(length)
        if choice & 4 != 0 { mend(&frame) }
        translate(header: header, frame: frame, isIPv4: choice & 1 == 0, isSuperframe: choice & 2 != 0)
    }
    return 0
}

/// Most inputs would end at the checksum.
private func mend(_ frame: inout [UInt8]) {
    guard frame.count >= 34, frame[12] == 8, frame[13] == 0 else { return }
    let end = 14 + Int(frame[14] & 0xF) * 4
    guard end >= 34, end <= frame.count else { return }
    frame[24] = 0
    frame[25] = 0
    let sum = withExactBytes(Array(frame[14..<end])) { ~Checksum.sum($0, count: end - 14) }
    frame[24] = UInt8(truncatingIfNeeded: sum)
    frame[25] = UInt8(truncatingIfNeeded: sum >> 8)
}

private func translate(header: [UInt8], frame: [UInt8], isIPv4: Bool, isSuperframe: Bool) {
    withExactBytes(header + frame) { memory in
        let packet = RoutedPacket(memory + header.count, length: frame.count, isSuperframe: isSuperframe)
        require(packet.packetLength + 14 <= max(14, frame.count), "a packet is longer than its frame")
        require(packet.transportOffset <= max(14, frame.count), "a transport header behind the end")
        checkMessages(memory + header.count, length: frame.count)
        let source =
            isIPv4 ? TransportAddress(ipv4: 0xC633_6401, port: 61_440) : TransportAddress(high: 5, low: 6, port: 7)
        var destination = source
        destination.low ^= 0xFF
        destination.port = 9
        // A partial checksum stays one.
        let isRight = header[0] & 1 == 0 && isChecksumRight(packet, memory + header.count)
        packet.rewriteSource(memory, to: source)
        packet.rewriteDestination(memory, to: destination)
        packet.decrementHopLimit(memory)
        packet.rewriteEthernet(memory, source: 1, destination: 2)
        if packet.isLaterFragment { packet.rewriteIdentification(memory, to: 0x1234_5678) }
        let changed = bytes(memory, header.count + frame.count)
        if packet.kind == .malformed {
            require(changed == header + frame, "what isn't understood was changed")
            return
        }
        let headers = header.count + packet.transportOffset + packet.transportLength
        require(changed.dropFirst(headers) == (header + frame).dropFirst(headers), "a payload was changed")
        let isFamilyRight = isIPv4 == packet.isIPv4
        let after = RoutedPacket(memory + header.count, length: frame.count, isSuperframe: isSuperframe)
        require(after.kind == packet.kind, "a packet became another kind of one")
        if isFamilyRight, packet.isIP {
            require(after.source.hasSameAddress(as: source), "the source was left")
            require(after.destination.hasSameAddress(as: destination), "the destination was left")
            if packet.kind == .tcp || packet.kind == .udp {
                require(
                    after.source.port == source.port && after.destination.port == destination.port, "ports were left")
            }
        }
        if isRight { require(isChecksumRight(after, memory + header.count), "a checksum went wrong") }
        if packet.kind == .icmpError { translateError(memory, header: header, after, source, destination) }
        remember(after, memory, length: frame.count)
    }
}

/// An error is still one afterwards, about another packet.
private func translateError(
    _ memory: UnsafeMutableRawPointer, header: [UInt8], _ packet: RoutedPacket, _ source: TransportAddress,
    _ destination: TransportAddress
) {
    let length = packet.networkOffset + packet.packetLength
    packet.rewriteError(
        memory, outerSource: destination, outerDestination: source, embeddedSource: destination,
        embeddedDestination: source)
    let after = RoutedPacket(memory + header.count, length: length, isSuperframe: false)
    // A super-frame's length is nowhere told.
    guard after.packetLength == packet.packetLength else { return }
    require(after.kind == .icmpError, "an error became another kind of packet")
    guard source.isIPv4 == packet.isIPv4 else { return }
    require(after.source.hasSameAddress(as: destination), "the error's source was left")
    require(after.embedded.source.hasSameAddress(as: destination), "the quoted source was left")
    if packet.embedded.kind == .tcp || packet.embedded.kind == .udp {
        require(after.embedded.destination.isSame(as: source), "the quoted destination was left")
    }
}

/// Whether a whole transport's checksum, which isn't partial, is right.
private func isChecksumRight(_ packet: RoutedPacket, _ frame: UnsafeRawPointer) -> Bool {
    guard packet.kind == .tcp || packet.kind == .udp || packet.kind == .echo, !packet.isFirstFragment else {
        return false
    }
    let transport = frame + packet.transportOffset
    var count = packet.networkOffset + packet.packetLength - packet.transportOffset
    if packet.kind == .udp {
        if transport.bigEndian16(at: 6) == 0 { return false }
        count = Int(transport.bigEndian16(at: 4))
    }
    let network = frame + packet.networkOffset
    var pseudo: UInt16 = 0
    if !packet.isIPv4 {
        pseudo = Checksum.pseudoHeader(addresses: network + 8, protocol: packet.proto, length: UInt32(count))
    } else if packet.kind != .echo {
        pseudo = Checksum.pseudoHeader(
            source: network.bigEndian32(at: 12), destination: network.bigEndian32(at: 16), protocol: packet.proto,
            length: UInt32(count))
    }
    return Checksum.sum(transport, count: count, initial: pseudo) == 0xFFFF
}

/// What is sent back fits its buffer, and leads to nothing more.
private func checkMessages(_ frame: UnsafeRawPointer, length: Int) {
    let router = RouterMessage.Router(ipv4: 0x0A00_0001, ipv6High: 5, ipv6Low: 1)
    let kinds: [RouterMessage.Kind] = [.timeExceeded, .unreachable(.prohibited), .unreachable(.port), .tooBig(1_400)]
    withExactBytes([UInt8](repeating: 0, count: RouterMessage.maximumLength)) { buffer in
        let kind = kinds[length & 3]
        let count = RouterMessage.write(for: frame, length: length, kind: kind, router: router, into: buffer)
        require(count <= RouterMessage.maximumLength, "a message is too long")
        withExactBytes(bytes(buffer, count)) { message in
            let again = RouterMessage.write(for: message, length: count, kind: kind, router: router, into: buffer)
            require(again == 0, "an error was answered with an error")
        }
    }
}

/// Fragments, kept from input to input. libFuzzer calls from one thread.
private struct FuzzFragments: ~Copyable {
    var table = FragmentTable()
    var now: UInt32 = 0

    mutating func put(_ packet: RoutedPacket, _ header: UnsafeMutableRawPointer, length: Int) {
        now &+= 97
        let key = FragmentKey(packet, side: UInt16(truncatingIfNeeded: length & 7))
        if packet.isFirstFragment {
            table.remember(key, flow: 1, isOutgoing: true, newIdentification: 1, now: now)
            while let held = table.takeHeld(key) {
                let bytes = UnsafeRawPointer(held.header) + VirtioNetHeader.length
                let again = RoutedPacket(bytes, length: held.length, isSuperframe: false)
                require(again.isLaterFragment, "what was held isn't a later fragment")
                _ = table.find(FragmentKey(again, side: key.side), now: now)
            }
        } else if !table.find(key, now: now).isFound {
            table.hold(key, header: header, length: length, port: 1, now: now)
        }
        require(table.count <= FragmentTable.capacity && table.heldCount <= 64, "there are too many fragments")
    }
}

nonisolated(unsafe) private var fragments = FuzzFragments()

private func remember(_ packet: RoutedPacket, _ header: UnsafeMutableRawPointer, length: Int) {
    guard packet.isFirstFragment || packet.kind == .laterFragment else { return }
    fragments.put(packet, header, length: length)
}
