/// The end of an impairment. What is held goes on in its order: as much as an interface's queue holds at once, the rest at a
/// rate that a sandbox's kernel takes, so that the end of a long delay isn't a burst that is lost. What comes meanwhile
/// follows it.
extension ImpairmentTable {
    /// Bits a second at which what is held goes on.
    private static var drainRate: UInt64 { @_noAllocation @_noLocks get { 10_000_000_000 } }
    /// Bytes that a packet counts for at least: a million packets a second.
    private static var leastLength: Int { @_noAllocation @_noLocks get { 1_250 } }
    /// Nanoseconds of that rate that go on at once: a thousand packets, as a queue of an interface holds.
    private static var burst: Int64 { @_noAllocation @_noLocks get { 1_000_000 } }
    /// Nanoseconds after which what follows isn't held back any more.
    private static var patience: Int64 { @_noAllocation @_noLocks get { 100_000_000 } }

    /// Nothing is impaired in a direction from now on. It is to be removed when it holds nothing any more: see `nextDrained`.
    /// Not on a packet's way.
    mutating func end(_ index: Int, now: Int64) {
        guard let direction = direction(index), !direction.pointee.isEnding else { return }
        direction.pointee.isEnding = true
        var link = ImpairmentLink()
        // In the order in which they would have gone on, from which no two of them are equal.
        queue.reschedule(UInt16(index), byDue: true) { entry in
            let length = max(Int(entry.length), Self.leastLength)
            entry.departure = link.take(length: length, now: now, rate: Self.drainRate, queue: .max) ?? now
            entry.due = entry.departure - Self.burst
        }
        direction.pointee.state.link = link
        direction.pointee.endsAt = max(now, link.freeAt) + Self.patience
        if direction.pointee.held == 0 { drained += 1 }
    }

    /// When a frame goes on that comes while what was held before it still goes on. Never before that.
    @_noAllocation @_noLocks
    mutating func follow(_ direction: UnsafeMutablePointer<ImpairedDirection>, length: Int, now: Int64) -> Int64 {
        let departure = direction.pointee.state.link.take(
            length: length, now: now, rate: Self.drainRate, queue: .max)
        guard let departure, departure < direction.pointee.endsAt else { return direction.pointee.endsAt }
        return departure
    }

    /// A direction that has ended and holds nothing any more; nil: there is none. Not on a packet's way.
    mutating func nextDrained() -> Int? {
        guard drained > 0 else { return nil }
        for index in 0..<(2 * SharedTables.maximumPorts) {
            guard let direction = direction(index), direction.pointee.isEnding, direction.pointee.held == 0 else {
                continue
            }
            return index
        }
        drained = 0
        return nil
    }

    /// Holds a packet. False: no room.
    @_noAllocation @_noLocks @inline(__always)
    mutating func push(_ entry: ReleaseQueue.Entry) -> Bool {
        guard queue.push(entry) else { return false }
        direction(Int(entry.direction))?.pointee.held &+= 1
        return true
    }

    /// Takes the next packet that is due at a time; nil: none is.
    @_noAllocation @_noLocks @inline(__always)
    mutating func pop(until now: Int64) -> ReleaseQueue.Entry? {
        guard let entry = queue.pop(until: now) else { return nil }
        guard let direction = direction(Int(entry.direction)) else { return entry }
        direction.pointee.held &-= 1
        if direction.pointee.isEnding, direction.pointee.held == 0 { drained &+= 1 }
        return entry
    }
}
