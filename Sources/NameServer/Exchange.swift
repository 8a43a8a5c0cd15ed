import NIOCore
import NIOPosix
import NameService

/// One question that was passed on: a resolver after the other is asked until one can tell. Kept alive by what it waits
/// for. On the forwarder's loop.
final class Exchange {
    private let query: ForwardedQuery
    private let forwarder: Forwarder
    private var finish: (([UInt8], _ isAnswer: Bool) -> Void)?
    private let servers: [ResolverConfiguration.Server]
    /// Resolvers that were asked.
    private var asked = 0
    /// Under which number the last one was.
    private var identifier: UInt16 = 0
    /// Counts sockets: what an earlier one has to say doesn't count any more.
    private var turn = 0
    private var channel: (any Channel)?
    private var timer: Scheduled<Void>?
    /// A resolver's word that it can't tell, for the case that nobody can.
    private var refusal: [UInt8]?

    init(
        _ query: ForwardedQuery, forwarder: Forwarder, finish: @escaping ([UInt8], _ isAnswer: Bool) -> Void
    ) {
        self.query = query
        self.forwarder = forwarder
        self.finish = finish
        servers = forwarder.resolvers.servers(now: .now())
    }

    /// Asks the first resolver.
    func begin() {
        next()
    }

    private var server: ResolverConfiguration.Server? {
        servers.isEmpty || asked == 0 ? nil : servers[(asked - 1) % servers.count]
    }

    /// Asks the next resolver, or gives up.
    private func next() {
        leave()
        guard finish != nil else { return }
        guard !servers.isEmpty, asked < forwarder.limits.tries else {
            return end(refusal.map(query.reply) ?? query.failure, isAnswer: false)
        }
        asked += 1
        guard let address = server?.socketAddress(port: forwarder.limits.resolverPort) else { return next() }
        open(address, isStream: false)
    }

    /// Opens a socket to a resolver; the question goes out when it is there.
    private func open(_ address: SocketAddress, isStream: Bool) {
        leave()
        identifier = .random(in: 0...UInt16.max)
        turn += 1
        let mine = turn
        timer = forwarder.loop.assumeIsolated().scheduleTask(in: TimeAmount(forwarder.limits.patience)) {
            [self] in
            if let server {
                forwarder.resolvers.suspect(server, until: .now() + TimeAmount(forwarder.limits.suspicion))
            }
            next()
        }
        let talk = UpstreamTalk(
            message: query.message(identifier: identifier),
            heard: { [self] bytes in if mine == turn { hear(bytes, address, isStream: isStream) } },
            failed: { [self] in if mine == turn { fail() } })
        connect(to: address, talk, isStream: isStream).assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let opened):
                guard mine == turn, finish != nil else { return opened.close(promise: nil) }
                channel = opened
            case .failure: if mine == turn { fail() }
            }
        }
    }

    private func connect(
        to address: SocketAddress, _ talk: UpstreamTalk, isStream: Bool
    ) -> EventLoopFuture<any Channel> {
        let talk = NIOLoopBound(talk, eventLoop: forwarder.loop)
        if isStream {
            return ClientBootstrap(group: forwarder.loop)
                .connectTimeout(TimeAmount(forwarder.limits.patience))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(UpstreamStreamHandler(talk.value))
                    }
                }
                .connect(to: address)
        }
        // One byte more than the asker takes tells that there is more.
        let allocator = FixedSizeRecvByteBufferAllocator(capacity: query.query.datagramLimit + 1)
        return DatagramBootstrap(group: forwarder.loop)
            .channelOption(.recvAllocator, value: allocator)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(UpstreamDatagramHandler(talk.value))
                }
            }
            .connect(to: address)
    }

    private func hear(_ bytes: [UInt8], _ address: SocketAddress, isStream: Bool) {
        switch query.judge(bytes, identifier: identifier) {
        case .foreign:
            // By UDP somebody may be guessing; a connection has nothing else to say.
            if isStream { fail() }
        case .failure:
            refusal = bytes
            // The same one would say the same.
            if asked >= servers.count { asked = forwarder.limits.tries }
            next()
        case .truncated where query.isStream && !isStream:
            open(address, isStream: true)
        case .truncated, .final:
            if let server { forwarder.resolvers.trust(server) }
            end(query.reply(bytes), isAnswer: true)
        }
    }

    /// Nobody listens there, or the connection broke.
    private func fail() {
        if asked >= servers.count { asked = forwarder.limits.tries }
        next()
    }

    private func end(_ bytes: [UInt8], isAnswer: Bool) {
        leave()
        guard let finish else { return }
        self.finish = nil
        finish(bytes, isAnswer)
    }

    private func leave() {
        turn += 1
        timer?.cancel()
        timer = nil
        channel?.close(promise: nil)
        channel = nil
    }
}
