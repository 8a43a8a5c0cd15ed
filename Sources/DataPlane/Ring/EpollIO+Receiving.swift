import Glibc

extension EpollIO {
    package var placeholder: UnsafeMutableRawPointer { @_noAllocation @_noLocks get { slots.base } }
    package var slotCount: Int { slots.count }
    package var load: IOLoad { @_noAllocation @_noLocks get { IOLoad(slots: slots.count, free: free.count) } }

    @_noAllocation @_noLocks
    package mutating func receive(port: UInt16) {
        let index = Int(port)
        guard index < Self.tableSize, let kind = ports[index].kind, !kind.onlySends, !ports[index].isReceiving else {
            return
        }
        ports[index].isReceiving = true
        ports[index].ending = 0
        // A descriptor that can't be watched is told as an end of receiving.
        if epollAdd(epoll, ports[index].descriptor, UInt64(index)) != 0 { end(index, error: EBADF) }
    }

    @_noAllocation @_noLocks @inline(__always)
    package mutating func release(slot: UInt16) {
        if batchCount == 0 {
            free.push(slot)
        } else if heldCount < slots.count {
            held[heldCount] = slot
            heldCount &+= 1
        }
    }

    @_noAllocation @_noLocks
    package mutating func wait(timeout: Int64, spin: Int64) {
        flush()
        while heldCount > 0 {
            heldCount &-= 1
            free.push(held[heldCount])
        }
        // Endings and failures are told without waiting.
        let isBusy = readyCount > 0 || failureCount > 0
        var count: Int32 = 0
        var rest = isBusy ? 0 : timeout
        if spin > 0, !isBusy {
            let end = monotonicNanoseconds() &+ spin
            repeat {
                count = epollWait(epoll, events, Int32(Self.eventCapacity), 0)
            } while count == 0
                && monotonicNanoseconds() < end
            rest = remaining(of: timeout, after: spin)
        }
        if count == 0 { count = epollWait(epoll, events, Int32(Self.eventCapacity), rest) }
        guard count > 0 else { return }
        for event in 0..<min(Int(count), Self.eventCapacity) {
            let data = eventData(events, Int32(truncatingIfNeeded: event))
            guard data < UInt64(Self.tableSize) else {
                wasWoken = true
                continue
            }
            let index = Int(data)
            guard ports[index].isAttached else { continue }
            ports[index].share = Self.shareOfRound
            if ports[index].isReceiving { makeReady(index) }
        }
    }

    @_noAllocation @_noLocks
    package mutating func next(_ completion: inout Completion) -> Bool {
        completion.isFinal = false
        if wasWoken {
            wasWoken = false
            var count: UInt64 = 0
            _ = readFrame(waker, &count, 8)
            completion.kind = .wake
            return true
        }
        if failureCount > 0 {
            failureCount &-= 1
            let failure = failures[failureCount]
            completion.kind = .sendFailed
            completion.port = failure.port
            completion.error = failure.error
            completion.length = Int(failure.length)
            completion.isSuperframe = failure.isSuperframe
            return true
        }
        while readyIndex < readyCount {
            let index = Int(ready[readyIndex])
            if serve(index, &completion) { return true }
            readyIndex &+= 1
        }
        endRound()
        return false
    }

    /// One completion of a port whose turn it is; false: its turn is over.
    @_noAllocation @_noLocks
    private mutating func serve(_ index: Int, _ completion: inout Completion) -> Bool {
        guard let kind = ports[index].kind, ports[index].isReceiving else { return false }
        if ports[index].ending != 0 { return finish(index, ports[index].ending, &completion) }
        guard ports[index].share > 0 else { return false }
        guard let slot = free.pop() else { return false }
        let buffer = slots.buffer(slot)
        var flags: Int32 = 0
        let result =
            kind.isPlain
            ? readFrame(ports[index].descriptor, buffer, SlotMemory.capacity)
            : receivePacket(
                ports[index].descriptor, buffer + AuxiliaryData.ringPrefix,
                SlotMemory.capacity &- AuxiliaryData.ringPrefix, buffer + 16, AuxiliaryData.controlBytes, &flags)
        guard result > 0 else {
            free.push(slot)
            ports[index].share = 0
            let error = Int32(truncatingIfNeeded: 0 &- result)
            if error == EAGAIN || error == EINTR { return false }
            // Nothing read and no error: neither port kind has an end, so that mustn't be tried in a hurry.
            return finish(index, error == 0 ? ENODATA : error, &completion)
        }
        ports[index].share &-= 1
        completion.kind = .frame
        completion.port = UInt16(truncatingIfNeeded: index)
        completion.slot = slot
        completion.error = 0
        completion.length = result &- VirtioNetHeader.length
        if kind.isPlain {
            completion.header = buffer
            completion.isTruncated = false
            if kind.isTunnel { completion.findNetwork(read: result) }
        } else {
            completion.header = buffer + AuxiliaryData.ringPrefix
            completion.isTruncated = UInt32(bitPattern: flags) & AuxiliaryData.truncated != 0
            AuxiliaryData.restoreTag(from: buffer + 16, &completion)
        }
        return true
    }

    @_noAllocation @_noLocks
    private mutating func finish(_ index: Int, _ error: Int32, _ completion: inout Completion) -> Bool {
        // Not watched while nobody receives: what can't be read would wake us for ever.
        _ = epollRemove(epoll, ports[index].descriptor)
        ports[index].isReceiving = false
        ports[index].ending = 0
        completion.kind = .receiveEnded
        completion.port = UInt16(truncatingIfNeeded: index)
        completion.error = error
        completion.isFinal = true
        return true
    }

    /// The next round's list starts empty: epoll is level-triggered and tells again of ports that have more.
    @_noAllocation @_noLocks
    private mutating func endRound() {
        for position in 0..<readyCount { ports[Int(ready[position])].isReady = false }
        readyCount = 0
        readyIndex = 0
    }
}
