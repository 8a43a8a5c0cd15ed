import CLinux
import Glibc
package import SystemPackage

/// `FrameIO` on io_uring: one multishot receive a port, one provided-buffer ring for all, sends that complete while
/// they are submitted. Files beside this one: +Sending, +Receiving, +Slots.
///
/// Why a slot can go back to the kernel together with the frames that are sent from it: entries are issued in order
/// within the submission, a send is asked not to wait (RWF_NOWAIT, MSG_DONTWAIT) and so has copied the frame or failed
/// when the next entry is looked at; receives run after it, as later entries or as deferred task work
/// (DEFER_TASKRUN: only when the owner waits). A successful send posts no completion.
package struct RingIO: FrameIO, ~Copyable {
    /// What distinguishes entries; the top byte of `user_data`.
    enum Tag {
        static var receive: UInt64 { @_noAllocation @_noLocks get { 1 } }
        static var send: UInt64 { @_noAllocation @_noLocks get { 2 } }
        static var cancel: UInt64 { @_noAllocation @_noLocks get { 3 } }
        static var wake: UInt64 { @_noAllocation @_noLocks get { 4 } }
    }

    /// A port as the ring knows it.
    struct Port {
        var kind: PortKind?
        var isReceiving = false
        var isPending = false
        /// Told apart from an earlier port of the same number.
        var generation: UInt8 = 0

        /// A pattern: comparing an optional with nil is generic.
        var isAttached: Bool {
            @_noAllocation @_noLocks @inline(__always) get {
                if case .some = kind { return true }
                return false
            }
        }
    }

    /// Room for heads, vectors and message headers of one submission entry.
    struct Gather {
        var vectors = (iovec(), iovec())
        var message = msghdr()
        var head: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
    }

    static var bufferGroup: UInt16 { @_noAllocation @_noLocks get { 0 } }
    static var tableSize: Int { @_noAllocation @_noLocks get { SharedTables.maximumPorts } }
    /// Where the waker's descriptor is registered: no port has this number.
    private static var wakerPlace: Int32 { @_noAllocation @_noLocks get { 0 } }

    var ring: SubmissionRing
    let slots: SlotMemory
    var free: SlotStack
    /// One for each port number.
    let ports: UnsafeMutablePointer<Port>
    /// Ports to be armed with the next submission, in order.
    let pending: UnsafeMutablePointer<UInt16>
    var pendingCount = 0
    let gathers: UnsafeMutablePointer<Gather>
    /// Names no address, 40 bytes of control data; for every packet socket's receive.
    let receiveMessage: UnsafeMutablePointer<msghdr>
    /// The provided-buffer ring: entries of 16 bytes, the tail in the last two bytes of the first.
    let bufferRing: UnsafeMutableRawPointer
    let bufferRingBytes: Int
    let bufferMask: UInt16
    var bufferTail: UInt16 = 0
    /// Slots that the kernel has.
    var provided = 0
    /// Slots that the kernel should have; see +Slots.
    var window: Int
    var batchFrames = 0
    var batchBytes = 0
    /// Sends that found no room in the submission queue.
    var refusals: UInt64 = 0
    let waker: Int32

    /// Makes a ring for the calling thread. `slotCount` must be a power of two; `waker` is an eventfd that stays the
    /// caller's. Errors with what the kernel refused: ENOSYS or EPERM where io_uring is missing or switched off,
    /// EOPNOTSUPP where it is too old (READ_MULTISHOT: 6.7).
    package init(slotCount: Int, waker: Int32, completions: Int = 8_192) throws(Errno) {
        precondition(slotCount.nonzeroBitCount == 1 && slotCount <= 32_768)
        var ring = try SubmissionRing(entries: 1_024, completions: UInt32(completions))
        let supported = heddle_ring_supports(ring.descriptor, Opcode.readMultishot)
        guard supported == 1 else { throw supported < 0 ? Errno(rawValue: -supported) : .notSupportedOnSocket }
        try Self.check(heddle_ring_register_files(ring.descriptor, UInt32(Self.registered)))
        try Self.check(heddle_ring_update_file(ring.descriptor, UInt32(Self.wakerPlace), waker))

        let bytes = max(slotCount * 16, 4_096)
        guard
            let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED
        else { throw Errno(rawValue: Glibc.errno) }
        let registered = heddle_ring_register_buffers(
            ring.descriptor, memory, UInt32(slotCount), Self.bufferGroup)
        guard registered == 0 else {
            munmap(memory, bytes)
            throw Errno(rawValue: -registered)
        }
        let slots: SlotMemory
        do {
            slots = try SlotMemory(count: slotCount)
        } catch {
            munmap(memory, bytes)
            throw error
        }
        self.slots = slots
        free = SlotStack(capacity: slotCount)
        bufferRing = memory
        bufferRingBytes = bytes
        bufferMask = UInt16(slotCount - 1)
        window = min(slotCount, Self.initialWindow)
        ports = .allocate(capacity: Self.tableSize)
        ports.initialize(repeating: Port(), count: Self.tableSize)
        pending = .allocate(capacity: Self.tableSize)
        gathers = .allocate(capacity: ring.capacity)
        gathers.initialize(repeating: Gather(), count: ring.capacity)
        receiveMessage = .allocate(capacity: 1)
        var message = msghdr()
        message.msg_controllen = AuxiliaryData.controlBytes
        receiveMessage.initialize(to: message)
        self.waker = waker
        Self.watch(waker: waker, in: &ring)
        self.ring = ring
    }

    deinit {
        // The ring is closed after this body. Until then nothing is written anywhere: deferred task work runs only
        // when the owner waits, and the kernel holds the buffer ring's pages itself.
        ports.deallocate()
        pending.deallocate()
        gathers.deallocate()
        receiveMessage.deallocate()
        munmap(bufferRing, bufferRingBytes)
    }

    /// Descriptors that may be registered. The kernel takes no more than may be open.
    private static var registered: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return tableSize }
        return Int(min(limit.rlim_cur, rlim_t(tableSize)))
    }

    private static func check(_ result: Int32) throws(Errno) {
        guard result >= 0 else { throw Errno(rawValue: -result) }
    }

    /// Asks to be told when the eventfd is written to; once, so again after each time.
    @_noAllocation @_noLocks
    static func watch(waker: Int32, in ring: inout SubmissionRing) {
        guard let (entry, _) = ring.nextEntry() else { return }
        entry.storeBytes(of: Opcode.pollAdd, as: UInt8.self)
        entry.storeBytes(of: EntryFlags.fixedFile, toByteOffset: 1, as: UInt8.self)
        entry.storeBytes(of: wakerPlace, toByteOffset: 4, as: Int32.self)
        entry.storeBytes(of: 1, toByteOffset: 28, as: UInt32.self)  // POLLIN
        entry.storeBytes(of: Tag.wake << 56, toByteOffset: 32, as: UInt64.self)
    }

    package mutating func attach(port: UInt16, descriptor: Int32, kind: PortKind) -> Int32 {
        let index = Int(port)
        guard index > 0, index < Self.tableSize else { return EINVAL }
        // As many descriptors may be open as are registered: EMFILE says which limit it is.
        guard index < Self.registered else { return EMFILE }
        let result = heddle_ring_update_file(ring.descriptor, UInt32(index), descriptor)
        guard result == 0 else { return -result }
        ports[index].kind = kind
        ports[index].generation &+= 1
        ports[index].isReceiving = false
        return 0
    }

    package mutating func detach(port: UInt16) {
        let index = Int(port)
        guard index > 0, index < Self.tableSize, ports[index].isAttached else { return }
        // Entries that name the slot are issued first: afterwards the slot may name another file.
        ring.submit()
        _ = heddle_ring_update_file(ring.descriptor, UInt32(index), -1)
        ports[index].kind = nil
    }
}
