import Glibc

/// A frame that is ready for a tunnel.
struct TunnelFrame {
    /// From the destination address on.
    var frame: UnsafeMutableRawPointer
    var length: Int
    /// Of the inner flow.
    var hash: UInt32
    /// The outer ECN bits.
    var congestion: UInt8
    /// Others send the same memory: nothing in front of the frame may be written.
    var isShared: Bool
    /// How a super-frame is cut; nil: it isn't one.
    var cutter: SegmentCutter?
    /// How it leaves whole; nil: it can't.
    var whole: SuperDatagram?

    @_noAllocation @_noLocks @inline(__always)
    init(
        frame: UnsafeMutableRawPointer, length: Int, congestion: UInt8, isShared: Bool, cutter: SegmentCutter?,
        whole: SuperDatagram?
    ) {
        self.whole = whole
        self.frame = frame
        self.length = length
        self.congestion = congestion
        self.isShared = isShared
        self.cutter = cutter
        hash = FlowHash.of(frame, length: length)
    }
}

extension Worker where IO: ~Copyable {
    /// Sends a frame of an overlay to one VTEP.
    mutating func tunnel(_ header: UnsafeMutableRawPointer, _ length: Int, from ingress: UInt16, _ verdict: Verdict) {
        makeRoom()
        let isReady = prepare(header, length, from: ingress, verdict, isShared: false)
        guard let frame = isReady else { return }
        if captures.wantsTunnels { recordTunnelled(frame, domain: verdict.domain, to: verdict.port) }
        transmit(frame, domain: verdict.domain, to: verdict.port)
    }

    /// Sends a frame of an overlay to all peers: head-end replication.
    mutating func replicate(
        _ header: UnsafeMutableRawPointer, _ length: Int, from ingress: UInt16, _ verdict: Verdict
    ) {
        let count = forwarding.floodPeers(verdict.domain).count
        guard count > 0 else { return }
        makeRoom()
        guard let frame = prepare(header, length, from: ingress, verdict, isShared: true) else { return }
        for position in 0..<count {
            makeRoom()
            let peers = forwarding.floodPeers(verdict.domain)
            guard position < peers.count else { return }
            if captures.wantsTunnels {
                recordTunnelled(frame, domain: verdict.domain, to: peers[unchecked: position])
            }
            transmit(frame, domain: verdict.domain, to: peers[unchecked: position])
        }
    }

    /// What is done once however many VTEPs get the frame: tag, MTU, checksum. nil: it was dropped and counted.
    private mutating func prepare(
        _ header: UnsafeMutableRawPointer, _ length: Int, from ingress: UInt16, _ verdict: Verdict, isShared: Bool
    ) -> TunnelFrame? {
        let overlay = forwarding.overlay(verdict.domain).pointee
        let numbers = tables.numbers(overlay: verdict.domain)
        guard canTunnel(overlay) else {
            count(drop: .noTunnel, numbers)
            if captures.wantsTunnels { recordUntunnelled(header, length, domain: verdict.domain, .noTunnel) }
            return nil
        }
        let came = (header: header, length: length)
        var header = header
        var length = length
        var isShared = isShared
        let action = forwarding.egressToTunnel(from: ingress, verdict: verdict)
        switch action.kind {
        case .passUnchanged, .skip, .drop, .popTag: break
        case .pushTag, .setTag:
            guard let copied = copyTagged(header, length, action) else {
                count(drop: .egressRejected, numbers)
                return nil
            }
            header = copied.header
            length = copied.length
            isShared = false
        }
        let frame = header + VirtioNetHeader.length
        let cutter: SegmentCutter?
        switch TunnelFit(header, length, overlay) {
        case .fits(let found): cutter = found
        case .uncuttable:
            count(drop: .egressRejected, numbers)
            return nil
        case .tooLong(let mtu):
            count(drop: .exceedsTunnelMTU, numbers)
            if captures.wantsTunnels { recordUntunnelled(header, length, domain: verdict.domain, .exceedsTunnelMTU) }
            // As it came: the tag of a copy is none that its sender knows.
            refuse(came.header, came.length, from: ingress, overlay, mtu: mtu)
            return nil
        }
        if case .none = cutter { finishChecksum(header, frame, length) }
        return TunnelFrame(
            frame: frame, length: length, congestion: CongestionMark.encapsulated(frame, length: length),
            isShared: isShared, cutter: cutter,
            whole: cutter.flatMap { SuperDatagram(header: header, cutter: $0, length: length) })
    }

    /// Whether a domain's frames can be sent by its tunnel at all.
    @inline(__always)
    func canTunnel(_ overlay: Overlay) -> Bool {
        overlay.isPresent && forwarding.tunnel(overlay.tunnel).pointee.senderCount > 0
    }

    /// Finishes a partial checksum, for good: ways out that get the same memory afterwards need none.
    @inline(__always)
    func finishChecksum(_ header: UnsafeMutableRawPointer, _ frame: UnsafeMutableRawPointer, _ length: Int) {
        let fields = UnsafeRawPointer(header)
        guard fields.byte(at: 0) & VirtioNetHeader.needsChecksum != 0 else { return }
        _ = Checksum.complete(frame, length: length, start: fields.native16(at: 6), offset: fields.native16(at: 8))
        header.storeNative64(0, at: 0)
        header.storeNative16(0, at: 8)
    }

    /// A copy of a frame with another tag: others may be sending the frame as it is.
    private mutating func copyTagged(
        _ header: UnsafeMutableRawPointer, _ length: Int, _ action: EgressAction
    ) -> (header: UnsafeMutableRawPointer, length: Int)? {
        if tunnels.isCopyInUse { drain() }
        let target = tunnels.copy + SlotMemory.headroom
        guard let copied = writeTagged(header, length, action, into: target) else { return nil }
        tunnels.isCopyInUse = true
        return (target, copied)
    }

    /// Writes a frame with another tag, behind its virtio_net_hdr, to `SlotMemory.capacity` bytes; how long it is there. nil: it
    /// can't have one.
    @inline(__always)
    func writeTagged(
        _ header: UnsafeRawPointer, _ length: Int, _ action: EgressAction, into target: UnsafeMutableRawPointer
    ) -> Int? {
        let rewrite = TagRewrite.write(action, header: header, length: length, into: target)
        let rest = length &- rewrite.skip
        guard rewrite.count > 0, rest >= 0, rewrite.count &+ rest <= SlotMemory.capacity else { return nil }
        (target + rewrite.count).copyMemory(
            from: header + (VirtioNetHeader.length &+ rewrite.skip), byteCount: rest)
        return rewrite.count &+ rest &- VirtioNetHeader.length
    }

    /// Puts a frame, or the segments of one, into the train of its flow.
    private mutating func transmit(_ frame: TunnelFrame, domain: UInt16, to vtep: UInt16) {
        let overlay = forwarding.overlay(domain)
        let vni = overlay.pointee.vni
        let id = overlay.pointee.tunnel
        let key = Train.Key(tunnel: id, vtep: vtep, domain: domain, congestion: frame.congestion)
        let place = TunnelState.place(frame.hash, senders: forwarding.tunnel(id).pointee.senderCount)
        tunnels.isHolding = true
        var isCounted = false
        guard let cutter = frame.cutter else {
            var head = UnsafeMutableRawPointer(frame.frame) - VXLANView.length
            var headCount = VXLANView.length &+ frame.length
            if frame.isShared {
                guard let own = tunnels.memory.take(VXLANView.length) else { return lose(frame, domain) }
                head = own
                headCount = VXLANView.length
            }
            VXLANView.write(vni: vni, into: head)
            let restCount = frame.isShared ? frame.length : 0
            append(place, key, head, headCount, frame.frame, restCount, frame, &isCounted)
            return
        }
        if sendWhole(frame, key, place) { return }
        let headCount = VXLANView.length &+ cutter.headerLength
        for index in 0..<cutter.count {
            guard let head = tunnels.memory.take(headCount) else { return lose(frame, domain) }
            VXLANView.write(vni: vni, into: head)
            cutter.writeHead(index, into: head + VXLANView.length)
            append(
                place, key, head, headCount, frame.frame + cutter.payloadOffset(index), cutter.payloadCount(index),
                frame, &isCounted)
        }
    }

    /// Not reached: `makeRoom` has seen to it that there is memory. What is half sent is the receiver's TCP's trouble.
    private func lose(_ frame: TunnelFrame, _ domain: UInt16) {
        count(drop: .egressFull, tables.numbers(overlay: domain))
    }

    @inline(__always)
    private mutating func append(
        _ place: Int, _ key: Train.Key, _ head: UnsafeRawPointer, _ headCount: Int, _ rest: UnsafeRawPointer,
        _ restCount: Int, _ frame: TunnelFrame, _ isCounted: inout Bool
    ) {
        let bytes = headCount &+ restCount
        let bit = UInt32(1) &<< UInt32(truncatingIfNeeded: place)
        if tunnels.open & bit == 0 || !tunnels.trains[place].takes(key, count: bytes) {
            dispatch(place)
            let longest = forwarding.tunnel(key.tunnel).pointee.isPlain ? 1 : Train.longest
            guard let block = tunnels.memory.take(Train.blockBytes(longest: longest)) else {
                return lose(frame, key.domain)
            }
            tunnels.trains[place] = Train(block: block, key: key, segmentBytes: bytes, longest: longest)
            tunnels.open |= bit
        }
        tunnels.trains[place].append(head, headCount, rest, restCount)
        if isCounted { return }
        isCounted = true
        tunnels.trains[place].frames &+= 1
        tunnels.trains[place].frameBytes &+= UInt32(truncatingIfNeeded: frame.length)
        if case .some = frame.cutter { tunnels.trains[place].superframes &+= 1 }
    }

    /// Sends a train, if there is one in its place, and counts it as sent: what fails is taken back.
    mutating func dispatch(_ place: Int) {
        let bit = UInt32(1) &<< UInt32(truncatingIfNeeded: place)
        guard tunnels.open & bit != 0 else { return }
        tunnels.open &= ~bit
        let train = tunnels.trains[place]
        let tunnel = forwarding.tunnel(train.key.tunnel)
        let numbers = tables.numbers(overlay: train.key.domain)
        let address = forwarding.vteps.address(train.key.vtep)
        // A tunnel that was changed meanwhile may have fewer.
        let sender = TunnelState.place(UInt32(truncatingIfNeeded: place), senders: tunnel.pointee.senderCount)
        let port = tunnel.pointee.senders[sender]
        guard isWay(tunnel, by: port, to: address),
            let message = train.finish(
                family: tunnel.pointee.family, udpPort: tunnel.pointee.udpPort, address: address)
        else {
            numbers[CounterIndex.drops &+ Int(DropReason.noTunnel.rawValue)] &+= UInt64(train.frames)
            return
        }
        let outgoing = OutgoingMessage(
            port: port, message: message, length: tunnels.record(TrainRecord(train)), isSuperframe: false)
        guard io.send(outgoing) else {
            numbers[CounterIndex.drops &+ Int(DropReason.egressFull.rawValue)] &+= UInt64(train.frames)
            return
        }
        numbers[CounterIndex.sentFrames] &+= UInt64(train.frames)
        numbers[CounterIndex.sentBytes] &+= UInt64(train.frameBytes)
        numbers[CounterIndex.sentSuperframes] &+= UInt64(train.superframes)
    }

    /// Whether a tunnel reaches a VTEP by one of its senders.
    @inline(__always)
    func isWay(
        _ tunnel: UnsafeMutablePointer<Tunnel>, by sender: UInt16, to address: (high: UInt64, low: UInt64)
    ) -> Bool {
        isSender(sender) && tunnel.pointee.senderCount > 0 && address.high | address.low != 0
            && tunnel.pointee.reaches(address)
    }

    /// Whether a port sends datagrams. One that did may be gone, and its number a TAP's by now.
    @inline(__always)
    func isSender(_ port: UInt16) -> Bool {
        let index = Int(port) & (SharedTables.maximumPorts &- 1)
        return states[index].isSender && isPresent(index)
    }

    /// Sends all trains that have something in them.
    mutating func dispatchTrains() {
        while tunnels.open != 0 {
            dispatch(tunnels.open.trailingZeroBitCount)
        }
    }

    /// A train did not go out.
    func trainFailed(record number: Int, error: Int32) {
        let record = tunnels.record(number)
        let numbers = tables.numbers(overlay: record.domain)
        numbers[CounterIndex.sentFrames] &-= UInt64(record.frames)
        numbers[CounterIndex.sentBytes] &-= UInt64(record.frameBytes)
        numbers[CounterIndex.sentSuperframes] &-= UInt64(record.superframes)
        var reason = TrainFailure.reason(error, isTrain: record.isTrain, tellsLength: tunnels.kernelTellsLength)
        switch reason {
        case .egressFull: break
        // The kernel doesn't take what it said it would, or the device is down or gone: what comes is cut until the
        // daemon has seen to it.
        case _ where record.isWhole:
            reason = .egressRejected
            forwarding.tunnel(record.tunnel).pointee.device = 0
        default:
            if error == EIO { forwarding.tunnel(record.tunnel).pointee.isPlain = true }
        }
        numbers[CounterIndex.drops &+ Int(reason.rawValue)] &+= UInt64(record.frames)
    }

    /// Sees to it that the next frame has memory, whatever it is.
    @inline(__always)
    mutating func makeRoom() {
        if tunnels.memory.room < TunnelState.mostOfOneFrame { drain() }
    }

    /// Sends everything that is being filled or put together, so that memory is free again.
    mutating func drain() {
        // What is sent on now isn't the frame that is being handled.
        let isBetween = captures.suspend()
        defer { if isBetween { captures.resume() } }
        flushRun()
        dispatchTrains()
        io.submit()
        tunnels.memory.reset()
        tunnels.isCopyInUse = false
    }

    /// Ends a batch: everything goes out, and the slots it lay in are given back.
    @inline(__always)
    mutating func finishTunnels() {
        flushRun()
        if tunnels.open != 0 { dispatchTrains() }
        while let slot = tunnels.nextHeld() { io.release(slot: slot) }
    }

    /// Tells the sender of a frame that is too large for the tunnel, by the port that it came by.
    private mutating func refuse(
        _ header: UnsafeMutableRawPointer, _ length: Int, from ingress: UInt16, _ overlay: Overlay, mtu: Int
    ) {
        guard ingress != 0, tunnels.mayAnswer(now: now) else { return }
        guard let answer = tunnels.memory.take(VirtioNetHeader.length &+ TooBigMessage.maximumLength) else { return }
        let count = TooBigMessage.write(
            for: header + VirtioNetHeader.length, length: length, mtu: mtu, router: overlay.router,
            into: answer + VirtioNetHeader.length)
        self.answer(answer, count, by: ingress)
    }

    /// Answers a question for a neighbour that is known. False: it isn't one.
    mutating func answerNeighbour(
        _ header: UnsafeMutableRawPointer, _ length: Int, from ingress: UInt16, domain: UInt16
    ) -> Bool {
        guard let (question, mac) = neighbourQuestion(header, length, domain: domain) else { return false }
        makeRoom()
        guard let answer = tunnels.memory.take(VirtioNetHeader.length &+ NeighbourQuestion.maximumLength) else {
            return false
        }
        let isRouter = mac == forwarding.overlay(domain).pointee.router.mac
        let count = question.writeAnswer(mac: mac, isRouter: isRouter, into: answer + VirtioNetHeader.length)
        self.answer(answer, count, by: ingress)
        return true
    }

    /// The question for a neighbour that a frame is, and the MAC address to answer; nil: it isn't one that can be answered.
    @inline(__always)
    func neighbourQuestion(
        _ header: UnsafeRawPointer, _ length: Int, domain: UInt16
    ) -> (question: NeighbourQuestion, mac: UInt64)? {
        guard forwarding.overlay(domain).pointee.answersNeighbours,
            let question = NeighbourQuestion(header + VirtioNetHeader.length, length: length)
        else { return nil }
        let mac = forwarding.neighbours.mac(domain: domain, high: question.targetHigh, low: question.targetLow)
        return mac == 0 ? nil : (question, mac)
    }

    /// Sends a frame of our own, which has room for a virtio_net_hdr in front, back to where another came from.
    mutating func answer(_ header: UnsafeMutableRawPointer, _ count: Int, by port: UInt16) {
        guard count > 0 else { return }
        header.storeNative64(0, at: 0)
        header.storeNative16(0, at: 8)
        queue(OutgoingFrame(port: port, bytes: header, count: VirtioNetHeader.length &+ count, isSuperframe: false))
    }
}
