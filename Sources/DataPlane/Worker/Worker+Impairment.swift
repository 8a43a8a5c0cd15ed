import Glibc

/// What is lost, held, changed or sent twice on its way between a port and the switch. Only ports that ask for it come
/// here: see `PortState.attention`.
extension Worker where IO: ~Copyable {
    /// Takes a frame that came in by an impaired port. False: it goes on as it is.
    ///
    /// What no sandbox may send (see `VirtioNetHeader.check`) isn't impaired: the switch drops it, for its own reason.
    @inline(never)
    mutating func impairIncoming(_ header: UnsafeMutableRawPointer, _ length: Int, port: UInt16) -> Bool {
        let index = ImpairmentTable.index(port: port, isOut: false)
        guard length >= Ethernet.headerLength, length <= Ethernet.maximumLength,
            impairments.direction(index) != nil,
            !VirtioNetHeader.check(header, frame: header + VirtioNetHeader.length, length: length).isDrop
        else { return false }
        let frame = OutgoingFrame(
            port: port, bytes: header, count: VirtioNetHeader.length &+ length,
            isSuperframe: VirtioNetHeader.isSuperframe(header))
        return impair(frame, index)
    }

    /// Takes a frame that is to leave by an impaired port. False: it goes out as it is.
    @inline(never)
    mutating func impairOutgoing(_ frame: OutgoingFrame) -> Bool {
        let index = ImpairmentTable.index(port: frame.port, isOut: true)
        guard impairments.direction(index) != nil,
            frame.headCount &+ frame.restCount >= VirtioNetHeader.length &+ Ethernet.headerLength,
            frame.headCount &+ frame.restCount <= SlotMemory.capacity
        else { return false }
        guard frame.isSuperframe, frame.restCount > 0 else { return impair(frame, index) }
        // To be cut it must lie in one piece.
        let whole = impairments.whole
        whole.copyMemory(from: frame.head, byteCount: frame.headCount)
        (whole + frame.headCount).copyMemory(from: frame.rest, byteCount: frame.restCount)
        return impair(
            OutgoingFrame(
                port: frame.port, bytes: whole, count: frame.headCount &+ frame.restCount, isSuperframe: true), index)
    }

    /// Takes a frame in many pieces that is to leave by an impaired port. False: it goes out as it is.
    @inline(never)
    mutating func impairOutgoing(_ message: OutgoingMessage) -> Bool {
        let index = ImpairmentTable.index(port: message.port, isOut: true)
        guard impairments.direction(index) != nil, let vectors = message.message.pointee.msg_iov else { return false }
        let whole = impairments.whole
        var count = 0
        for position in 0..<message.message.pointee.msg_iovlen {
            guard let base = vectors[position].iov_base else { continue }
            let length = vectors[position].iov_len
            guard count &+ length <= SlotMemory.capacity else { return false }
            (whole + count).copyMemory(from: base, byteCount: length)
            count &+= length
        }
        guard count >= VirtioNetHeader.length &+ Ethernet.headerLength else { return false }
        return impair(
            OutgoingFrame(port: message.port, bytes: whole, count: count, isSuperframe: message.isSuperframe), index)
    }

    /// Decides about a frame, or about each packet of a super-frame, which lies in one piece. False: it goes on as it is.
    private mutating func impair(_ frame: OutgoingFrame, _ index: Int) -> Bool {
        guard let direction = impairments.direction(index) else { return false }
        if direction.pointee.isEnding { return follow(frame, direction, index) }
        if frame.isSuperframe,
            let cutter = SegmentCutter(
                header: frame.head, frame: frame.head + VirtioNetHeader.length,
                length: frame.headCount &- VirtioNetHeader.length)
        {
            return impair(frame, cutter, index)
        }
        let length = frame.headCount &+ frame.restCount &- VirtioNetHeader.length
        let link = direction.pointee.state.link
        let fate = direction.pointee.state.next(length: length, now: clock, normal: impairments.normal)
        if fate.isPlain, fate.passage.due <= clock, !isBehind { return false }
        suffer(frame, fate, link, index)
        return true
    }

    /// A frame that comes when its impairment has ended: it goes on as it is, behind what is still held.
    private mutating func follow(
        _ frame: OutgoingFrame, _ direction: UnsafeMutablePointer<ImpairedDirection>, _ index: Int
    ) -> Bool {
        guard direction.pointee.held > 0 else { return false }
        let length = frame.headCount &+ frame.restCount &- VirtioNetHeader.length
        var passage = PacketFate.Passage()
        passage.due = impairments.follow(direction, length: length, now: clock)
        passage.departure = passage.due
        if !hold(frame, passage, index) { lose(frame, index, .impairmentQueue, .impairmentQueueOut) }
        return true
    }

    /// A super-frame. Where all of its packets have the same fate it stays whole.
    private mutating func impair(_ frame: OutgoingFrame, _ cutter: SegmentCutter, _ index: Int) -> Bool {
        guard let direction = impairments.direction(index) else { return false }
        if direction.pointee.state.isUniform {
            var trial = direction.pointee.state
            if let due = commonDue(&trial, cutter) {
                if due <= clock, !isBehind {
                    direction.pointee.state = trial
                    return false
                }
                var passage = PacketFate.Passage()
                passage.departure = clock
                passage.due = due
                if hold(frame, passage, index) {
                    direction.pointee.state = trial
                    return true
                }
            }
        }
        // Each packet goes its own way, with a plain header: its checksums are finished.
        let head = impairments.head(index)
        head.storeNative64(0, at: 0)
        head.storeNative16(0, at: 8)
        var number = 0
        while number < cutter.count {
            let payload = cutter.payloadCount(number)
            let link = direction.pointee.state.link
            let fate = direction.pointee.state.next(
                length: cutter.headerLength &+ payload, now: clock, normal: impairments.normal)
            if case .none = fate.loss { cutter.writeHead(number, into: head + VirtioNetHeader.length) }
            suffer(
                OutgoingFrame(
                    port: frame.port, head: head, headCount: VirtioNetHeader.length &+ cutter.headerLength,
                    rest: frame.head + (VirtioNetHeader.length &+ cutter.payloadOffset(number)), restCount: payload,
                    isSuperframe: false), fate, link, index)
            number &+= 1
        }
        return true
    }

    /// When all packets of a super-frame go on, if it is at one time and nothing else happens to any of them.
    @inline(__always)
    private func commonDue(_ state: inout ImpairmentState, _ cutter: SegmentCutter) -> Int64? {
        var due: Int64 = 0
        var number = 0
        while number < cutter.count {
            let fate = state.next(
                length: cutter.headerLength &+ cutter.payloadCount(number), now: clock, normal: impairments.normal)
            guard fate.isPlain, number == 0 || fate.passage.due == due else { return nil }
            due = fate.passage.due
            number &+= 1
        }
        return due
    }

    /// What was decided happens. `link`: as it was before.
    private mutating func suffer(_ frame: OutgoingFrame, _ fate: PacketFate, _ link: ImpairmentLink, _ index: Int) {
        switch fate.loss {
        case .none: break
        case .chance: return lose(frame, index, .impairmentLoss, .impairmentLossOut)
        case .queue: return lose(frame, index, .impairmentQueue, .impairmentQueueOut)
        }
        guard hold(frame, fate.passage, index) else {
            // As if it had never come.
            impairments.direction(index)?.pointee.state.link = link
            return lose(frame, index, .impairmentQueue, .impairmentQueueOut)
        }
        // A copy without room isn't made.
        if fate.isDuplicated { _ = hold(frame, fate.copy, index) }
    }

    /// Copies a packet to a place of its own, where it waits until it is due. False: there is none.
    private mutating func hold(_ frame: OutgoingFrame, _ passage: PacketFate.Passage, _ index: Int) -> Bool {
        guard let direction = impairments.direction(index) else { return false }
        let count = frame.headCount &+ frame.restCount
        let isLong = count > direction.pointee.packets.longest
        guard count <= direction.pointee.long.longest else { return false }
        var place = isLong ? direction.pointee.long.take() : direction.pointee.packets.take()
        let hasSpent = isLong ? direction.pointee.long.hasSpent : direction.pointee.packets.hasSpent
        if place == PacketPlaces.none, hasSpent {
            settle()
            place = isLong ? direction.pointee.long.take() : direction.pointee.packets.take()
        }
        guard place != PacketPlaces.none else { return false }
        let header = isLong ? direction.pointee.long.header(place) : direction.pointee.packets.header(place)
        header.copyMemory(from: frame.head, byteCount: frame.headCount)
        if frame.restCount > 0 { (header + frame.headCount).copyMemory(from: frame.rest, byteCount: frame.restCount) }
        let length = count &- VirtioNetHeader.length
        if passage.isCorrupted { BitError.strike(header, length: length, random: passage.bit) }
        let entry = ReleaseQueue.Entry(
            due: passage.due, departure: passage.departure, length: UInt32(truncatingIfNeeded: length), place: place,
            direction: UInt16(truncatingIfNeeded: index), isLong: isLong, isSuperframe: frame.isSuperframe)
        if passage.due <= clock, !isBehind {
            release(entry)
            return true
        }
        // Invariant: the queue has room for as many as there are places.
        guard impairments.push(entry) else {
            impairments.spend(place, isLong: isLong, of: index)
            return false
        }
        return true
    }

    /// A packet goes nowhere.
    private mutating func lose(
        _ frame: OutgoingFrame, _ index: Int, _ incoming: DropReason, _ outgoing: DropReason
    ) {
        let numbers = tables.numbers(of: frame.port)
        if ImpairmentTable.isOut(index) {
            if impairments.captured != 0 { captures.fail(impairments.captured, outgoing) }
            return count(drop: outgoing, numbers)
        }
        countReceived(
            numbers, length: frame.headCount &+ frame.restCount &- VirtioNetHeader.length,
            isSuperframe: frame.isSuperframe)
        count(drop: incoming, numbers)
    }

    /// Packets that are due were left for the next round: nothing may overtake them.
    private var isBehind: Bool {
        @inline(__always) get {
            guard let due = impairments.queue.nextDue else { return false }
            return due <= clock
        }
    }

    /// How many packets go on in one round: ports that aren't impaired have their turn in between.
    private static var releasesInRound: Int { 1_024 }

    /// Lets the packets go on that are due; more than go in one round follow in the next, at once.
    mutating func releaseDue() {
        var left = Self.releasesInRound
        while left > 0, let entry = impairments.pop(until: clock) {
            left &-= 1
            framesInBatch &+= 1
            bytesInBatch &+= Int(entry.length)
            release(entry)
        }
        // What lies in a place is free when the batch is sent, without being held.
        tunnels.isHolding = false
    }

    /// A packet goes on: into the switch, or out.
    @inline(__always)
    mutating func release(_ entry: ReleaseQueue.Entry) {
        let index = Int(entry.direction)
        guard let direction = impairments.direction(index) else { return }
        let header =
            entry.isLong ? direction.pointee.long.header(entry.place) : direction.pointee.packets.header(entry.place)
        let port = ImpairmentTable.port(index)
        let length = Int(entry.length)
        if ImpairmentTable.isOut(index) {
            put(
                OutgoingFrame(
                    port: port, bytes: header, count: VirtioNetHeader.length &+ length,
                    isSuperframe: entry.isSuperframe))
        } else {
            enter(header: header, length: length, port: port)
        }
        impairments.spend(entry.place, isLong: entry.isLong, of: index)
    }

    /// All that was given out is sent, so that its places are free. Safe while a frame is being handled: `SendMemory`
    /// isn't touched.
    mutating func settle() {
        dispatchTrains()
        io.submit()
        impairments.reclaim()
    }
}
