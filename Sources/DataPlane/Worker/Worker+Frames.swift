import Glibc

extension Worker where IO: ~Copyable {
    /// Handles every completion there is. True: somebody called the waker.
    mutating func handleCompletions() -> Bool {
        var isWoken = false
        var completion = Completion(header: io.placeholder)
        while io.next(&completion) {
            let index = Int(completion.port) & (SharedTables.maximumPorts &- 1)
            switch completion.kind {
            case .frame:
                receive(completion, index)
                if tunnels.isHolding {
                    tunnels.isHolding = false
                    tunnels.hold(completion.slot)
                } else {
                    io.release(slot: completion.slot)
                }
                if completion.isFinal {
                    // A receive that has brought a frame ends with it only for want of room for completions.
                    overflowCount &+= 1
                    receiveEnded(port: completion.port, error: 0)
                }
            case .receiveEnded:
                receiveEnded(port: completion.port, error: completion.error)
            case .sendFailed:
                sendFailed(completion)
            case .wake:
                isWoken = true
            }
        }
        finishTunnels()
        return isWoken
    }

    @inline(__always)
    private mutating func receive(_ completion: Completion, _ index: Int) {
        framesInBatch &+= 1
        bytesInBatch &+= completion.length
        if states[index].batch != batch {
            states[index].batch = batch
            states[index].framesInBatch = 0
        }
        states[index].framesInBatch &+= 1
        // A frame that was read while its port was being removed belongs to nobody any more.
        guard isPresent(index) else { return }
        states[index].failures = 0
        if states[index].isTunnel {
            receiveDatagrams(completion)
            return
        }
        if completion.isTruncated {
            if states[index].attention & PortState.capturedIn != 0 {
                recordTruncated(completion.header, completion.length, port: completion.port)
            }
            let numbers = tables.numbers(of: completion.port)
            countReceived(numbers, length: completion.length, isSuperframe: false)
            count(drop: .truncated, numbers)
            return
        }
        if states[index].isUplink {
            if states[index].attention & PortState.capturedIn != 0 {
                return routeCaptured(completion.header, completion.length, port: completion.port)
            }
            routeIncoming(header: completion.header, length: completion.length, port: completion.port)
            return
        }
        if states[index].attention != 0, attendIncoming(completion.header, completion.length, port: completion.port) {
            return
        }
        handle(header: completion.header, length: completion.length, port: completion.port)
    }

    /// A frame's way: verdict, then out by one port or by many.
    ///
    /// - Parameters:
    ///   - header: the virtio_net_hdr, with the frame right behind it; stays valid until `io.wait`.
    ///   - length: of the frame; below zero if not even the header was whole.
    @inline(__always)
    mutating func handle(header: UnsafeMutableRawPointer, length: Int, port: UInt16) {
        let verdict = judge(header: header, length: length, port: port)
        carryOut(verdict, header: header, length: length, port: port)
    }

    /// The first half of `handle`: what shall happen.
    @inline(__always)
    mutating func judge(header: UnsafeMutableRawPointer, length: Int, port: UInt16) -> Verdict {
        let verdict = forwarding.verdict(ingress: port, header: header, length: max(length, 0), now: now)
        countReceived(tables.numbers(of: port), length: max(length, 0), isSuperframe: verdict.isSuperframe)
        return verdict
    }

    /// The second half: it happens. True: it was a question, which was answered.
    @inline(__always) @discardableResult
    mutating func carryOut(
        _ verdict: Verdict, header: UnsafeMutableRawPointer, length: Int, port: UInt16
    ) -> Bool {
        let numbers = tables.numbers(of: port)
        switch verdict.kind {
        case .drop:
            // A question that can be flooded to nobody may have an answer all the same.
            if case .noOtherPort = verdict.reason,
                answerNeighbour(header, length, from: port, domain: verdict.domain)
            {
                numbers[CounterIndex.consumed] &+= 1
                return true
            }
            count(drop: verdict.reason, numbers)
        case .forward:
            numbers[CounterIndex.forwarded] &+= 1
            send(header, length, to: verdict.port, from: port, verdict)
        case .flood:
            if forwarding.overlay(verdict.domain).pointee.isPresent {
                if answerNeighbour(header, length, from: port, domain: verdict.domain) {
                    numbers[CounterIndex.consumed] &+= 1
                    return true
                }
                // First, since it may finish the frame's checksum.
                replicate(header, length, from: port, verdict)
            }
            numbers[CounterIndex.flooded] &+= 1
            flood(header, length, from: port, verdict)
        case .tunnel:
            numbers[CounterIndex.forwarded] &+= 1
            tunnel(header, length, from: port, verdict)
        case .route:
            numbers[CounterIndex.forwarded] &+= 1
            routeOutgoing(header, length, from: port, verdict)
        }
        return false
    }

    private mutating func flood(
        _ header: UnsafeMutableRawPointer, _ length: Int, from ingress: UInt16, _ verdict: Verdict
    ) {
        let members = forwarding.floodMembers(verdict.domain)
        for position in 0..<members.count where members[position] != ingress {
            send(header, length, to: members[position], from: ingress, verdict)
        }
    }

    /// Sends a frame by a port of a domain, if it may have it.
    @inline(__always)
    mutating func send(
        _ header: UnsafeMutableRawPointer, _ length: Int, to port: UInt16, from ingress: UInt16, _ verdict: Verdict
    ) {
        let action = forwarding.egress(to: port, from: ingress, verdict: verdict, length: length)
        switch action.kind {
        case .passUnchanged:
            let bytes = VirtioNetHeader.length &+ length
            queue(
                OutgoingFrame(port: port, bytes: header, count: bytes, isSuperframe: verdict.isSuperframe))
        case .skip:
            break
        case .drop:
            if states[Int(port) & (SharedTables.maximumPorts &- 1)].attention & PortState.capturedOut != 0 {
                recordRefused(header, header + VirtioNetHeader.length, length, by: port, action.reason)
            }
            count(drop: action.reason, tables.numbers(of: port))
        case .pushTag, .popTag, .setTag:
            sendRewritten(header, length, to: port, action, isSuperframe: verdict.isSuperframe)
        }
    }

    private mutating func sendRewritten(
        _ header: UnsafeMutableRawPointer, _ length: Int, to port: UInt16, _ action: EgressAction, isSuperframe: Bool
    ) {
        // `scratch` is free again after `send`, which copies the head.
        let rewrite = TagRewrite.write(action, header: header, length: length, into: scratch)
        queue(
            OutgoingFrame(
                port: port, head: scratch, headCount: rewrite.count,
                rest: header + (VirtioNetHeader.length &+ rewrite.skip), restCount: length &- rewrite.skip,
                isSuperframe: isSuperframe))
    }

    /// Sends a frame by a port, if what the port's frames get beside switching doesn't take it.
    @inline(__always)
    mutating func queue(_ frame: OutgoingFrame) {
        if states[Int(frame.port) & (SharedTables.maximumPorts &- 1)].attention != 0 { return attendOutgoing(frame) }
        put(frame)
    }

    /// Counts the frame as sent: what fails is taken back when the I/O tells. False: the I/O has no room for it.
    @inline(__always) @discardableResult
    mutating func put(_ frame: OutgoingFrame) -> Bool {
        let numbers = tables.numbers(of: frame.port)
        guard io.send(frame) else {
            count(drop: .egressFull, numbers)
            return false
        }
        let length = frame.headCount &+ frame.restCount &- VirtioNetHeader.length
        countSent(numbers, length: length, isSuperframe: frame.isSuperframe)
        return true
    }

    @inline(__always)
    func countSent(_ numbers: UnsafeMutablePointer<UInt64>, length: Int, isSuperframe: Bool) {
        numbers[CounterIndex.sentFrames] &+= 1
        numbers[CounterIndex.sentBytes] &+= UInt64(truncatingIfNeeded: length)
        if isSuperframe { numbers[CounterIndex.sentSuperframes] &+= 1 }
    }

    private mutating func sendFailed(_ completion: Completion) {
        let index = Int(completion.port) & (SharedTables.maximumPorts &- 1)
        // Epoll tells it when the port is gone already: whether it was a sender isn't known any more.
        if case .absent = states[index].life { return }
        if states[index].isSender {
            trainFailed(record: completion.length, error: completion.error)
            return
        }
        let numbers = tables.numbers(of: completion.port)
        numbers[CounterIndex.sentFrames] &-= 1
        numbers[CounterIndex.sentBytes] &-= UInt64(truncatingIfNeeded: completion.length)
        if completion.isSuperframe { numbers[CounterIndex.sentSuperframes] &-= 1 }
        let reason: DropReason =
            switch completion.error {
            case EAGAIN, ENOBUFS, ENOMEM: .egressFull
            case EIO, ENETDOWN, ENXIO, ENODEV: .egressDown
            case EBADF, EBADFD: .egressGone
            default: .egressRejected
            }
        count(drop: reason, numbers)
        if captures.count > 0 { captures.fail(port: completion.port, length: completion.length, reason) }
    }

    @inline(__always)
    func isPresent(_ index: Int) -> Bool {
        // A pattern: `==` of an enum is generic.
        if case .present = states[index].life { return true }
        return false
    }

    @inline(__always)
    func count(drop reason: DropReason, _ numbers: UnsafeMutablePointer<UInt64>) {
        numbers[CounterIndex.drops &+ Int(reason.rawValue)] &+= 1
    }

    @inline(__always)
    func countReceived(_ numbers: UnsafeMutablePointer<UInt64>, length: Int, isSuperframe: Bool) {
        numbers[CounterIndex.receivedFrames] &+= 1
        numbers[CounterIndex.receivedBytes] &+= UInt64(truncatingIfNeeded: length)
        if isSuperframe { numbers[CounterIndex.receivedSuperframes] &+= 1 }
    }
}
