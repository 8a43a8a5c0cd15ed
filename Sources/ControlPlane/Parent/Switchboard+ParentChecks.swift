import Addresses
import DataPlane
import HeddleAPI
import Netlink

/// A network's way to the LAN as it is to be recorded, and the interface as it is.
struct FoundParent {
    var settings: ParentSettings
    var link: Link
}

extension Switchboard {
    /// The host's interface that a new network names, or a refusal.
    func findParent(_ wish: ParentSpecification) throws(APIError) -> FoundParent {
        let links = try links()
        let divided = ParentSettings(dividing: wish.text, mode: wish.mode)
        let settings: ParentSettings
        let link: Link
        if let found = links.first(where: { $0.name == wish.text }) {
            settings = ParentSettings(interface: wish.text, mode: wish.mode)
            link = found
        } else if let divided, let found = links.first(where: { $0.name == divided.interface }) {
            settings = divided
            link = found
        } else {
            throw .notFound(
                "there is no interface \(APIError.quoted(divided?.interface ?? wish.text)) that could be a parent",
                hint: "'ip link' lists the host's interfaces.")
        }
        if let reason = obstacle(link) {
            throw .invalid(
                "\(link.name) can't be the parent of a network: \(reason)", hint: "Name an Ethernet interface.")
        }
        let twin = networkRecords.values.first {
            guard let other = $0.parent else { return false }
            return other.label == settings.label
        }
        if let twin {
            throw .conflict(
                "\(settings.label) is the parent of the network \(twin.name)",
                hint: "Attach to that network, or make one of another VLAN: --parent \(settings.interface).VLAN.")
        }
        return FoundParent(settings: settings, link: link)
    }

    /// Why an interface can't be a parent, or nil.
    private func obstacle(_ link: Link) -> String? {
        let isOwn =
            mark.isOurs(link.alias ?? "")
            || endpointRecords.values.contains { $0.via == .adopted && $0.index == link.index }
        return isOwn ? "it is part of a network" : HostLook.obstacle(link)
    }

    /// The host's interfaces.
    func links() throws(APIError) -> [Link] {
        try PortMaker.kernel("reading the host's interfaces") { () throws(NetlinkError) in try own.links() }
    }

    /// The MTU of a new network: what was asked for, if the parent carries it, else the parent's.
    func mtu(of wish: NetworkSpecification, parent: FoundParent) throws(APIError) -> Int {
        let carried = Int(parent.link.mtu)
        let wanted = wish.mtu ?? carried
        if wanted > carried {
            throw .invalid(
                "the MTU \(wanted) is larger than \(parent.link.name) carries: \(carried)",
                hint: "Say --mtu \(carried) or less, or leave it out to follow the parent.")
        }
        return min(wanted, NetworkSpecification.mtuRange.upperBound)
    }

    /// Refuses an endpoint that a network with a parent can't have.
    func refuseUnfit(_ wish: AttachSpecification, network: NetworkRecord) throws(APIError) {
        guard let parent = network.parent else { return }
        if parent.vlan != nil, wish.vlan != nil {
            throw .invalid(
                "\(network.name) is in the VLAN of its parent \(parent.label): its endpoints have no other",
                hint: "Leave out --vlan.")
        }
        if parent.mode == .passthru, let other = endpoints(of: network).first {
            throw .conflict(
                "\(network.name) is in the mode passthru and has its one endpoint: \(other.label)",
                hint: "'heddle detach \(network.name) \(other.sandbox)' frees it; other modes have more.")
        }
    }

    /// An interface of the host has stations behind it that a LAN's switch must know: no network with a parent does.
    func refuseAdoption(by network: NetworkRecord) throws(APIError) {
        if let driver = network.predefined {
            throw .invalid(
                "the network \(driver.rawValue) forwards nothing, so that it can't adopt an interface",
                hint: "Adopt into a network of the driver bridge.")
        }
        guard let parent = network.parent else { return }
        throw .invalid(
            "\(network.name) can't adopt interfaces: it is a part of the LAN of \(parent.label)",
            hint: "Attach sandboxes to it, or adopt into a network of the driver bridge.")
    }

    /// The host's own addresses on a network's LAN, which no endpoint can have too.
    func lanAddresses(of network: NetworkRecord) -> [IPAddress] {
        guard network.parent != nil, let found = try? own.addresses() else { return [] }
        return found.map(\.prefix.address).filter { network.subnet(containing: $0) != nil }
    }
}
