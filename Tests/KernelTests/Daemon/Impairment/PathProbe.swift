import Glibc
import Netlink

/// Numbered datagrams from one sandbox to another, stamped by the sender and, as they arrive, by the kernel: a machine that
/// is too busy to run this test in time doesn't look like a long way. One thread: what arrives waits in the socket.
final class PathProbe {
    /// A datagram that arrived, in the order of arrival.
    struct Arrival {
        var number: Int
        /// From the sender to the kernel of the receiver.
        var delay: Int64
        /// By the kernel's clock.
        var time: Int64
        var bytes: [UInt8]
    }

    /// Bytes of Ethernet, IPv4 and UDP headers in front of each datagram.
    static let headers = 42

    private let sending: Int32
    private let receiving: Int32

    /// `address` is the receiving sandbox's. Neighbours are set by hand, so that no question for them is among the packets.
    init(_ lab: HeddleUnderTest, from source: TestSandbox, to target: TestSandbox, _ address: String) throws {
        sending = try source.inside { try InternetSocket.datagram(address) }
        receiving = try target.inside { try InternetSocket.datagram(address) }
        try InternetSocket.bind(receiving, address, port: 7_009)
        try InternetSocket.connect(sending, address, port: 7_009)
        // SO_NO_CHECK: what was changed on the way arrives.
        var one: Int32 = 1
        setsockopt(sending, SOL_SOCKET, 11, &one, 4)
        guard let mac = try target.link("eth0")?.mac else { throw LabError("no eth0") }
        let words = ["ip", "neigh", "replace", address, "lladdr", "\(mac)", "dev", "eth0", "nud", "permanent"]
        guard try lab.succeeds(words, in: source) else { throw LabError("\(words)") }
    }

    deinit {
        close(sending)
        close(receiving)
    }

    /// What stands behind a datagram's number and time.
    static func pattern(_ count: Int) -> [UInt8] {
        (0..<max(0, count - 16)).map { UInt8(truncatingIfNeeded: $0 &* 11 &+ 5) }
    }

    /// Sends, waits for what is on its way, and tells what arrived.
    func run(
        _ count: Int, every interval: Duration, bytes: Int = 100, waiting: Duration = .milliseconds(100)
    ) -> [Arrival] {
        let step = Int64(interval / .nanoseconds(1))
        let pattern = Self.pattern(bytes)
        var next = MachineTime.real
        for number in 0..<count {
            while MachineTime.real < next { if next - MachineTime.real > 200_000 { usleep(50) } }
            next += step
            var datagram: [UInt8] = []
            withUnsafeBytes(of: Int64(number)) { datagram += Array($0) }
            withUnsafeBytes(of: MachineTime.real) { datagram += Array($0) }
            datagram += pattern
            _ = send(sending, datagram, datagram.count, 0)
        }
        Patience.pass(waiting)
        var arrivals: [Arrival] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let length = recv(receiving, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard length >= 16 else { return arrivals }
            let (number, sent) = buffer.withUnsafeBytes {
                (
                    $0.loadUnaligned(fromByteOffset: 0, as: Int64.self),
                    $0.loadUnaligned(fromByteOffset: 8, as: Int64.self)
                )
            }
            let time = InternetSocket.stamp(receiving)
            arrivals.append(
                Arrival(number: Int(number), delay: time - sent, time: time, bytes: Array(buffer[16..<length])))
        }
    }

    /// The delay that half of the datagrams had at most, in milliseconds.
    static func median(_ arrivals: [Arrival]) -> Double {
        let delays = arrivals.map(\.delay).sorted()
        return delays.isEmpty ? .infinity : Double(delays[delays.count / 2]) / 1e6
    }
}
