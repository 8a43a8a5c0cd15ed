#if !DEBUG
// The compiler proves that a frame's way neither allocates nor takes a lock. It can only do so for a worker whose I/O is
// known, so the two real ones are named here: what is checked is the code that `step` runs. Not in debug builds, in
// which nothing is specialised and so nothing can be proved.

extension Worker where IO == RingIO {
    @_noAllocation @_noLocks
    mutating func forwardByRing() -> Bool {
        releaseDue()
        let isWoken = handleCompletions()
        rearm()
        tellNumbers()
        return isWoken
    }
}

extension Worker where IO == EpollIO {
    @_noAllocation @_noLocks
    mutating func forwardByEpoll() -> Bool {
        releaseDue()
        let isWoken = handleCompletions()
        rearm()
        tellNumbers()
        return isWoken
    }
}
#endif
