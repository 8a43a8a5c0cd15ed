import Addresses
import Glibc
import Synchronization

/// A stream of numbered datagrams from one sandbox to another, one each millisecond, whose every frame is accounted for.
///
/// The kernel stamps what arrives, and the sender stamps what it sends, so that a machine too busy to run this test's
/// threads in time does not look like a switch that stood still.
final class DatagramStream {
    /// What became of it.
    struct Verdict {
        var sent: Int
        /// Numbers that never arrived.
        var lost: [Int]
        var duplicates: Int
        /// Numbers that arrived after a higher one.
        var overtaken: Int
        /// The longest time in which something that had been sent was waited for and nothing arrived.
        var longestOutage: Duration
        /// Which number ended it.
        var outageEnd: Int
        /// How many the sender's own kernel did not take; they are among the lost.
        var refused: Int
    }

    private final class Shared: Sendable {
        let isStopped = Atomic<Bool>(false)
        /// Nobody receives any more.
        let isDeaf = Atomic<Bool>(false)
        let sent = Atomic<Int>(0)
        /// One more than the highest number that has arrived.
        let arrived = Atomic<Int>(0)
        let sendTimes = Mutex<[Int64]>([])
        let arrivals = Mutex<[(number: Int, time: Int64)]>([])
        let refusals = Atomic<Int>(0)
    }

    private let shared = Shared()
    private var sender: LabThread?
    private var receiver: LabThread?
    private var receiving: Int32

    /// Begins. `address` is the receiving sandbox's.
    init(
        from source: TestSandbox, to target: TestSandbox, _ address: String, port: UInt16 = 7_007,
        interval: Duration = .milliseconds(1)
    ) throws {
        let sending = try source.inside { try InternetSocket.datagram(address) }
        receiving = try target.inside { try InternetSocket.datagram(address) }
        do {
            try InternetSocket.bind(receiving, address, port: port)
            try InternetSocket.connect(sending, address, port: port)
        } catch {
            close(sending)
            close(receiving)
            throw error
        }
        InternetSocket.setTimeout(receiving, .milliseconds(20))
        let (shared, receiving) = (shared, receiving)
        let nanoseconds = Int64(interval / .nanoseconds(1))
        receiver = LabThread { Self.receive(shared, receiving) }
        sender = LabThread {
            Self.send(shared, sending, interval: nanoseconds)
            close(sending)
        }
    }

    deinit {
        _ = stop()
        endReceiving()
    }

    /// How many were sent so far.
    var sent: Int { shared.sent.load(ordering: .acquiring) }

    /// Waits until something arrives that is sent after this call. Returns how long that took; nil if it does not come.
    func waitForFresh(within limit: Duration = .seconds(5)) -> Duration? {
        let begun = ContinuousClock.now
        let mark = sent
        let isThere = Patience.until(limit) { shared.arrived.load(ordering: .acquiring) > mark }
        return isThere ? .now - begun : nil
    }

    /// Closes the receiving end, which would keep its namespace alive; the sender goes on.
    func endReceiving() {
        shared.isDeaf.store(true, ordering: .releasing)
        receiver?.join()
        receiver = nil
        if receiving >= 0 { close(receiving) }
        receiving = -1
    }

    /// Ends the stream, waits for what is under way, and tells what became of it. Once; nil after that.
    func stop() -> Verdict? {
        guard let sender else { return nil }
        shared.isStopped.store(true, ordering: .releasing)
        sender.join()
        receiver?.join()
        self.sender = nil
        receiver = nil
        return verdict()
    }

    private static func send(_ shared: Shared, _ descriptor: Int32, interval: Int64) {
        var next = MachineTime.monotonic
        var times: [Int64] = []
        while !shared.isStopped.load(ordering: .acquiring) {
            var number = UInt64(times.count)
            times.append(MachineTime.real)
            // Refused ones count as lost: nobody asked for them to be refused.
            if Glibc.send(descriptor, &number, 8, Int32(MSG_NOSIGNAL)) != 8 {
                shared.refusals.add(1, ordering: .relaxed)
            }
            shared.sent.store(times.count, ordering: .releasing)
            // What was missed is not made up for: a burst would be another test.
            next = max(next + interval, MachineTime.monotonic)
            MachineTime.sleep(until: next)
        }
        shared.sendTimes.withLock { $0 = times }
    }

    private static func receive(_ shared: Shared, _ descriptor: Int32) {
        var arrivals: [(number: Int, time: Int64)] = []
        var silence = 0
        while true {
            var number: UInt64 = 0
            if recv(descriptor, &number, 8, 0) == 8 {
                silence = 0
                arrivals.append((Int(number), InternetSocket.stamp(descriptor)))
                let highest = shared.arrived.load(ordering: .relaxed)
                shared.arrived.store(max(highest, Int(number) + 1), ordering: .releasing)
            } else if shared.isStopped.load(ordering: .acquiring) {
                // All there, or half a second without anything.
                silence += 1
                if arrivals.count >= shared.sent.load(ordering: .acquiring) || silence > 25 { break }
            }
            if shared.isDeaf.load(ordering: .acquiring) { break }
        }
        shared.arrivals.withLock { $0 = arrivals }
    }

    private func verdict() -> Verdict {
        let times = shared.sendTimes.withLock { $0 }
        let arrivals = shared.arrivals.withLock { $0 }
        var count = [Int](repeating: 0, count: times.count)
        var overtaken = 0
        var highest = -1
        for (number, _) in arrivals {
            count[number] += 1
            if number < highest { overtaken += 1 }
            highest = max(highest, number)
        }
        let outage = Self.outage(times, arrivals)
        return Verdict(
            sent: times.count, lost: count.indices.filter { count[$0] == 0 },
            duplicates: count.reduce(0) { $0 + max(0, $1 - 1) }, overtaken: overtaken,
            longestOutage: .nanoseconds(outage.longest), outageEnd: outage.end,
            refused: shared.refusals.load(ordering: .acquiring))
    }

    /// Between two arrivals, the time since the first datagram was sent that the switch then owed.
    private static func outage(
        _ sent: [Int64], _ arrivals: [(number: Int, time: Int64)]
    ) -> (longest: Int64, end: Int) {
        var longest: Int64 = 0
        var end = 0
        var next = 0
        for (earlier, later) in zip(arrivals, arrivals.dropFirst()) {
            while next < sent.count, sent[next] < earlier.time { next += 1 }
            guard next < sent.count, later.time - sent[next] > longest else { continue }
            longest = later.time - sent[next]
            end = later.number
        }
        return (longest, end)
    }
}
