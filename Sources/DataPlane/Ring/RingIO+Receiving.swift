import Glibc

extension RingIO {
    @_noAllocation @_noLocks
    package mutating func receive(port: UInt16) {
        let index = Int(port)
        guard index > 0, index < Self.tableSize, ports[index].isAttached else { return }
        if ports[index].isPending || ports[index].isReceiving { return }
        if let kind = ports[index].kind, kind.onlySends { return }
        // Invariant: a port is pending at most once, so the list never outgrows the table.
        pending[pendingCount] = port
        pendingCount &+= 1
        ports[index].isPending = true
    }

    @_noAllocation @_noLocks
    package mutating func cancel(port: UInt16) -> Bool {
        let index = Int(port)
        guard index > 0, index < Self.tableSize else { return false }
        if ports[index].isPending {
            var kept = 0
            for position in 0..<pendingCount where pending[position] != port {
                pending[kept] = pending[position]
                kept &+= 1
            }
            pendingCount = kept
            ports[index].isPending = false
        }
        guard ports[index].isReceiving else { return false }
        // No room even after submitting: the kernel is out of memory. The control side's time limit ends it.
        guard let (entry, _) = ring.nextEntry() else { return true }
        let data = UserData(Tag.receive, port: port, generation: ports[index].generation)
        entry.storeBytes(of: Opcode.asyncCancel, as: UInt8.self)
        entry.storeBytes(of: data.value, toByteOffset: 16, as: UInt64.self)
        entry.storeBytes(of: Tag.cancel << 56, toByteOffset: 32, as: UInt64.self)
        return true
    }

    @_noAllocation @_noLocks
    package mutating func wait(timeout: Int64, spin: Int64) {
        adaptWindow()
        provideSlots()
        armPending()
        guard spin > 0 else {
            ring.submitAndWait(timeout: timeout)
            return
        }
        ring.submitAndWait(timeout: 0)
        let end = monotonicNanoseconds() &+ spin
        while !ring.hasWork {
            guard monotonicNanoseconds() < end else {
                ring.submitAndWait(timeout: remaining(of: timeout, after: spin))
                return
            }
            pauseProcessor()
        }
        ring.submitAndWait(timeout: 0)
    }

    /// Writes the entries of the receives that were asked for: after all sends of the batch.
    @_noAllocation @_noLocks
    private mutating func armPending() {
        guard pendingCount > 0 else { return }
        var armed = 0
        while armed < pendingCount {
            let port = pending[armed]
            let index = Int(port)
            guard arm(port) else { break }
            ports[index].isPending = false
            armed &+= 1
        }
        // What found no room stays first.
        var rest = 0
        while armed &+ rest < pendingCount {
            pending[rest] = pending[armed &+ rest]
            rest &+= 1
        }
        pendingCount = rest
    }

    @_noAllocation @_noLocks
    private mutating func arm(_ port: UInt16) -> Bool {
        let index = Int(port)
        guard let kind = ports[index].kind else { return true }
        guard let (entry, _) = ring.nextEntry() else { return false }
        let data = UserData(Tag.receive, port: port, generation: ports[index].generation)
        entry.storeBytes(of: EntryFlags.fixedFile | EntryFlags.bufferSelect, toByteOffset: 1, as: UInt8.self)
        entry.storeBytes(of: Int32(port), toByteOffset: 4, as: Int32.self)
        entry.storeBytes(of: data.value, toByteOffset: 32, as: UInt64.self)
        entry.storeBytes(of: Self.bufferGroup, toByteOffset: 40, as: UInt16.self)
        switch kind {
        case .tap, .names:
            entry.storeBytes(of: Opcode.readMultishot, as: UInt8.self)
        case .tunnel:
            entry.storeBytes(of: Opcode.receive, as: UInt8.self)
            entry.storeBytes(of: EntryFlags.receiveMultishot, toByteOffset: 2, as: UInt16.self)
        case .packetSocket, .datagram, .tunnelDevice, .uplink, .parent:
            entry.storeBytes(of: Opcode.receiveMessage, as: UInt8.self)
            entry.storeBytes(of: EntryFlags.receiveMultishot, toByteOffset: 2, as: UInt16.self)
            entry.storeBytes(of: UInt64(UInt(bitPattern: receiveMessage)), toByteOffset: 16, as: UInt64.self)
            entry.storeBytes(of: 1, toByteOffset: 24, as: UInt32.self)
        }
        ports[index].isReceiving = true
        return true
    }

    @_noAllocation @_noLocks
    package mutating func next(_ completion: inout Completion) -> Bool {
        var entry = SubmissionRing.Entry()
        while ring.nextCompletion(&entry) {
            let data = UserData(value: entry.userData)
            switch data.tag {
            case Tag.receive:
                if received(entry, data, &completion) { return true }
            case Tag.send:
                guard entry.result < 0, isCurrent(data) else { continue }
                completion.kind = .sendFailed
                completion.port = data.port
                completion.error = 0 &- entry.result
                completion.length = data.length &- VirtioNetHeader.length
                completion.isSuperframe = data.isSuperframe
                completion.isFinal = false
                return true
            case Tag.wake:
                completion.kind = .wake
                completion.isFinal = false
                var count: UInt64 = 0
                _ = readFrame(waker, &count, 8)
                Self.watch(waker: waker, in: &ring)
                return true
            default:
                continue
            }
        }
        return false
    }

    @_noAllocation @_noLocks @inline(__always)
    private func isCurrent(_ data: UserData) -> Bool {
        let index = Int(data.port)
        return index < Self.tableSize && ports[index].isAttached && ports[index].generation == data.generation
    }

    /// Fills the completion of a receive; false if nobody needs to see it.
    @_noAllocation @_noLocks @inline(__always)
    private mutating func received(
        _ entry: SubmissionRing.Entry, _ data: UserData, _ completion: inout Completion
    ) -> Bool {
        let hasSlot = entry.flags & EntryFlags.completionBuffer != 0
        let slot = UInt16(truncatingIfNeeded: entry.flags >> 16)
        if hasSlot { provided &-= 1 }
        guard isCurrent(data) else {
            if hasSlot { release(slot: slot) }
            return false
        }
        let index = Int(data.port)
        completion.port = data.port
        completion.isFinal = entry.flags & EntryFlags.completionMore == 0
        if completion.isFinal { ports[index].isReceiving = false }
        guard entry.result > 0, hasSlot else {
            if hasSlot { release(slot: slot) }
            completion.kind = .receiveEnded
            // Nothing read and no error: neither port kind has an end, so that mustn't be tried in a hurry.
            completion.error = entry.result < 0 ? 0 &- entry.result : ENODATA
            return completion.isFinal
        }
        completion.kind = .frame
        completion.error = 0
        completion.slot = slot
        completion.isTruncated = false
        let buffer = slots.buffer(slot)
        let count = min(Int(entry.result), SlotMemory.capacity)
        if let kind = ports[index].kind, kind.isPlain {
            completion.header = buffer
            completion.length = count &- VirtioNetHeader.length
            if kind.isTunnel { completion.findNetwork(read: count) }
        } else {
            // [io_uring_recvmsg_out][control][vnet header][frame]; the kernel wrote at least the first two.
            let output = AuxiliaryData.ringPrefix
            let flags = buffer.load(fromByteOffset: 12, as: UInt32.self)
            completion.isTruncated = flags & AuxiliaryData.truncated != 0
            completion.header = buffer + output
            completion.length = count &- output &- VirtioNetHeader.length
            AuxiliaryData.restoreTag(from: buffer + 16, &completion)
        }
        batchFrames &+= 1
        batchBytes &+= count
        return true
    }
}
