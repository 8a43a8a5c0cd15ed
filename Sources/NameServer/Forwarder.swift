import Addresses
import NIOCore
import NIOPosix
import NameService

/// Asks the host's resolvers: each question by a socket of its own, so that its port can't be guessed, and under a random
/// number. On its loop.
final class Forwarder {
    /// Whose questions are counted together.
    private struct Asker: Hashable {
        var network: ObjectIdentifier
        var client: IPAddress?
    }

    let loop: any EventLoop
    let limits: NameLimits
    let resolvers: HostResolvers
    private var total = 0
    private var perAsker: [Asker: Int] = [:]

    init(loop: any EventLoop, limits: NameLimits, resolvers: HostResolvers) {
        self.loop = loop
        self.limits = limits
        self.resolvers = resolvers
    }

    /// Asks, and calls `reply` once with what the asker gets: at once, if too much is being asked already.
    func ask(
        _ query: ForwardedQuery, client: IPAddress?, network: NameNetwork, reply: @escaping ([UInt8]) -> Void
    ) {
        let asker = Asker(network: ObjectIdentifier(network), client: client)
        guard total < limits.outstanding, perAsker[asker, default: 0] < limits.outstandingPerClient else {
            network.countOverload()
            return reply(query.refusal)
        }
        network.countForward()
        let start = ContinuousClock.now
        total += 1
        perAsker[asker, default: 0] += 1
        let exchange = Exchange(query, forwarder: self) { [self] bytes, isAnswer in
            network.countReply(after: start.duration(to: .now), isAnswer: isAnswer)
            total -= 1
            perAsker[asker, default: 1] -= 1
            if perAsker[asker] == 0 { perAsker[asker] = nil }
            reply(bytes)
        }
        exchange.begin()
    }
}
