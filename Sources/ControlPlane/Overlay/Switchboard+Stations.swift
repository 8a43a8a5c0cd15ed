import Addresses
import DataPlane
public import HeddleAPI
import Logging

extension Switchboard {
    /// See `ControlService`.
    public func addStation(network name: String, _ request: StationRequest) throws(APIError) -> Station {
        let (network, overlay) = try findOverlay(name)
        let mac = try AttachSpecification.mac(request.mac)
        let vtep = try OverlaySpecification.peer(request.vtep, local: overlay.place.local)
        if !overlay.acceptsAnyPeer, !overlay.peers.contains(vtep) {
            throw .invalid(
                "\(vtep) is no peer of \(name), so that nothing would come back from \(mac)",
                hint: "Add it first: heddle peer add \(name) \(vtep); or make the network with --accept-any-peer.")
        }
        try refuseKnown(mac, network: network)
        let addresses = try stationAddresses(request.ip ?? [], network: network)
        let station = StationRecord(network: network.id, mac: mac, vtep: vtep, addresses: addresses)
        do throws(StoreError) {
            try store.save(station)
        } catch {
            throw .refused(error)
        }
        stationRecords[network.id, default: [:]][mac] = station
        FailPoint.pass(.stationRecorded)
        refreshStations(of: network.id)
        log.info("\(mac) lives behind \(vtep) in \(name)")
        return Station(
            mac: mac.description, port: nil, vtep: vtep.description, ageMilliseconds: 0, isStatic: true)
    }

    /// See `ControlService`.
    public func removeStation(network name: String, mac text: String) throws(APIError) {
        let network = try findNetwork(name)
        let mac = try AttachSpecification.mac(text)
        if let station = stationRecords[network.id]?[mac] {
            do throws(StoreError) {
                try store.delete(station)
            } catch {
                throw .refused(error)
            }
            stationRecords[network.id]?[mac] = nil
            FailPoint.pass(.stationRecorded)
            refreshStations(of: network.id)
            log.info("the static station \(mac) of \(name) is forgotten")
            return
        }
        let rows = engine.stations(domain: network.domain).filter { $0.mac == mac.value }
        if rows.isEmpty {
            throw .notFound(
                "there is no station \(mac) in \(name)", hint: "'heddle stations \(name)' lists those that are known.")
        }
        if rows.contains(where: \.isStatic) {
            throw .conflict("\(mac) is the gateway of \(name)", hint: "It goes with the network.")
        }
        for row in rows {
            let key = StationKey(domain: network.domain, vlan: row.vlan, mac: mac)
            try engineWork { engine throws(EngineFailure) in try engine.removeStation(key) }
        }
    }

    private func refuseKnown(_ mac: MACAddress, network: NetworkRecord) throws(APIError) {
        if let station = stationRecords[network.id]?[mac] {
            throw .conflict(
                "\(mac) is a static station of \(network.name) already, behind \(station.vtep)",
                hint: "Remove it first: heddle stations \(network.name) rm \(mac).")
        }
        if network.hostPort != nil, mac == network.gatewayMAC {
            throw .conflict("\(mac) is the MAC address of the gateway of \(network.name), which is on every host")
        }
        if let endpoint = endpoints(of: network).first(where: { $0.mac == mac }) {
            throw .conflict(
                "\(mac) is the MAC address of \(endpoint.label), on this host",
                hint: "Give the MAC address of a station of another host.")
        }
    }

    private func stationAddresses(_ texts: [String], network: NetworkRecord) throws(APIError) -> [IPAddress] {
        var addresses: [IPAddress] = []
        for text in texts {
            let address: IPAddress
            do {
                address = try IPAddress(parsing: text)
            } catch {
                throw .invalid("the station's address \(error)")
            }
            if address.isUnspecified || address.isMulticast || address.ipv4?.isLimitedBroadcast == true {
                throw .invalid("no station can have the address \(address)")
            }
            if !network.subnets.isEmpty, network.subnet(containing: address) == nil, !address.isLinkLocal {
                let all = network.subnets.map(\.description).joined(separator: " and ")
                throw .invalid(
                    "the address \(address) is in no subnet of \(network.name)", hint: "Take one of \(all).")
            }
            if let owner = owner(of: address, network: network) {
                throw .conflict("the address \(address) is in use by \(owner)", hint: "Choose another --ip.")
            }
            if addresses.contains(address) {
                throw .invalid("the address \(address) is named twice", hint: "Name every address once.")
            }
            addresses.append(address)
        }
        return addresses
    }

    private func owner(of address: IPAddress, network: NetworkRecord) -> String? {
        if network.gateways.contains(address) { return "the gateway" }
        let endpoint = endpoints(of: network).first { $0.addresses.contains { $0.address == address } }
        if let endpoint { return endpoint.label }
        return stationRecords[network.id, default: [:]].values.first { $0.addresses.contains(address) }
            .map { "the static station \($0.mac)" }
    }
}
