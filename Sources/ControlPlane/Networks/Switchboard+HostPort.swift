import Addresses
import DataPlane
import Glibc
import HeddleAPI
import Netlink
import SystemPackage

extension Switchboard {
    /// Makes the TAP that carries a network's gateway addresses in the daemon's own namespace, and tells the engine.
    func makeHostPort(_ record: inout NetworkRecord) throws(APIError) {
        guard let port = record.hostPort else { return }
        let name = record.hostInterface
        let what = "making the host port \(name) of \(record.name)"
        try removeStaleHostPort(record, what: what)
        let descriptor: Int32
        do throws(PortError) {
            descriptor = try TapDevice.create(name: name, persist: true)
        } catch {
            throw .refused(error, for: what)
        }
        var isHandedOver = false
        do throws(APIError) {
            FailPoint.pass(.networkHostMade)
            record.hostIndex = try setUpHostPort(record, what: what)
            FailPoint.pass(.networkHostWired)
            record.hostToken = Identifier.token()
            try save(record)
            let configuration = PortConfiguration(hostPort: port, of: record)
            isHandedOver = true
            kernelCountsAnew(port: port)
            engine.hold(configuration, descriptor: descriptor)
            try engineWork { engine throws(EngineFailure) in try engine.plug(port: port) }
            refreshStations(of: record.id)
        } catch {
            if isHandedOver {
                unplug(port: port, isTap: true)
            } else {
                TapDevice.release(descriptor: descriptor)
                close(descriptor)
            }
            throw error
        }
        for frame in Announcement.frames(mac: record.gatewayMAC, addresses: record.gatewayAddresses) {
            engine.inject(port: port, frame: frame)
        }
    }

    /// The host port's interface, if it is there and ours.
    func hostLink(of record: NetworkRecord, alias: String) throws(NetlinkError) -> Link? {
        if let link = try own.link(index: record.hostIndex), link.alias == alias { return link }
        guard let link = try own.link(named: record.hostInterface) else { return nil }
        // Made, but not marked yet when the daemon died. Nobody else makes such a name.
        return link.alias == alias || link.alias == nil && link.kind == "tun" ? link : nil
    }

    /// Attaches again to a host port that nobody holds.
    func reattachHostPort(_ record: inout NetworkRecord) throws(APIError) {
        guard let port = record.hostPort else { return }
        let what = "attaching to the host port of \(record.name)"
        let alias = mark.alias(of: record.id)
        let link = try PortMaker.kernel(what) { () throws(NetlinkError) in try hostLink(of: record, alias: alias) }
        guard let link else { throw .failed("\(what): it is not there") }
        let descriptor = try TapReattachment.attach(name: link.name, index: link.index, by: own, what: what)
        record.hostToken = Identifier.token()
        engine.hold(PortConfiguration(hostPort: port, of: record), descriptor: descriptor)
        try save(record)
    }

    /// A TAP of that name that is left of an earlier try.
    private func removeStaleHostPort(_ record: NetworkRecord, what: String) throws(APIError) {
        let alias = mark.alias(of: record.id)
        if let port = record.hostPort { unplug(port: port, isTap: true) }
        try PortMaker.kernel(what) { () throws(NetlinkError) in
            if let link = try hostLink(of: record, alias: alias) { try own.deleteLinkIfThere(index: link.index) }
        }
    }

    private func setUpHostPort(_ record: NetworkRecord, what: String) throws(APIError) -> Int32 {
        let index = try PortMaker.kernel(what) { () throws(NetlinkError) -> Int32 in
            guard let link = try own.link(named: record.hostInterface) else {
                throw NetlinkError(errno: .operationNotSupportedByDevice, operation: "find \(record.hostInterface)")
            }
            var change = LinkChange()
            change.mac = record.gatewayMAC
            change.mtu = UInt32(clamping: record.mtu)
            change.alias = mark.alias(of: record.id)
            change.txQueueLength = PortMaker.queueLength
            try own.change(link: link.index, change)
            // The gateway has the addresses that were given, no others.
            try own.silenceIPv6(link: link.index)
            return link.index
        }
        try InterfaceSetup(addresses: record.gatewayAddresses, gateways: []).apply(to: index, by: own, what: what)
        return index
    }
}

extension NetworkRecord {
    /// The gateways with the length of their subnets.
    var gatewayAddresses: [IPPrefix] {
        zip(gateways, subnets).compactMap { IPPrefix($0, length: $1.length) }
    }
}
