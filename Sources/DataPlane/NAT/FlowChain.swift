import Glibc

/// Chains of flows by number, in private memory: a flow is in at most one list of a chain. 0 is nobody.
struct FlowChain {
    /// The two ends of a list, oldest first.
    struct List: BitwiseCopyable {
        var head: UInt32 = 0
        var tail: UInt32 = 0
    }

    private struct Link: BitwiseCopyable {
        var next: UInt32
        var previous: UInt32
    }

    private let links: UnsafeMutablePointer<Link>

    init() {
        links = zeroed(Link.self, count: FlowTable.capacity)
    }

    /// Frees the memory.
    func free() {
        Glibc.free(links)
    }

    /// The flow behind this one.
    @inline(__always) @_noAllocation @_noLocks
    func next(_ number: UInt32) -> UInt32 {
        links[place(number)].next
    }

    /// Whether no other flow is with this one.
    @inline(__always) @_noAllocation @_noLocks
    func isAlone(_ number: UInt32) -> Bool {
        links[place(number)].next == 0 && links[place(number)].previous == 0
    }

    /// Whether this flow stands first.
    @inline(__always) @_noAllocation @_noLocks
    func isFirst(_ number: UInt32) -> Bool {
        links[place(number)].previous == 0
    }

    /// Puts a flow at the end of a list.
    @inline(__always) @_noAllocation @_noLocks
    func append(_ number: UInt32, to list: UnsafeMutablePointer<List>) {
        let tail = list.pointee.tail
        links[place(number)] = Link(next: 0, previous: tail)
        if tail == 0 { list.pointee.head = number } else { links[place(tail)].next = number }
        list.pointee.tail = number
    }

    /// Takes a flow out of a list.
    @inline(__always) @_noAllocation @_noLocks
    func remove(_ number: UInt32, from list: UnsafeMutablePointer<List>) {
        if list.pointee.head == number { list.pointee.head = next(number) }
        if list.pointee.tail == number { list.pointee.tail = links[place(number)].previous }
        remove(number)
    }

    /// Puts a flow behind another one.
    @inline(__always) @_noAllocation @_noLocks
    func insert(_ number: UInt32, after first: UInt32) {
        let second = next(first)
        links[place(number)] = Link(next: second, previous: first)
        links[place(first)].next = number
        if second != 0 { links[place(second)].previous = number }
    }

    /// Takes a flow out from between its neighbours.
    @inline(__always) @_noAllocation @_noLocks
    func remove(_ number: UInt32) {
        let link = links[place(number)]
        if link.previous != 0 { links[place(link.previous)].next = link.next }
        if link.next != 0 { links[place(link.next)].previous = link.previous }
        links[place(number)] = Link(next: 0, previous: 0)
    }

    /// Masked: always one of the links.
    @inline(__always) @_noAllocation @_noLocks
    private func place(_ number: UInt32) -> Int {
        Int(number) & (FlowTable.capacity &- 1)
    }
}
