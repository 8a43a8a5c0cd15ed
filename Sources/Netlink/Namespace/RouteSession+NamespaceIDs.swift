import SystemPackage

extension RouteSession {
    /// The number by which this session's namespace knows another one; nil if it has none.
    public func identifier(of namespace: NetworkNamespace) throws(NetlinkError) -> Int32? {
        var found: Int32?
        try perform(
            "read the identifier of the namespace \(namespace.identity)", type: MessageType.getNamespaceID,
            build: { writer in
                writer.appendNamespaceHeader()
                writer.attribute(NamespaceAttribute.descriptor, namespace.descriptor.rawValue)
            },
            read: { message throws(NetlinkFormatError) in
                guard message.type == MessageType.newNamespaceID else { return }
                found = try NamespaceIdentifier.read(message)
            })
        return found
    }

    /// Gives another namespace a number in this session's namespace and returns it; the one that it has if it has one.
    ///
    /// That holds nothing: the namespace can die, and `LinkMonitor` then reports `.namespaceRemoved`. With a number, a
    /// monitor of all namespaces sees what happens in it.
    @discardableResult
    public func assignIdentifier(to namespace: NetworkNamespace) throws(NetlinkError) -> Int32 {
        do throws(NetlinkError) {
            try perform(
                "give the namespace \(namespace.identity) an identifier", type: MessageType.newNamespaceID
            ) { writer in
                writer.appendNamespaceHeader()
                writer.attribute(NamespaceAttribute.identifier, Int32(-1))  // NETNSA_NSID_NOT_ASSIGNED: choose one
                writer.attribute(NamespaceAttribute.descriptor, namespace.descriptor.rawValue)
            }
        } catch {
            guard error.isAlreadyThere else { throw error }
        }
        guard let number = try identifier(of: namespace) else {
            throw NetlinkError(
                errno: .noSuchProcess, operation: "give the namespace \(namespace.identity) an identifier",
                message: "it has none")
        }
        return number
    }
}

/// Reading messages about identifiers of namespaces.
enum NamespaceIdentifier {
    /// The number in a message of type RTM_NEWNSID or RTM_DELNSID; nil if it says "none".
    static func read(_ message: NetlinkMessage) throws(NetlinkFormatError) -> Int32? {
        var attributes = AttributeReader(
            try message.payload.rest(from: headerSize, of: "a namespace's identifier"))
        while let attribute = try attributes.next() {
            guard attribute.type == NamespaceAttribute.identifier else { continue }
            let number: Int32 = try attribute.number()
            return number < 0 ? nil : number
        }
        return nil
    }

    /// Size of struct rtgenmsg, with padding.
    private static let headerSize = 4
}

extension MessageWriter {
    /// Appends struct rtgenmsg, padded.
    fileprivate mutating func appendNamespaceHeader() {
        append(ProtocolFamily.unspecified)
        pad()
    }
}
