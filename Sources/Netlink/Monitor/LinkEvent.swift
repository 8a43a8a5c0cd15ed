/// Something that changed in a namespace.
public enum LinkEvent: Hashable, Sendable {
    /// An interface that is new in the namespace: made or moved there. May come more than once.
    case added(Link)
    /// An interface about which something changed.
    case changed(Link)
    /// An interface that is gone: removed or moved away.
    case removed(index: Int32, name: String)
    /// An address that is new or has changed.
    case addressAdded(InterfaceAddress)
    /// An address that is gone.
    case addressRemoved(InterfaceAddress)
    /// A route that is new or has changed.
    case routeAdded(Route)
    /// A route that is gone. Those that go with their interface going down are not all told.
    case routeRemoved(Route)
    /// A neighbour that is new or has changed.
    case neighbourChanged(Neighbour)
    /// A neighbour that is forgotten.
    case neighbourRemoved(Neighbour)
    /// A namespace that had this identifier is gone, with all that was in it.
    case namespaceRemoved(identifier: Int32)
    /// More happened than the socket could hold: read everything anew.
    case overrun
}

/// An event and the namespace that it happened in.
public struct NamespacedEvent: Hashable, Sendable {
    /// What happened.
    public var event: LinkEvent
    /// Identifier of the namespace, as the monitor's own namespace knows it; nil for that one itself.
    public var namespaceID: Int32?

    /// Makes an event of its parts.
    public init(event: LinkEvent, namespaceID: Int32?) {
        self.event = event
        self.namespaceID = namespaceID
    }
}

extension LinkEvent {
    /// The event that a message tells of; nil for other messages and for those about something else.
    init?(_ message: NetlinkMessage) throws(NetlinkFormatError) {
        switch message.type {
        case MessageType.newLink:
            guard let link = try Link(message) else { return nil }
            // The mask of changed flags is all ones for what is new.
            let mask: UInt32 = try message.payload.number(at: 12, of: "a link")
            self = mask == .max ? .added(link) : .changed(link)
        case MessageType.deleteLink:
            guard let link = try Link(message) else { return nil }
            self = .removed(index: link.index, name: link.name)
        case MessageType.newAddress, MessageType.deleteAddress:
            guard let address = try InterfaceAddress(message) else { return nil }
            self = message.type == MessageType.newAddress ? .addressAdded(address) : .addressRemoved(address)
        case MessageType.newRoute, MessageType.deleteRoute:
            guard let route = try Route(message) else { return nil }
            self = message.type == MessageType.newRoute ? .routeAdded(route) : .routeRemoved(route)
        case MessageType.newNeighbour, MessageType.deleteNeighbour:
            guard let neighbour = try Neighbour(message) else { return nil }
            let isNew = message.type == MessageType.newNeighbour
            self = isNew ? .neighbourChanged(neighbour) : .neighbourRemoved(neighbour)
        case MessageType.deleteNamespaceID:
            guard let number = try NamespaceIdentifier.read(message) else { return nil }
            self = .namespaceRemoved(identifier: number)
        case MessageType.overrun:
            self = .overrun
        default:
            return nil
        }
    }
}
