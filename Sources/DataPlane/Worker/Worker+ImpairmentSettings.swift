import Glibc

/// Not on a frame's path.
extension Worker where IO: ~Copyable {
    /// Sets what happens to the packets of a port in one direction, at once; what is held goes on when it was due, unless
    /// the rate is another or the queue is shorter: what doesn't fit that is lost. Without settings what is held goes on
    /// from now: see `ImpairmentTable.end`.
    mutating func set(_ impairment: ImpairmentConfiguration) -> Int32 {
        let port = Int(impairment.port)
        guard port > 0, port < SharedTables.maximumPorts, states[port].life == .present else { return ENOENT }
        guard impairment.settings.isSound, forwarding.port(impairment.port).pointee.domain != 0 else { return EINVAL }
        let index = ImpairmentTable.index(port: impairment.port, isOut: impairment.isOut)
        let bit = impairment.isOut ? PortState.impairedOut : PortState.impairedIn
        settle()
        if impairment.settings.isEmpty {
            guard impairments.direction(index) != nil else { return 0 }
            impairments.end(index, now: clock)
            releaseDue()
            finishTunnels()
            settle()
            removeDrained()
            return 0
        }
        guard let surplus = impairments.set(index, impairment.settings, now: clock) else { return ENOMEM }
        countLost(surplus, impairment.port, isOut: impairment.isOut)
        impairments.reclaim()
        states[port].attention |= bit
        return 0
    }

    /// Packets that were held found no room after all.
    private func countLost(_ packets: [ReleaseQueue.Entry], _ port: UInt16, isOut: Bool) {
        let numbers = tables.numbers(of: port)
        for entry in packets {
            if !isOut { countReceived(numbers, length: Int(entry.length), isSuperframe: entry.isSuperframe) }
            count(drop: isOut ? .impairmentQueueOut : .impairmentQueue, numbers)
        }
    }

    /// Forgets the directions that have ended and hold nothing any more. All that they gave out must have been sent.
    mutating func removeDrained() {
        while let index = impairments.nextDrained() {
            impairments.remove(index)
            states[Int(ImpairmentTable.port(index))].attention &=
                ImpairmentTable.isOut(index) ? ~PortState.impairedOut : ~PortState.impairedIn
        }
    }

    /// The port goes: so does what is held of it, each packet as one that found no room.
    mutating func forgetImpairments(_ port: UInt16) {
        for isOut in [false, true] {
            let index = ImpairmentTable.index(port: port, isOut: isOut)
            guard impairments.direction(index) != nil else { continue }
            settle()
            countLost(impairments.queue.removeAll(of: UInt16(index)), port, isOut: isOut)
            impairments.remove(index)
        }
        states[Int(port)].attention &= ~(PortState.impairedIn | PortState.impairedOut)
    }

    /// The worker ends, and nobody will send what is held.
    mutating func forgetImpairments() {
        guard impairments.count > 0 else { return }
        for port in 0..<SharedTables.maximumPorts
        where states[port].attention & (PortState.impairedIn | PortState.impairedOut) != 0 {
            forgetImpairments(UInt16(port))
        }
    }
}
