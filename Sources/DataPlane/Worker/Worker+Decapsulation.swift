import Glibc

/// A frame that came out of a tunnel.
struct TunnelArrival {
    var vtep: UInt16
    var domain: UInt16
    /// Frames that arrived as this one: more than 1 if segments were put together.
    var frames: UInt64
    /// Bytes from the frame's first on that lie in one piece.
    var contiguous: Int
    /// What it leaves with if it lies in more pieces; without vectors: it doesn't.
    var run: RunMessage

    @_noAllocation @_noLocks @inline(__always)
    init(vtep: UInt16, domain: UInt16, frames: UInt64 = 1, contiguous: Int, run: RunMessage = RunMessage()) {
        self.vtep = vtep
        self.domain = domain
        self.frames = frames
        self.contiguous = contiguous
        self.run = run
    }
}

extension Worker where IO: ~Copyable {
    /// Takes apart what arrived by a tunnel's receiver: one datagram, or a train of them.
    mutating func receiveDatagrams(_ completion: Completion) {
        let numbers = tables.numbers(of: completion.port)
        let frame = completion.header + VirtioNetHeader.length
        let length = max(completion.length, 0)
        guard !completion.isTruncated,
            let outer = OuterDatagram(frame, length: length, networkOffset: completion.networkOffset),
            outer.hasRightHeader, var train = DatagramTrain(header: completion.header, outer: outer)
        else {
            countDatagram(numbers, length, completion.isTruncated ? .truncated : .outerMalformed)
            return
        }
        // NEEDS_CSUM: it never left this machine's memory. DATA_VALID: the kernel or the NIC has summed it up.
        let known = VirtioNetHeader.needsChecksum | VirtioNetHeader.dataValid
        if UnsafeRawPointer(completion.header).byte(at: 0) & known == 0, outer.hasChecksum, !outer.isChecksumRight() {
            countDatagram(numbers, length, .outerChecksum)
            return
        }
        let vtep = forwarding.vteps.number(high: outer.sourceHigh, low: outer.sourceLow)
        var piece = DatagramTrain.Piece()
        while train.next(&piece) {
            let bytes = piece.innerLength
            guard !piece.isTruncated,
                let vxlan = VXLANView(frame + piece.vxlanOffset, available: VXLANView.length), vxlan.hasVNI
            else {
                countDatagram(numbers, bytes, .vxlanHeader)
                continue
            }
            let domain = forwarding.networks.domain(tunnel: completion.port, vni: vxlan.vni)
            guard domain != 0 else {
                countDatagram(numbers, bytes, .unknownVNI)
                continue
            }
            countDatagram(numbers, bytes, .none)
            makeRoom()
            arrive(frame + piece.innerOffset, bytes, train, outer, domain: domain, vtep: vtep)
        }
    }

    /// A datagram is the tunnel's business until its network is known; then the tunnel has `consumed` it.
    @inline(__always)
    private func countDatagram(_ numbers: UnsafeMutablePointer<UInt64>, _ length: Int, _ reason: DropReason) {
        numbers[CounterIndex.receivedFrames] &+= 1
        numbers[CounterIndex.receivedBytes] &+= UInt64(truncatingIfNeeded: length)
        if reason.isDrop {
            count(drop: reason, numbers)
        } else {
            numbers[CounterIndex.consumed] &+= 1
        }
    }

    /// An inner frame whose network is known.
    @inline(__always)
    private mutating func arrive(
        _ frame: UnsafeMutableRawPointer, _ length: Int, _ train: DatagramTrain, _ outer: OuterDatagram,
        domain: UInt16, vtep known: UInt16
    ) {
        let numbers = tables.numbers(overlay: domain)
        numbers[CounterIndex.receivedFrames] &+= 1
        numbers[CounterIndex.receivedBytes] &+= UInt64(truncatingIfNeeded: length)
        let overlay = forwarding.overlay(domain)
        var vtep = known
        if known == 0 || !overlay.pointee.hasPeer(known) {
            guard overlay.pointee.acceptsAnyPeer else { return count(drop: .unknownVTEP, numbers) }
            if known == 0 { vtep = greet((outer.sourceHigh, outer.sourceLow)) }
            guard vtep != 0 else { return count(drop: .unknownVTEP, numbers) }
        }
        guard CongestionMark.decapsulate(outer: outer.congestion, frame: frame, length: length) else {
            return count(drop: .congestion, numbers)
        }
        var header = tunnels.plainHeader
        if train.hasInnerOffloads {
            numbers[CounterIndex.receivedSuperframes] &+= train.isInnerSuperframe ? 1 : 0
            // In front of the only frame of a datagram lie its VXLAN and UDP headers, which were read.
            header = frame - VirtioNetHeader.length
            train.writeInnerHeader(into: header)
        }
        // A checksum that is still to be finished is as good as a right one: all of the frame is as its sender made it.
        if !train.isInnerSuperframe, let segment = TCPSegment(frame, length: length),
            train.hasInnerOffloads ? train.leavesChecksum(of: segment) : segment.isChecksumRight()
        {
            join(segment, header, frame, length, domain: domain, vtep: vtep)
            return
        }
        flushRun()
        deliver(header, frame, length, TunnelArrival(vtep: vtep, domain: domain, contiguous: length))
    }

    /// The number of a VTEP that has none yet; 0: no room. It may be one that another VTEP had: what waits for that one
    /// gets its address before.
    private mutating func greet(_ address: (high: UInt64, low: UInt64)) -> UInt16 {
        if forwarding.vteps.isFull {
            flushRun()
            dispatchTrains()
        }
        return forwarding.internVTEP(address)
    }

    /// Adds a segment to the run, or begins another. `header`: what it has if it leaves alone.
    @inline(__always)
    private mutating func join(
        _ segment: TCPSegment, _ header: UnsafeMutableRawPointer, _ frame: UnsafeMutableRawPointer, _ length: Int,
        domain: UInt16, vtep: UInt16
    ) {
        tunnels.isHolding = true
        if var run = tunnels.run {
            if tunnels.runDomain == domain, tunnels.runVTEP == vtep, run.append(segment) {
                tunnels.runMessage.append(frame + segment.payloadOffset, segment.payloadLength)
                tunnels.run = run
                if run.isClosed { flushRun() }
                return
            }
            flushRun()
        }
        let run = SegmentRun(first: segment)
        guard !run.isClosed, let memory = tunnels.memory.take(RunMessage.bytes) else {
            deliver(header, frame, length, TunnelArrival(vtep: vtep, domain: domain, contiguous: length))
            return
        }
        tunnels.run = run
        tunnels.runHeader = header
        tunnels.runDomain = domain
        tunnels.runVTEP = vtep
        tunnels.runMessage = RunMessage(memory: memory)
    }

    /// Sends the run on as one frame.
    mutating func flushRun() {
        guard let run = tunnels.run else { return }
        tunnels.run = nil
        let frame = UnsafeMutableRawPointer(mutating: run.first.frame)
        let contiguous = run.first.payloadOffset &+ run.first.payloadLength
        guard run.count > 1, let header = tunnels.runMessage.header else {
            deliver(
                tunnels.runHeader, frame, contiguous,
                TunnelArrival(vtep: tunnels.runVTEP, domain: tunnels.runDomain, contiguous: contiguous))
            return
        }
        run.finish(header: header, frame: frame)
        deliver(
            header, frame, run.totalLength,
            TunnelArrival(
                vtep: tunnels.runVTEP, domain: tunnels.runDomain, frames: UInt64(truncatingIfNeeded: run.count),
                contiguous: contiguous, run: tunnels.runMessage))
    }

    /// The way of a frame that came out of a tunnel: verdict, then out by one port or by many.
    private mutating func deliver(
        _ header: UnsafeMutableRawPointer, _ frame: UnsafeMutableRawPointer, _ length: Int, _ arrival: TunnelArrival
    ) {
        let numbers = tables.numbers(overlay: arrival.domain)
        let isCaptured = captures.wantsTunnels && beginCapture(header, frame, length, arrival)
        defer { if isCaptured { captures.finish() } }
        let verdict = forwarding.verdict(
            vtep: arrival.vtep, domain: arrival.domain, header: header, frame: frame, length: length, now: now)
        if isCaptured { captures.note(verdict) }
        switch verdict.kind {
        case .drop:
            numbers[CounterIndex.drops &+ Int(verdict.reason.rawValue)] &+= arrival.frames
        case .forward:
            numbers[CounterIndex.forwarded] &+= arrival.frames
            hand(header, frame, length, arrival, to: verdict.port, verdict)
        case .route:
            // Who lives behind a tunnel has a router there: this one is reached, and leads nowhere.
            guard router?.pointee.isForHost(frame, length: min(length, arrival.contiguous)) ?? true else {
                numbers[CounterIndex.drops &+ Int(DropReason.noRoute.rawValue)] &+= arrival.frames
                if isCaptured { captures.note(drop: .noRoute) }
                return
            }
            numbers[CounterIndex.forwarded] &+= arrival.frames
            hand(header, frame, length, arrival, to: verdict.port, verdict.forwarded)
        case .flood:
            numbers[CounterIndex.flooded] &+= arrival.frames
            let members = forwarding.floodMembers(verdict.domain)
            for position in 0..<members.count {
                hand(header, frame, length, arrival, to: members[position], verdict)
            }
        case .tunnel:
            break
        }
    }

    /// Out by one port.
    @inline(__always)
    private mutating func hand(
        _ header: UnsafeMutableRawPointer, _ frame: UnsafeMutableRawPointer, _ length: Int, _ arrival: TunnelArrival,
        to port: UInt16, _ verdict: Verdict
    ) {
        // Port 0 is nobody's: not isolated, a trunk.
        let action = forwarding.egress(to: port, from: 0, verdict: verdict, length: length)
        switch action.kind {
        case .skip: break
        case .drop: count(drop: action.reason, tables.numbers(of: port))
        case .passUnchanged:
            sendPieces(
                header, VirtioNetHeader.length, frame, skip: 0, length, arrival, to: port,
                isSuperframe: verdict.isSuperframe)
        case .pushTag, .popTag, .setTag:
            handTagged(header, frame, length, arrival, to: port, action, isSuperframe: verdict.isSuperframe)
        }
    }

    private mutating func handTagged(
        _ header: UnsafeMutableRawPointer, _ frame: UnsafeMutableRawPointer, _ length: Int, _ arrival: TunnelArrival,
        to port: UInt16, _ action: EgressAction, isSuperframe: Bool
    ) {
        // A head in one piece, and the one that is made of it. Invariant: at least Ethernet header and tag are
        // contiguous, or the rewrite refuses.
        guard let whole = tunnels.memory.take(64), let head = tunnels.memory.take(TagRewrite.scratchLength) else {
            return count(drop: .egressFull, tables.numbers(of: port))
        }
        whole.copyMemory(from: header, byteCount: VirtioNetHeader.length)
        (whole + VirtioNetHeader.length).copyMemory(from: frame, byteCount: min(arrival.contiguous, 48))
        let rewrite = TagRewrite.write(action, header: whole, length: arrival.contiguous, into: head)
        guard rewrite.count > 0 else { return count(drop: .egressRejected, tables.numbers(of: port)) }
        let added = rewrite.count &- VirtioNetHeader.length &- rewrite.skip
        sendPieces(
            head, rewrite.count, frame, skip: rewrite.skip, length &+ added, arrival, to: port,
            isSuperframe: isSuperframe)
    }

    /// Sends `head`, the frame's contiguous part from `skip` on, and the rest. `length`: of the frame that leaves.
    @inline(__always)
    private mutating func sendPieces(
        _ head: UnsafeMutableRawPointer, _ headCount: Int, _ frame: UnsafeMutableRawPointer, skip: Int, _ length: Int,
        _ arrival: TunnelArrival, to port: UInt16, isSuperframe: Bool
    ) {
        let rest = frame + skip
        let restCount = arrival.contiguous &- skip
        guard arrival.run.vectorCount > 0 else {
            if head + headCount == rest {
                queue(
                    OutgoingFrame(port: port, bytes: head, count: headCount &+ restCount, isSuperframe: isSuperframe))
            } else {
                queue(
                    OutgoingFrame(
                        port: port, head: head, headCount: headCount, rest: rest, restCount: restCount,
                        isSuperframe: isSuperframe))
            }
            return
        }
        let numbers = tables.numbers(of: port)
        var run = arrival.run
        // The same for all ways out, unless it has a head of its own.
        if skip > 0 {
            guard let memory = tunnels.memory.take(RunMessage.bytes(vectors: run.vectorCount)) else {
                return count(drop: .egressFull, numbers)
            }
            run = run.copied(into: memory)
        }
        guard let message = run.finish(head: head, headCount, first: rest, restCount) else { return }
        let outgoing = OutgoingMessage(port: port, message: message, length: length, isSuperframe: isSuperframe)
        if states[Int(port) & (SharedTables.maximumPorts &- 1)].attention != 0, attendOutgoing(outgoing) { return }
        guard io.send(outgoing) else { return count(drop: .egressFull, numbers) }
        countSent(numbers, length: length, isSuperframe: isSuperframe)
    }
}
