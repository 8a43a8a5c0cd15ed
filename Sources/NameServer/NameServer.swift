public import Addresses
import Glibc
public import Logging
import NIOCore
import NIOPosix
public import NameService

/// The name services of all networks: answers by UDP and TCP on sockets that were bound elsewhere, and asks the host's
/// resolvers from the namespace of the thread that made it. One thread; calls wait until they are done, and come from
/// other threads.
public final class NameServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let loop: any EventLoop
    private let limits: NameLimits
    private let log: Logger
    private let forwarder: NIOLoopBoundBox<Forwarder>

    /// One network's name service.
    public struct Handle: Sendable {
        let network: NameNetwork

        /// Changes what is known; holds for the next question.
        public func update(_ change: (inout NameZone) -> Void) {
            network.update(change)
        }

        /// Sets how long a datagram may be so that the network carries it whole.
        public func setDatagramLimit(_ bytes: Int) {
            network.setLimit(bytes)
        }

        /// What became of the questions so far.
        public var counts: NameCounts { network.currentCounts }
    }

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - resolvers: whom other names are asked of; empty: those of `resolverFile`, as it changes.
    public init(
        resolvers: [IPAddress] = [], resolverFile: String = "/etc/resolv.conf", limits: NameLimits = NameLimits(),
        log: Logger
    ) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        self.loop = loop
        self.limits = limits
        self.log = log
        let fixed = resolvers.map { ResolverConfiguration.Server($0) }
        forwarder = .makeBoxSendingValue(
            Forwarder(
                loop: loop, limits: limits, resolvers: HostResolvers(fixed: fixed, path: resolverFile)),
            eventLoop: loop)
    }

    /// Begins to serve a network. Takes over the descriptors, whatever comes of it.
    ///
    /// - Parameters:
    ///   - datagrams: bound UDP sockets.
    ///   - listeners: listening TCP sockets.
    ///   - datagramLimit: bytes that a datagram may have so that the network carries it whole.
    public func open(
        _ zone: NameZone, datagrams: [Int32], listeners: [Int32], datagramLimit: Int
    ) throws(NameServerError) -> Handle {
        let network = NameNetwork(zone: zone, datagramLimit: datagramLimit, loop: loop)
        var left = (datagrams.map { ($0, false) } + listeners.map { ($0, true) })[...]
        while let (descriptor, isListener) = left.popFirst() {
            do {
                try (isListener ? accept(on: descriptor, network) : receive(on: descriptor, network)).wait()
            } catch {
                // NIO closes what it could not use.
                for (other, _) in left { Glibc.close(other) }
                close(Handle(network: network))
                throw NameServerError("cannot serve names of \(zone.network): \(error)")
            }
        }
        return Handle(network: network)
    }

    private func receive(on descriptor: Int32, _ network: NameNetwork) -> EventLoopFuture<Void> {
        DatagramBootstrap(group: loop)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: DatagramHandler.longest)
            )
            .channelInitializer { [forwarder] channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = DatagramHandler(network: network, forwarder: forwarder.value)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .withBoundSocket(descriptor)
            .map { network.channels.value.open.append($0) }
    }

    private func accept(on descriptor: Int32, _ network: NameNetwork) -> EventLoopFuture<Void> {
        ServerBootstrap(group: loop)
            .serverChannelInitializer { listener in
                // Waits when there are no descriptors left, instead of asking again at once.
                listener.eventLoop.makeCompletedFuture {
                    try listener.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [forwarder, limits] client in
                // Accepted on this same loop, so all of this is on it.
                client.eventLoop.makeCompletedFuture {
                    guard Self.admit(client, network, limits) else { return client.close(promise: nil) }
                    let operations = client.pipeline.syncOperations
                    try operations.addHandler(IdleStateHandler(allTimeout: TimeAmount(limits.idle)))
                    try operations.addHandler(StreamHandler(network: network, forwarder: forwarder.value))
                }
            }
            .withBoundSocket(descriptor)
            .map { network.channels.value.open.append($0) }
    }

    /// Counts a connection; false if there are too many.
    private static func admit(_ client: any Channel, _ network: NameNetwork, _ limits: NameLimits) -> Bool {
        let channels = network.channels.value
        let address = client.remoteAddress?.plain
        let sameCount = channels.connections.values.count { $0.client == address }
        guard !channels.isClosed, channels.connections.count < limits.connections,
            sameCount < limits.connectionsPerClient
        else { return false }
        let key = ObjectIdentifier(client)
        network.channels.value.connections[key] = (client, address)
        client.closeFuture.assumeIsolated().whenComplete { _ in network.channels.value.connections[key] = nil }
        return true
    }

    /// Serves a network no longer.
    public func close(_ handle: Handle) {
        let closing = loop.flatSubmit { () -> EventLoopFuture<Void> in
            let channels = handle.network.channels.value
            handle.network.channels.value.isClosed = true
            handle.network.channels.value.open = []
            for connection in channels.connections.values { connection.channel.close(promise: nil) }
            return .andAllComplete(channels.open.map { $0.close() }, on: self.loop)
        }
        try? closing.wait()
    }

    /// Ends everything, and the thread; has to be called once, or the thread stays.
    public func shutDown() {
        do {
            try group.syncShutdownGracefully()
        } catch {
            log.debug("\(error)")
        }
    }
}
