public import Addresses
public import Logging
import NIOCore
import NIOPosix

/// Carries connections and datagrams of local clients, which the data plane doesn't see, from published ports to
/// endpoints. Its threads stay in the network namespace of the one that started them.
///
/// The ports are bound elsewhere and live on there; this gets duplicates. Calls wait until they are done and come from
/// threads of the caller's, never from the relay's own.
public final class RelayServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let streams: StreamRelay
    private let datagrams: DatagramRelay

    /// Starts the relay's two threads: one for TCP, one for UDP.
    public init(limits: RelayLimits = RelayLimits(), log: Logger) throws(RelayError) {
        datagrams = try DatagramRelay(limits: limits, log: log)
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        streams = StreamRelay(loop: group.next(), limits: limits, log: log)
    }

    /// Serves published ports, also more of an id that is there already: the first descriptor is relayed to `firstPort`
    /// of the endpoint, the second to the port after it, and so on. Takes over the descriptors, listeners or bound UDP
    /// sockets, whatever comes of it. If this throws, nothing of that id is served any more.
    public func add(
        id: UInt32, _ transport: TransportProtocol, descriptors: [Int32], target: IPAddress, firstPort: UInt16
    ) throws(RelayError) {
        guard Int(firstPort) + descriptors.count <= Int(UInt16.max) + 1 else {
            for descriptor in descriptors { RelaySystem.close(descriptor) }
            remove(id: id)
            throw RelayError(
                "cannot relay \(descriptors.count) ports from port \(firstPort) of \(target) on: there are too few")
        }
        let ports = descriptors.enumerated().map { (descriptor: $1, target: firstPort + UInt16($0)) }
        switch transport {
        case .tcp: try streams.add(id: id, ports, target: target)
        case .udp: datagrams.add(id: id, ports, target: target)
        }
    }

    /// Ends a publish with all of its connections. Nothing happens if there is none of that id.
    public func remove(id: UInt32) {
        streams.remove(id: id)
        datagrams.remove(id: id)
    }

    /// Ends everything, and the threads; has to be called once, or the threads stay.
    public func shutDown() {
        streams.removeAll()
        datagrams.shutDown()
        try? group.syncShutdownGracefully()
    }

    /// How much is being relayed.
    public struct Load: Sendable, Hashable {
        /// TCP connections.
        public var connections: Int
        /// UDP clients.
        public var clients: Int
    }

    /// What is relayed now.
    public var load: Load {
        Load(connections: streams.connectionCount, clients: datagrams.clientCount)
    }
}
