import Glibc

extension EpollIO {
    @_noAllocation @_noLocks
    package mutating func send(_ frame: OutgoingFrame) -> Bool {
        let index = Int(frame.port)
        guard index < Self.tableSize, let kind = ports[index].kind else { return false }
        if !kind.isWritten { return enqueue(frame) }
        guard failureCount < Self.batchCapacity else { return false }
        let descriptor = ports[index].descriptor
        let result =
            frame.restCount == 0
            ? writeFrame(descriptor, frame.head, frame.headCount)
            : writeFrame(descriptor, frame.head, frame.headCount, frame.rest, frame.restCount)
        if result < 0 {
            fail(
                frame.port, Int32(truncatingIfNeeded: 0 &- result), frame.headCount &+ frame.restCount,
                frame.isSuperframe)
        }
        return true
    }

    @_noAllocation @_noLocks
    package mutating func send(_ message: OutgoingMessage) -> Bool {
        let index = Int(message.port)
        guard index < Self.tableSize, let kind = ports[index].kind else { return false }
        // What waits for sendmmsg to the same port goes first.
        if batchCount > 0, batchPort == message.port { flush() }
        guard failureCount < Self.batchCapacity else { return false }
        let result =
            kind.isWritten
            ? writeVectors(ports[index].descriptor, message.message)
            : sendOne(ports[index].descriptor, message.message)
        if result < 0 {
            fail(
                message.port, Int32(truncatingIfNeeded: 0 &- result), message.length &+ VirtioNetHeader.length,
                message.isSuperframe)
        }
        return true
    }

    @_noAllocation @_noLocks
    package mutating func submit() {
        flush()
    }

    @_noAllocation @_noLocks
    private mutating func enqueue(_ frame: OutgoingFrame) -> Bool {
        if batchCount == Self.batchCapacity || (batchCount > 0 && batchPort != frame.port) { flush() }
        guard batchCount &+ failureCount < Self.batchCapacity else { return false }
        batchPort = frame.port
        // Invariant: batchCount < batchCapacity, the number of each of the arrays' elements.
        let parts = batchParts + batchCount
        if frame.restCount == 0 {
            parts.pointee.0.iov_base = UnsafeMutableRawPointer(mutating: frame.head)
            parts.pointee.0.iov_len = frame.headCount
        } else {
            let head = batchHeads + batchCount &* Self.headBytes
            let count = min(frame.headCount, Self.headBytes)
            head.copyMemory(from: frame.head, byteCount: count)
            parts.pointee.0.iov_base = head
            parts.pointee.0.iov_len = count
            parts.pointee.1.iov_base = UnsafeMutableRawPointer(mutating: frame.rest)
            parts.pointee.1.iov_len = frame.restCount
        }
        batch[batchCount].header.msg_iov = UnsafeMutableRawPointer(parts).assumingMemoryBound(to: iovec.self)
        batch[batchCount].header.msg_iovlen = frame.restCount == 0 ? 1 : 2
        batchIsSuperframe[batchCount] = frame.isSuperframe
        batchCount &+= 1
        return true
    }

    /// Sends what waits for sendmmsg; each frame goes or fails now.
    @_noAllocation @_noLocks
    mutating func flush() {
        var sent = 0
        let index = Int(batchPort)
        while sent < batchCount, index < Self.tableSize, ports[index].isAttached {
            let result = sendBatch(
                ports[index].descriptor, UnsafeMutableRawPointer(batch + sent),
                UInt32(truncatingIfNeeded: batchCount &- sent))
            if result > 0 {
                sent &+= Int(result)
                continue
            }
            let parts = batchParts[sent]
            let length = parts.0.iov_len &+ (batch[sent].header.msg_iovlen == 2 ? parts.1.iov_len : 0)
            fail(batchPort, 0 &- result, length, batchIsSuperframe[sent])
            sent &+= 1
        }
        batchCount = 0
    }

    @_noAllocation @_noLocks
    private mutating func fail(_ port: UInt16, _ error: Int32, _ length: Int, _ isSuperframe: Bool) {
        // Invariant: `send` takes no frame that could fail without room here.
        guard failureCount < Self.batchCapacity else { return }
        failures[failureCount] = Failure(
            port: port, error: error, length: Int32(truncatingIfNeeded: length &- VirtioNetHeader.length),
            isSuperframe: isSuperframe)
        failureCount &+= 1
    }
}
