/// IPv4 packets that are longer than the way out carries and may be cut (RFC 791, 3.2; RFC 1812, 4.2.2.7).
extension Worker where IO: ~Copyable {
    /// Sends a packet in fragments: each a header of its own in front of a part of the payload where it lies. All of them
    /// or none, as far as memory goes.
    mutating func sendFragments(_ frame: RoutedFrame, by port: UInt16, mtu: Int) {
        let start = Ethernet.headerLength
        guard let plan = FragmentPlan(frame, mtu: mtu) else {
            return count(drop: .egressRejected, tables.numbers(of: port))
        }
        let (packet, header, payload, step) = (plan.packet, plan.header, plan.payload, plan.step)
        finishChecksum(frame)
        makeRoom()
        if !packet.isFragment, let router {
            // Of all that leave by one address: two endpoints may have chosen the same (RFC 7857, 9).
            router.pointee.identification &+= 1
            frame.header.storeBigEndian16(router.pointee.identification, at: VirtioNetHeader.length &+ start &+ 4)
        }
        // Of a fragment that is cut once more: where it began, and whether others follow it.
        let flags = packet.bytes.bigEndian16(at: 6)
        let headCount = VirtioNetHeader.length &+ start &+ header
        var offset = 0
        while offset < payload {
            let size = payload &- offset < step ? payload &- offset : step
            guard let head = tunnels.memory.take(headCount) else {
                return count(drop: .egressFull, tables.numbers(of: port))
            }
            head.storeNative64(0, at: 0)
            head.storeNative16(0, at: 8)
            (head + VirtioNetHeader.length).copyMemory(from: frame.frame, byteCount: start &+ header)
            let network = head + (VirtioNetHeader.length &+ start)
            let isLast = offset &+ size >= payload
            let units = Int(flags & 0x1FFF) &+ offset &>> 3
            let more: UInt16 = isLast ? flags & 0x2000 : 0x2000
            network.storeBigEndian16(UInt16(truncatingIfNeeded: header &+ size), at: 2)
            network.storeBigEndian16(more | UInt16(truncatingIfNeeded: units) & 0x1FFF, at: 6)
            network.storeNative16(0, at: 10)
            network.storeNative16(~Checksum.sum(UnsafeRawPointer(network), count: header), at: 10)
            queue(
                OutgoingFrame(
                    port: port, head: head, headCount: headCount, rest: frame.frame + (start &+ header &+ offset),
                    restCount: size, isSuperframe: false))
            offset &+= size
        }
    }

    /// Finishes a partial checksum, which covers what is cut apart afterwards.
    private func finishChecksum(_ frame: RoutedFrame) {
        let fields = UnsafeRawPointer(frame.header)
        guard fields.byte(at: 0) & VirtioNetHeader.needsChecksum != 0 else { return }
        _ = Checksum.complete(
            frame.header + VirtioNetHeader.length, length: frame.length, start: fields.native16(at: 6),
            offset: fields.native16(at: 8))
    }
}
