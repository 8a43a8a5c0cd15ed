import CLinux
import Synchronization
import SystemPackage

/// An io_uring of one thread: entries are written and completions read in Swift over the mapped memory, with the
/// orderings that the kernel's io_uring.c asks for. Owns the ring.
struct SubmissionRing: ~Copyable {
    /// One completion as the kernel wrote it.
    struct Entry {
        var userData: UInt64 = 0
        var result: Int32 = 0
        var flags: UInt32 = 0

        @_noAllocation @_noLocks @inline(__always)
        init() {}
    }

    private var ring: heddle_ring
    private let entered: Int32
    private let isRegistered: Int32

    private let entries: UnsafeMutableRawPointer
    private let entryCount: UInt32
    private let submissionHead: UnsafeMutablePointer<Atomic<UInt32>>
    private let submissionTail: UnsafeMutablePointer<Atomic<UInt32>>
    private let submissionFlags: UnsafeMutablePointer<Atomic<UInt32>>
    private var tail: UInt32
    private var unsubmitted: UInt32 = 0

    private let completions: UnsafeMutableRawPointer
    private let completionMask: UInt32
    private let completionHead: UnsafeMutablePointer<Atomic<UInt32>>
    private let completionTail: UnsafeMutablePointer<Atomic<UInt32>>
    private let completionOverflow: UnsafeMutablePointer<Atomic<UInt32>>
    private var head: UInt32
    private var seenTail: UInt32

    /// The ring's descriptor, for registration calls.
    var descriptor: Int32 { ring.fd }
    /// Entries that fit before the kernel must take some; a power of two.
    var capacity: Int { Int(entryCount) }

    /// Makes a ring for the calling thread, which alone may use it. ENOSYS, EPERM or EINVAL: this kernel or its
    /// administrator has no (such) io_uring.
    init(entries wanted: UInt32, completions wantedCompletions: UInt32) throws(Errno) {
        var ring = heddle_ring()
        let result = heddle_ring_setup(&ring, wanted, wantedCompletions)
        guard result == 0, let submission = ring.sq_ring, let completion = ring.cq_ring, let entries = ring.sqes else {
            throw Errno(rawValue: -result)
        }
        self.ring = ring
        let index = heddle_ring_register_self(ring.fd)
        isRegistered = index >= 0 ? 1 : 0
        entered = index >= 0 ? index : ring.fd
        // Invariant of all pointers below: the offsets come from the kernel and lie in the mappings, which live as
        // long as `self`; Atomic<UInt32> has the layout of UInt32.
        func word(_ base: UnsafeMutablePointer<UInt8>, _ offset: UInt32) -> UnsafeMutablePointer<Atomic<UInt32>> {
            UnsafeMutableRawPointer(base + Int(offset)).assumingMemoryBound(to: Atomic<UInt32>.self)
        }
        self.entries = UnsafeMutableRawPointer(entries)
        entryCount = ring.sq_entries
        submissionHead = word(submission, ring.sq_head)
        submissionTail = word(submission, ring.sq_tail)
        submissionFlags = word(submission, ring.sq_flags)
        tail = submissionTail.pointee.load(ordering: .relaxed)
        completions = UnsafeMutableRawPointer(completion + Int(ring.cq_cqes))
        completionMask = ring.cq_entries &- 1
        completionHead = word(completion, ring.cq_head)
        completionTail = word(completion, ring.cq_tail)
        completionOverflow = word(completion, ring.cq_overflow)
        head = completionHead.pointee.load(ordering: .relaxed)
        seenTail = head
    }

    deinit {
        var ring = ring
        heddle_ring_teardown(&ring)
    }

    /// A zeroed 64-byte entry to fill, and its index below `capacity`; nil if the kernel takes none now. The entry is
    /// the kernel's with the next `submit`.
    @_noAllocation @_noLocks @inline(__always)
    mutating func nextEntry() -> (entry: UnsafeMutableRawPointer, index: Int)? {
        if tail &- submissionHead.pointee.load(ordering: .acquiring) >= entryCount {
            submit()
            guard tail &- submissionHead.pointee.load(ordering: .acquiring) < entryCount else { return nil }
        }
        // entryCount is a power of two: the index is below it.
        let index = Int(tail & (entryCount &- 1))
        let entry = entries + index &* 64
        let words = entry.assumingMemoryBound(to: UInt64.self)
        words[0] = 0
        words[1] = 0
        words[2] = 0
        words[3] = 0
        words[4] = 0
        words[5] = 0
        words[6] = 0
        words[7] = 0
        tail &+= 1
        unsubmitted &+= 1
        return (entry, index)
    }

    /// Has the kernel take all entries; nothing is received meanwhile.
    @_noAllocation @_noLocks
    mutating func submit() {
        enter(waitFor: 0, getEvents: false, timeout: 0)
    }

    /// Has the kernel take all entries, does its deferred work and waits for a completion.
    @_noAllocation @_noLocks
    mutating func submitAndWait(timeout: Int64) {
        enter(waitFor: timeout == 0 ? 0 : 1, getEvents: true, timeout: timeout)
    }

    @_noAllocation @_noLocks
    private mutating func enter(waitFor: UInt32, getEvents: Bool, timeout: Int64) {
        submissionTail.pointee.store(tail, ordering: .releasing)
        // The kernel stops early on a shortage of memory; a few tries, then the caller goes on with what it has.
        for _ in 0..<8 {
            let result = ringEnter(
                entered, isRegistered, unsubmitted, waitFor, getEvents ? 1 : 0, timeout > 0 ? timeout : -1)
            if result >= 0 {
                unsubmitted &-= min(UInt32(bitPattern: result), unsubmitted)
                if unsubmitted == 0 { return }
            } else {
                // ETIME and EINTR come after submission: the head tells how much was taken.
                unsubmitted = tail &- submissionHead.pointee.load(ordering: .acquiring)
                if unsubmitted == 0 { return }
            }
        }
    }

    /// Completions that the kernel lost, so far; wrapping. One that finds the queue full is kept aside or, of a multishot
    /// request, ends it (io_uring.c, io_cqring_event_overflow): this counts those that there was no memory for.
    var lost: UInt32 {
        @_noAllocation @_noLocks get { completionOverflow.pointee.load(ordering: .relaxed) }
    }

    /// Whether waiting would return at once: a completion is there, or deferred work that makes one
    /// (IORING_SQ_TASKRUN). Costs no system call.
    var hasWork: Bool {
        @_noAllocation @_noLocks @inline(__always) get {
            head != completionTail.pointee.load(ordering: .relaxed)
                || submissionFlags.pointee.load(ordering: .relaxed) & Self.taskWork != 0
        }
    }

    /// IORING_SQ_TASKRUN.
    private static var taskWork: UInt32 { @_noAllocation @_noLocks get { 1 << 2 } }

    /// The next completion, or false when there is none.
    @_noAllocation @_noLocks @inline(__always)
    mutating func nextCompletion(_ entry: inout Entry) -> Bool {
        if head == seenTail {
            completionHead.pointee.store(head, ordering: .releasing)
            seenTail = completionTail.pointee.load(ordering: .acquiring)
            if head == seenTail { return false }
        }
        let words = completions + Int(head & completionMask) &* 16
        entry.userData = words.load(as: UInt64.self)
        entry.result = words.load(fromByteOffset: 8, as: Int32.self)
        entry.flags = words.load(fromByteOffset: 12, as: UInt32.self)
        head &+= 1
        return true
    }
}
