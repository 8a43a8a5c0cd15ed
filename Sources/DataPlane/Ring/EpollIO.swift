import CLinux
import Glibc
package import SystemPackage

/// `FrameIO` by plain system calls, for where io_uring is missing or switched off: epoll tells who has frames, one read
/// or recvmsg a frame, writes at once, sendmmsg for runs of frames to one packet socket. Files beside this one:
/// +Sending, +Receiving.
package struct EpollIO: FrameIO, ~Copyable {
    struct Port {
        var kind: PortKind?
        var descriptor: Int32 = -1
        var isReceiving = false
        /// Receiving ends with this errno; 0: it doesn't.
        var ending: Int32 = 0
        /// Already in `ready`.
        var isReady = false
        /// Frames that it may still deliver in this round.
        var share: UInt16 = 0

        /// A pattern: comparing an optional with nil is generic.
        var isAttached: Bool {
            @_noAllocation @_noLocks @inline(__always) get {
                if case .some = kind { return true }
                return false
            }
        }
    }

    /// struct mmsghdr, which Swift can't see without _GNU_SOURCE.
    struct BatchMessage {
        var header = msghdr()
        var sentBytes: UInt32 = 0
    }

    /// A frame that could not be sent; told by `next`.
    struct Failure {
        var port: UInt16
        var error: Int32
        var length: Int32
        var isSuperframe: Bool

        @_noAllocation @_noLocks @inline(__always)
        init(port: UInt16, error: Int32, length: Int32, isSuperframe: Bool) {
            self.port = port
            self.error = error
            self.length = length
            self.isSuperframe = isSuperframe
        }
    }

    static var tableSize: Int { @_noAllocation @_noLocks get { SharedTables.maximumPorts } }
    static var eventCapacity: Int { @_noAllocation @_noLocks get { 256 } }
    static var batchCapacity: Int { @_noAllocation @_noLocks get { 64 } }
    /// Frames that one port may deliver before the others have their turn.
    static var shareOfRound: UInt16 { @_noAllocation @_noLocks get { 64 } }

    let slots: SlotMemory
    var free: SlotStack
    let ports: UnsafeMutablePointer<Port>
    let epoll: Int32
    let waker: Int32
    let events: UnsafeMutableRawPointer
    /// Ports that may have frames, served in turn.
    let ready: UnsafeMutablePointer<UInt16>
    var readyCount = 0
    var readyIndex = 0
    var wasWoken = false
    let failures: UnsafeMutablePointer<Failure>
    var failureCount = 0

    /// Frames to one packet socket that go with the next sendmmsg.
    let batch: UnsafeMutablePointer<BatchMessage>
    let batchParts: UnsafeMutablePointer<(iovec, iovec)>
    let batchHeads: UnsafeMutableRawPointer
    let batchIsSuperframe: UnsafeMutablePointer<Bool>
    var batchCount = 0
    var batchPort: UInt16 = 0
    /// Slots given back while frames in them may still wait for sendmmsg.
    let held: UnsafeMutablePointer<UInt16>
    var heldCount = 0

    /// Makes the set; any thread, later one thread. `waker` is an eventfd that stays the caller's.
    package init(slotCount: Int, waker: Int32) throws(Errno) {
        let epoll = heddle_epoll_create()
        guard epoll >= 0 else { throw Errno(rawValue: -epoll) }
        let result = heddle_epoll_add(epoll, waker, UInt64(Self.tableSize))
        guard result == 0 else {
            close(epoll)
            throw Errno(rawValue: -result)
        }
        do {
            slots = try SlotMemory(count: slotCount)
        } catch {
            close(epoll)
            throw error
        }
        self.epoll = epoll
        self.waker = waker
        free = SlotStack(capacity: slotCount)
        ports = .allocate(capacity: Self.tableSize)
        ports.initialize(repeating: Port(), count: Self.tableSize)
        events = .allocate(byteCount: Self.eventCapacity * heddle_epoll_event_size(), alignment: 8)
        ready = .allocate(capacity: Self.tableSize)
        failures = .allocate(capacity: Self.batchCapacity)
        batch = .allocate(capacity: Self.batchCapacity)
        batch.initialize(repeating: BatchMessage(), count: Self.batchCapacity)
        batchParts = .allocate(capacity: Self.batchCapacity)
        batchParts.initialize(repeating: (iovec(), iovec()), count: Self.batchCapacity)
        batchHeads = .allocate(byteCount: Self.batchCapacity * Self.headBytes, alignment: 8)
        batchIsSuperframe = .allocate(capacity: Self.batchCapacity)
        batchIsSuperframe.initialize(repeating: false, count: Self.batchCapacity)
        held = .allocate(capacity: slotCount)
    }

    deinit {
        close(epoll)
        ports.deallocate()
        events.deallocate()
        ready.deallocate()
        failures.deallocate()
        batch.deallocate()
        batchParts.deallocate()
        batchHeads.deallocate()
        batchIsSuperframe.deallocate()
        held.deallocate()
    }

    static var headBytes: Int { @_noAllocation @_noLocks @inline(__always) get { 64 } }

    package mutating func attach(port: UInt16, descriptor: Int32, kind: PortKind) -> Int32 {
        let index = Int(port)
        guard index < Self.tableSize else { return EINVAL }
        ports[index].kind = kind
        ports[index].descriptor = descriptor
        return 0
    }

    package mutating func detach(port: UInt16) {
        let index = Int(port)
        guard index < Self.tableSize, ports[index].isAttached else { return }
        flush()
        if ports[index].isReceiving { _ = heddle_epoll_remove(epoll, ports[index].descriptor) }
        let isReady = ports[index].isReady
        ports[index] = Port()
        // It stays in the list until its turn.
        ports[index].isReady = isReady
    }

    package mutating func cancel(port: UInt16) -> Bool {
        let index = Int(port)
        guard index < Self.tableSize, ports[index].isReceiving else { return false }
        end(index, error: ECANCELED)
        return true
    }

    /// Receiving ends: `next` tells it.
    @_noAllocation @_noLocks
    mutating func end(_ index: Int, error: Int32) {
        ports[index].ending = error
        makeReady(index)
    }

    @_noAllocation @_noLocks @inline(__always)
    mutating func makeReady(_ index: Int) {
        guard !ports[index].isReady, readyCount < Self.tableSize else { return }
        ready[readyCount] = UInt16(truncatingIfNeeded: index)
        readyCount &+= 1
        ports[index].isReady = true
    }
}
