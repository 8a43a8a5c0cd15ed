import Addresses
import Logging
import NIOCore
import NIOPosix

/// The TCP half of the relay: accepts, connects to the endpoint, and joins the two.
final class StreamRelay: Sendable {
    /// One publish.
    private struct Publish {
        var listeners: [any Channel] = []
        /// Clients' sides of its connections, those that are still being connected included.
        var clients: [ObjectIdentifier: any Channel] = [:]
    }

    /// What only the event loop touches.
    private struct State {
        var publishes: [UInt32: Publish] = [:]
        var connectionCount = 0
    }

    private let loop: any EventLoop
    private let limits: RelayLimits
    private let log: Logger
    private let state: NIOLoopBoundBox<State>

    /// Everything will happen on this loop.
    init(loop: any EventLoop, limits: RelayLimits, log: Logger) {
        self.loop = loop
        self.limits = limits
        self.log = log
        state = .makeBoxSendingValue(State(), eventLoop: loop)
    }

    /// Connections that there are.
    var connectionCount: Int {
        (try? loop.submit { self.state.value.connectionCount }.wait()) ?? 0
    }

    /// Takes over listeners; `target` is the endpoint's port.
    func add(
        id: UInt32, _ ports: [(descriptor: Int32, target: UInt16)], target: IPAddress
    ) throws(RelayError) {
        var left = ports[...]
        while let port = left.popFirst() {
            do {
                let address = try SocketAddress(ipAddress: target.description, port: Int(port.target))
                try accept(on: port.descriptor, id: id, address).wait()
            } catch {
                // NIO closes what it could not use.
                for other in left { RelaySystem.close(other.descriptor) }
                remove(id: id)
                throw RelayError("cannot relay to port \(port.target)/tcp of \(target): \(error)")
            }
        }
    }

    private func accept(on descriptor: Int32, id: UInt32, _ target: SocketAddress) -> EventLoopFuture<Void> {
        ServerBootstrap(group: loop)
            .serverChannelInitializer { listener in
                // Waits when there are no descriptors left, instead of asking again at once.
                listener.eventLoop.makeCompletedFuture {
                    try listener.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelInitializer { client in
                // Accepted on this same loop, so all of this is on it.
                client.eventLoop.makeCompletedFuture {
                    try client.pipeline.syncOperations.addHandler(
                        StreamJoint.client { client, far in self.open(client, far, id: id, target) })
                }
            }
            .withBoundSocket(descriptor)
            .map { listener in self.state.value.publishes[id, default: Publish()].listeners.append(listener) }
    }

    /// Ends a publish.
    func remove(id: UInt32) {
        try? loop.flatSubmit { self.end(self.state.value.publishes.removeValue(forKey: id).map { [$0] } ?? []) }.wait()
    }

    /// Ends all.
    func removeAll() {
        try? loop.flatSubmit {
            let all = Array(self.state.value.publishes.values)
            self.state.value.publishes = [:]
            return self.end(all)
        }.wait()
    }

    private func end(_ publishes: [Publish]) -> EventLoopFuture<Void> {
        for client in publishes.flatMap(\.clients.values) { StreamJoint.reset(client) }
        let closing = publishes.flatMap(\.listeners).map { listener in listener.close().recover { _ in } }
        return .andAllSucceed(closing, on: loop)
    }

    /// A client has come.
    private func open(_ client: any Channel, _ far: StreamJoint, id: UInt32, _ target: SocketAddress) {
        guard let publish = state.value.publishes[id], publish.clients.count < limits.connectionsPerPublish,
            state.value.connectionCount < limits.connections
        else {
            log.debug("relay: a connection was refused, there are too many", metadata: ["target": "\(target)"])
            return StreamJoint.reset(client)
        }
        let key = ObjectIdentifier(client)
        state.value.publishes[id]?.clients[key] = client
        state.value.connectionCount += 1
        client.closeFuture.assumeIsolated().whenComplete { _ in
            self.state.value.connectionCount -= 1
            self.state.value.publishes[id]?.clients[key] = nil
        }
        let farSide = NIOLoopBound(far, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .connectTimeout(TimeAmount(limits.connectTimeout))
            .channelInitializer { server in
                server.eventLoop.makeCompletedFuture { try server.pipeline.syncOperations.addHandler(farSide.value) }
            }
            .connect(to: target)
            .assumeIsolated()
            .whenFailure { error in
                self.log.debug("relay: no connection", metadata: ["target": "\(target)", "error": "\(error)"])
                StreamJoint.reset(client)
            }
    }
}
