import Addresses
import Exposition
import NIOCore
import NameService
import Synchronization

/// One network as the server sees it: its names, its counts, and its channels.
final class NameNetwork: Sendable {
    /// What only the event loop touches.
    struct Channels {
        /// What questions come by: sockets and listeners.
        var open: [any Channel] = []
        /// Connections by channel, and whose they are.
        var connections: [ObjectIdentifier: (channel: any Channel, client: IPAddress?)] = [:]
        var isClosed = false
    }

    private let zone: Mutex<NameZone>
    private let counts = Mutex(NameCounts())
    /// Bytes that a datagram may have so that the network carries it whole; its MTU may change.
    private let limit: Mutex<Int>
    let channels: NIOLoopBoundBox<Channels>

    init(zone: NameZone, datagramLimit: Int, loop: any EventLoop) {
        self.zone = Mutex(zone)
        limit = Mutex(datagramLimit)
        channels = .makeBoxSendingValue(Channels(), eventLoop: loop)
    }

    func update(_ change: (inout NameZone) -> Void) {
        zone.withLock { change(&$0) }
    }

    func setLimit(_ bytes: Int) {
        limit.withLock { $0 = bytes }
    }

    var datagramLimit: Int { limit.withLock { $0 } }

    var currentCounts: NameCounts { counts.withLock { $0 } }

    /// Decides about a message and counts it.
    func decide(
        _ message: [UInt8], from asker: IPAddress?, _ transport: NameService.Transport
    ) -> NameService.Decision {
        let turn = UInt32.random(in: 0...UInt32.max)
        let decision = zone.withLock {
            NameService.decide(message, from: asker, zone: $0, transport: transport, turn: turn)
        }
        counts.withLock { counts in
            counts.questions += 1
            switch decision {
            case .answer: counts.answered += 1
            case .refuse: counts.refused += 1
            // Counted by who passes it on, or doesn't.
            case .forward: break
            case .ignore: counts.dropped += 1
            }
        }
        return decision
    }

    /// A question is passed on.
    func countForward() {
        counts.withLock { $0.forwarded += 1 }
    }

    /// A question that was to be passed on wasn't, since there are too many.
    func countOverload() {
        counts.withLock { $0.refused += 1 }
    }

    /// What was passed on came back, or nobody could tell.
    func countReply(after duration: Duration, isAnswer: Bool) {
        counts.withLock { counts in
            counts.forwardTimes.record(duration)
            if !isAnswer { counts.unanswered += 1 }
        }
    }
}

extension SocketAddress {
    /// The address without its port.
    var plain: IPAddress? {
        switch self {
        case .v4(let address):
            // Behind family and port (ip(7)).
            withUnsafeBytes(of: address.address) { IPAddress(octets: $0[4..<8]) }
        case .v6(let address):
            // Behind the flow label, too (ipv6(7)).
            withUnsafeBytes(of: address.address) { IPAddress(octets: $0[8..<24]) }
        case .unixDomainSocket: nil
        }
    }
}
