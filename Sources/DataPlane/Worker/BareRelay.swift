import Glibc
public import SystemPackage

/// Passes every frame of one port to the other and back, without looking at it: what the ring itself costs, for
/// `heddle bench`. The same I/O as a worker's, and nothing else.
public struct BareRelay: ~Copyable {
    private var io: RingIO
    private let latency: LatencyHold?

    /// Takes two ports of one kind; the descriptors stay the caller's. Call on the thread that runs it. `waker` is an
    /// eventfd that ends `run`; `latency` an open /dev/cpu_dma_latency, or nil.
    public init(
        first: Int32, second: Int32, kind: PortKind, waker: Int32, latency: Int32?, slots: Int = 256
    ) throws(Errno) {
        var io = try RingIO(slotCount: slots, waker: waker)
        for (port, descriptor) in [(UInt16(1), first), (UInt16(2), second)] {
            let result = io.attach(port: port, descriptor: descriptor, kind: kind)
            guard result == 0 else { throw Errno(rawValue: result) }
            io.receive(port: port)
        }
        self.io = io
        self.latency = latency.map { LatencyHold(descriptor: $0) }
    }

    /// Relays until `waker` is written to. Holds the latency all the time.
    public mutating func run() {
        latency?.hold()
        defer { latency?.release() }
        var isStopping = false
        while !isStopping {
            io.wait(timeout: -1, spin: 0)
            isStopping = pass()
        }
    }

    @_noAllocation @_noLocks
    private mutating func pass() -> Bool {
        var isStopping = false
        var ended: (first: Bool, second: Bool) = (false, false)
        var completion = Completion(header: io.placeholder)
        while io.next(&completion) {
            switch completion.kind {
            case .frame:
                _ = io.send(
                    OutgoingFrame(
                        port: 3 &- completion.port, bytes: completion.header,
                        count: completion.length &+ VirtioNetHeader.length, isSuperframe: false))
                io.release(slot: completion.slot)
            case .wake: isStopping = true
            case .receiveEnded, .sendFailed: break
            }
            if completion.isFinal {
                if completion.port == 1 { ended.first = true } else { ended.second = true }
            }
        }
        if ended.first { io.receive(port: 1) }
        if ended.second { io.receive(port: 2) }
        return isStopping
    }
}
