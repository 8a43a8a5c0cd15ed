import SystemPackage

extension RouteSession {
    /// Makes a veth pair and returns the near end's index. The far end is made in `farNamespace`, or beside the near
    /// one. Throws `.fileExists` if either name is taken. If this throws, nothing is left.
    @discardableResult
    public func createVeth(
        near: NewLink, far: NewLink, farNamespace: NetworkNamespace? = nil, alias: String? = nil
    ) throws(NetlinkError) -> Int32 {
        let operation = "create the veth pair \(near.name) and \(far.name)"
        // The kernel configures the far end before it has a peer, and without one it can't come up.
        var dormant = far
        dormant.isUp = false
        let made = try create(operation, near, kind: "veth", alias: alias) { data in
            // The peer's attribute begins with a struct ifinfomsg.
            data.nested(LinkAttribute.vethPeer) { peer in
                dormant.write(to: &peer)
                if let farNamespace {
                    peer.attribute(LinkAttribute.namespaceDescriptor, farNamespace.descriptor.rawValue)
                }
            }
        }
        guard far.isUp, let peer = made.peer else { return made.index }
        do throws(NetlinkError) {
            if let farNamespace {
                try RouteSocket(in: farNamespace).setUp(link: peer)
            } else {
                try setUp(link: peer)
            }
        } catch {
            try? deleteLink(index: made.index)
            throw error
        }
        return made.index
    }

    /// Makes a bridge and returns its index.
    @discardableResult
    public func createBridge(
        _ link: NewLink, options: BridgeOptions = BridgeOptions(), alias: String? = nil
    ) throws(NetlinkError) -> Int32 {
        try create("create the bridge \(link.name)", link, kind: "bridge", alias: alias) { data in
            options.write(to: &data)
        }.index
    }

    /// Makes a VXLAN device and returns its index.
    @discardableResult
    public func createVXLAN(
        _ link: NewLink, options: VXLANOptions, alias: String? = nil
    ) throws(NetlinkError) -> Int32 {
        try create("create the VXLAN device \(link.name)", link, kind: "vxlan", alias: alias) { data in
            options.write(to: &data)
        }.index
    }

    private func create(
        _ operation: @autoclosure () -> String, _ link: NewLink, kind: String, alias: String?,
        data: (inout MessageWriter) -> Void
    ) throws(NetlinkError) -> Link {
        try perform(
            operation(), type: MessageType.newLink, flags: MessageFlags.create | MessageFlags.exclusive
        ) { writer in
            link.write(to: &writer)
            writer.nested(LinkAttribute.linkInfo) { info in
                info.attribute(LinkAttribute.infoKind, text: kind)
                info.nested(LinkAttribute.infoData) { inner in data(&inner) }
            }
        }
        guard let made = try self.link(named: link.name.text) else {
            throw NetlinkError(
                errno: .operationNotSupportedByDevice, operation: operation(), message: "it vanished at once")
        }
        // The kernel takes no alias for an interface that it makes.
        if let alias {
            do throws(NetlinkError) {
                try setAlias(link: made.index, alias)
            } catch {
                try? deleteLink(index: made.index)
                throw error
            }
        }
        return made
    }
}
