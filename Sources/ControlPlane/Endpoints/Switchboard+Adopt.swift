import Addresses
import DataPlane
public import HeddleAPI
import Logging
import Netlink

extension Switchboard {
    /// See `ControlService`.
    public func adopt(network name: String, interface text: String) throws(APIError) -> Endpoint {
        let network = try findNetwork(name)
        try refuseAdoption(by: network)
        let ifname = try AttachSpecification.interfaceName(text)
        if let other = endpointRecords.values.first(where: { $0.via == .adopted && $0.ifname == ifname }) {
            let home = networkRecords[other.network]?.name ?? other.network
            throw .conflict(
                "the interface \(ifname) is adopted by \(home) already",
                hint: "'heddle port release \(ifname)' undoes that.")
        }
        let link = try adoptable(ifname)
        var record = EndpointRecord(
            id: Identifier.make(), network: network.id, port: try freePort(), sandbox: "", ifname: ifname,
            via: .adopted, mac: link.mac ?? .zero, addresses: [], name: "", aliases: [], vlan: nil, isGuarded: false,
            phase: .creating, isGone: false, cookie: ownCookie, index: link.index, nearIndex: 0,
            token: Identifier.token(), isPinning: false)
        try save(record)
        FailPoint.pass(.adoptRecorded)
        do throws(APIError) {
            try openAdopted(record, network: network)
            try engineWork { engine throws(EngineFailure) in try engine.plug(port: record.port) }
            FailPoint.pass(.adoptConfigured)
            record.phase = .active
            try save(record)
        } catch {
            try? undo(record, sandbox: nil)
            throw error
        }
        lookAtHost()
        log.info("\(ifname) adopted by \(name)")
        return record.model(network: network)
    }

    /// See `ControlService`.
    public func release(interface text: String) throws(APIError) {
        let ifname = try AttachSpecification.interfaceName(text)
        guard var record = endpointRecords.values.first(where: { $0.via == .adopted && $0.ifname == ifname }) else {
            throw .notFound(
                "no network has adopted an interface \(ifname)",
                hint: "'heddle endpoint ls' shows them, with \"adopted\" in the column VIA.")
        }
        record.phase = .removing
        try save(record)
        FailPoint.pass(.releaseRecorded)
        try undo(record, sandbox: nil)
        lookAtHost()
        log.info("\(ifname) released")
    }

    /// Opens a packet socket on an adopted interface and holds it for the engine.
    func openAdopted(_ record: EndpointRecord, network: NetworkRecord) throws(APIError) {
        let descriptor: Int32
        do throws(PortError) {
            descriptor = try PacketSocket.open(interfaceIndex: record.index, promiscuous: true)
        } catch {
            throw .refused(error, for: "adopting \(record.ifname)")
        }
        engine.hold(PortConfiguration(endpoint: record, network: network), descriptor: descriptor)
    }

    private func adoptable(_ ifname: String) throws(APIError) -> Link {
        let found = try PortMaker.kernel("looking at \(ifname)") { () throws(NetlinkError) in
            try own.link(named: ifname)
        }
        guard let link = found else {
            throw .notFound(
                "there is no interface \(ifname) in the daemon's namespace", hint: "'ip link' lists what there is.")
        }
        if link.flags.contains(.loopback) {
            throw .invalid(
                "\(ifname) is the loopback device, which leads nowhere", hint: "Adopt an Ethernet interface.")
        }
        if !link.isEthernet {
            throw .invalid("\(ifname) is no Ethernet interface", hint: "Adopt a veth end or an Ethernet interface.")
        }
        if mark.isOurs(link.alias ?? "") {
            throw .conflict("\(ifname) is Heddle's own: the host port of a network", hint: "Adopt another interface.")
        }
        if let master = link.master, master != 0 {
            let name = (try? own.link(index: master))?.name ?? "number \(master)"
            throw .conflict(
                "\(ifname) belongs to \(name), which would forward its frames too",
                hint: "Take it out first: ip link set \(ifname) nomaster.")
        }
        if !link.isUp {
            throw .invalid("\(ifname) is down", hint: "Bring it up first: ip link set \(ifname) up.")
        }
        return link
    }
}
