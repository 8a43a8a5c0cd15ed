import Glibc

extension Worker where IO: ~Copyable {
    /// Notes that a port's receive ended; what follows depends on why. ENOBUFS (no slot was free) and a full
    /// completion queue pass by themselves: armed again at the end of the batch. A device that is gone stays gone. All
    /// else is tried again, less and less often.
    mutating func receiveEnded(port: UInt16, error: Int32) {
        let index = Int(port) & (SharedTables.maximumPorts &- 1)
        let numbers = tables.numbers(of: port)
        switch states[index].life {
        case .retiring:
            states[index].hasEnded = true
            hasRetired = true
            return
        case .absent, .dead:
            return
        case .present:
            break
        }
        switch error {
        case 0, ENOBUFS, ECANCELED:
            states[index].failures = 0
            endLater(port, index)
        case EBADF, EBADFD, EFAULT, ENODEV:
            // TAP: tun answers EBADFD, or EFAULT when the queue was shut down under a read.
            states[index].life = .dead
            states[index].cause = error
            hasDead = true
        default:
            // ENETDOWN comes once when the device goes down: armed again, the receive waits until it is up.
            if error != ENETDOWN { count(drop: .receiveFailed, numbers) }
            let failures = states[index].failures
            states[index].failures = min(failures &+ 1, 10)
            if failures == 0 {
                endLater(port, index)
            } else {
                states[index].retryAt = max(now &+ (1 << UInt32(failures)), 1)
                retrying &+= 1
            }
        }
    }

    @inline(__always)
    private mutating func endLater(_ port: UInt16, _ index: Int) {
        guard !states[index].isEnded else { return }
        // Invariant: a port is in the list at most once, so the list never outgrows the table.
        ended[endedCount] = port
        endedCount &+= 1
        states[index].isEnded = true
    }

    /// Arms the ports whose receive ended: those that took little in this batch first, so that one that floods empties
    /// the slots only after the others had theirs.
    mutating func rearm() {
        if retrying > 0 { retry() }
        guard endedCount > 0 else { return }
        // Not zero, so the division is safe.
        let fairShare = UInt32(truncatingIfNeeded: max(framesInBatch / endedCount, 1))
        for isHeavyTurn in 0..<2 {
            for position in 0..<endedCount {
                let port = ended[position]
                let index = Int(port) & (SharedTables.maximumPorts &- 1)
                guard states[index].isEnded, isHeavyTurn == 1 || !isHeavy(index, fairShare) else { continue }
                states[index].isEnded = false
                guard isPresent(index) else { continue }
                tables.numbers(of: port)[CounterIndex.rearmed] &+= 1
                rearmCount &+= 1
                io.receive(port: port)
            }
        }
        endedCount = 0
    }

    @inline(__always)
    private func isHeavy(_ index: Int, _ fairShare: UInt32) -> Bool {
        states[index].batch == batch && states[index].framesInBatch > fairShare
    }

    private mutating func retry() {
        var left = 0
        for index in 0..<SharedTables.maximumPorts where states[index].retryAt != 0 {
            if Int32(bitPattern: now &- states[index].retryAt) >= 0 || states[index].life != .present {
                states[index].retryAt = 0
                if states[index].life == .present { endLater(UInt16(truncatingIfNeeded: index), index) }
            } else {
                left &+= 1
            }
        }
        retrying = left
    }

    /// Tells the control side of ports whose device is gone. Not on a frame's path.
    mutating func reportDead() {
        hasDead = false
        for index in 0..<SharedTables.maximumPorts where states[index].life == .dead && !states[index].isReported {
            states[index].isReported = true
            mailbox.post(.portGone(port: UInt16(index), error: states[index].cause))
        }
    }
}
