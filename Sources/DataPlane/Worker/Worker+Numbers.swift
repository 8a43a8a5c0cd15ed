import Glibc

/// Where a worker's numbers go, and what an engine before this one had counted.
struct WorkerNumberPlace {
    /// Nil: the tables were made by a daemon that knows nothing of these numbers.
    let numbers: UnsafeMutablePointer<UInt64>?
    /// By the same indexes; private memory.
    private let before: UnsafeMutablePointer<UInt64>

    /// `numbers` are those of one worker in the shared tables; what is there is gone on from.
    init(_ numbers: UnsafeMutablePointer<UInt64>?) {
        self.numbers = numbers
        before = zeroed(UInt64.self, count: WorkerNumberIndex.count)
        guard let numbers, numbers[WorkerNumberIndex.form] == WorkerNumberIndex.currentForm else { return }
        for index in WorkerNumberIndex.batches..<WorkerNumberIndex.count { before[index] = numbers[index] }
    }

    /// Frees the private memory.
    func free() {
        Glibc.free(before)
    }

    /// Invariant, as in `count`: the index is one of `WorkerNumberIndex`, all of which are below its `count`.
    @_noAllocation @_noLocks @inline(__always)
    func set(_ index: Int, _ value: Int) {
        numbers?[index] = UInt64(truncatingIfNeeded: value)
    }

    /// Stores what this engine has counted on top of what earlier ones had.
    @_noAllocation @_noLocks @inline(__always)
    func count(_ index: Int, _ value: UInt64) {
        numbers?[index] = before[index] &+ value
    }
}

extension Worker where IO: ~Copyable {
    /// Stores what others may know of this worker: once a batch, however many frames that had.
    @inline(__always)
    mutating func tellNumbers() {
        typealias Index = WorkerNumberIndex
        frameCount &+= UInt64(truncatingIfNeeded: framesInBatch)
        batchCount &+= 1
        guard told.numbers != nil else { return }
        let load = io.load
        told.set(Index.slots, load.slots)
        told.set(Index.freeSlots, load.free)
        told.set(Index.receivingSlots, load.receiving)
        told.set(Index.heldPackets, impairments.queue.count)
        told.count(Index.batches, batchCount)
        told.count(Index.frames, frameCount)
        told.count(Index.spins, spinCount)
        told.count(Index.rearms, rearmCount)
        told.count(Index.overflows, overflowCount)
        told.count(Index.lost, load.lost)
        told.count(Index.refusals, load.refusals)
        let stations = forwarding.stations.statistics
        told.count(Index.stationsLearned, stations.learned)
        told.count(Index.stationsMoved, stations.moved)
        told.count(Index.stationsEvicted, stations.evicted)
        told.count(Index.stationsRefused, stations.refused)
        told.count(Index.stationsAged, stations.aged)
        if let router {
            let flows = router.pointee.flows.statistics
            told.set(Index.flows, router.pointee.flows.count)
            told.set(Index.openingFlows, router.pointee.flows.openingCount)
            told.set(Index.flowEnd, Int(router.pointee.flows.fresh))
            told.count(Index.flowsMade, flows.made)
            told.count(Index.flowsExpired, flows.expired)
            told.count(Index.flowsEvicted, flows.evicted)
            told.count(Index.flowsReused, flows.reused)
            told.count(Index.flowsRefused, flows.refused)
        }
        // Last, so that nobody reads the others before they are there.
        told.numbers?[Index.form] = Index.currentForm
    }
}
