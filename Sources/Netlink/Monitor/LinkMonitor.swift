public import SystemPackage

/// Tells what changes in a namespace. For one thread at a time.
///
/// The monitor keeps its namespace alive. To watch sandboxes without that, give them an identifier in a namespace of
/// one's own (`assignIdentifier`) and watch all namespaces from there.
///
/// What happened before `init` returns is not told, what happens after is: begin a monitor first, then read the state.
public final class LinkMonitor {
    /// What to be told of; interfaces always.
    public struct Topics: OptionSet, Hashable, Sendable {
        /// The bits.
        public let rawValue: UInt8

        /// Makes a set of its bits.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// Addresses of interfaces.
        public static let addresses = Topics(rawValue: 1)
        /// Routes.
        public static let routes = Topics(rawValue: 2)
        /// Neighbours.
        public static let neighbours = Topics(rawValue: 4)
        /// Namespaces with an identifier that go away.
        public static let namespaces = Topics(rawValue: 8)

        /// RTNLGRP_* of linux/rtnetlink.h.
        var groups: [CInt] {
            var groups: [CInt] = [1]  // RTNLGRP_LINK
            if contains(.addresses) { groups += [5, 9] }  // RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR
            if contains(.routes) { groups += [7, 11] }  // RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE
            if contains(.neighbours) { groups += [3] }  // RTNLGRP_NEIGH
            if contains(.namespaces) { groups += [28] }  // RTNLGRP_NSID
            return groups
        }
    }

    private let transport: any NetlinkTransport
    /// The socket's descriptor, readable when there may be an event. Non-blocking; owned by the monitor.
    public let descriptor: FileDescriptor
    // Reversed, so that taking the oldest is cheap.
    private var waiting: [NamespacedEvent] = []

    /// How much the socket holds while nobody reads: some ten thousand events.
    private static let bufferBytes: CInt = 8 << 20

    /// Begins to watch a namespace (nil: the calling thread's). With `allNamespaces`, also those that have an
    /// identifier there.
    public init(
        in namespace: NetworkNamespace? = nil, topics: Topics = [], allNamespaces: Bool = false,
        receiveBuffer: Int32? = nil
    ) throws(NetlinkError) {
        do throws(Errno) {
            let socket = try NetlinkSocket(in: namespace, nonblocking: true)
            try socket.setReceiveBuffer(bytes: receiveBuffer ?? LinkMonitor.bufferBytes)
            if allNamespaces { try socket.listenToAllNamespaces() }
            for group in topics.groups {
                try socket.join(group: group)
            }
            transport = socket
            descriptor = socket.descriptor
        } catch {
            throw NetlinkError(errno: error, operation: "watch the network interfaces")
        }
    }

    /// A monitor over a transport that tests make.
    package init(transport: some NetlinkTransport) {
        self.transport = transport
        descriptor = FileDescriptor(rawValue: -1)
    }

    /// The next event; nil if nothing happened since, without waiting. After `.overrun`, or if a message cannot be read
    /// (`.badMessage`), events are lost, and the state must be read anew.
    public func next() throws(NetlinkError) -> LinkEvent? {
        try nextNamespaced()?.event
    }

    /// Like `next`, with the namespace that the event happened in.
    public func nextNamespaced() throws(NetlinkError) -> NamespacedEvent? {
        do throws(Errno) {
            // Datagrams may tell of nothing that matters.
            while waiting.isEmpty {
                let datagram = try transport.receive()
                try read(datagram)
            }
        } catch {
            switch error {
            case .resourceTemporarilyUnavailable: return nil
            case .noBufferSpace: return NamespacedEvent(event: .overrun, namespaceID: nil)
            default: throw NetlinkError(errno: error, operation: "watch the network interfaces")
            }
        }
        return waiting.popLast()
    }

    private func read(_ datagram: NetlinkDatagram) throws(Errno) {
        var messages = MessageReader(datagram.bytes)
        var events: [NamespacedEvent] = []
        do throws(NetlinkFormatError) {
            while let message = try messages.next() {
                guard let event = try LinkEvent(message) else { continue }
                events.append(NamespacedEvent(event: event, namespaceID: datagram.namespaceID))
            }
        } catch {
            throw .badMessage
        }
        waiting = events.reversed()
    }
}
