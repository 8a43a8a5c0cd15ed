import AddressManagement
import Addresses
import DataPlane
public import HeddleAPI
import Logging
import Netlink

/// Endpoints of Docker's: the interface is made whole in the daemon's namespace, and Docker moves it into the container,
/// renames it and gives it its addresses, in its own time. Nothing here enters a container.
extension Switchboard {
    /// See `DockerService`.
    public func createDockerEndpoint(_ request: DockerEndpointRequest) throws(APIError) -> String {
        let id = request.reference.endpoint
        let (docker, network) = try findDockerNetwork(request.reference.network)
        if let known = dockerEndpoints[id], let record = endpointRecords[known.endpoint], record.network == network.id {
            return record.mac.description
        }
        try DockerIdentifier.check(id, what: "endpoint")
        var record = try newRecord(request, docker: docker, network: network)
        let row = DockerEndpointRecord(id: id, endpoint: record.id, sandbox: "")
        try save(record, row)
        FailPoint.pass(.dockerEndpointRecorded)
        do throws(APIError) {
            try handOut(&record, network: network)
            record.phase = .active
            try save(record)
        } catch {
            try? undo(record, sandbox: nil)
            throw error
        }
        FailPoint.pass(.dockerEndpointDone)
        dockerMentions[id] = .now
        log.info("\(record.label) made for \(network.name)")
        return record.mac.description
    }

    /// See `DockerService`.
    public func removeDockerEndpoint(_ endpoint: DockerEndpointReference) throws(APIError) {
        guard let row = dockerEndpoints[endpoint.endpoint], let record = endpointRecords[row.endpoint] else { return }
        try remove(record)
    }

    /// See `DockerService`.
    public func joinDockerEndpoint(
        _ endpoint: DockerEndpointReference, sandbox: String
    ) throws(APIError) -> DockerJoin {
        let found = try findDockerEndpoint(endpoint)
        var (row, record, network) = found
        row.sandbox = sandbox
        if row != found.row { try save(row) }
        if record.isGone {
            // It vanished before Docker came for it.
            dismantle(record, sandbox: nil)
            record.phase = .returning
            try save(record)
            try handOut(&record, network: network)
            record.phase = .active
            record.isGone = false
            try save(record)
        }
        dockerMentions[row.id] = .now
        let hasAddresses = !record.addresses.isEmpty
        let gateways = network.isInternal ? [] : record.addresses.compactMap { network.gateway($0.family) }
        return DockerJoin(
            interface: record.ifname, prefix: "eth", gateways: gateways.map(\.description),
            isWithoutWayOut: network.isInternal || !hasAddresses)
    }

    /// See `DockerService`.
    public func leaveDockerEndpoint(_ endpoint: DockerEndpointReference) throws(APIError) {
        guard var row = dockerEndpoints[endpoint.endpoint] else { return }
        try unpublishDockerEndpoint(endpoint)
        // Docker moves the interface back only after this; it goes with the endpoint.
        row.sandbox = ""
        try save(row)
        dockerMentions[row.id] = .now
    }

    /// An endpoint that Docker names, or a refusal.
    func findDockerEndpoint(
        _ reference: DockerEndpointReference
    ) throws(APIError) -> (row: DockerEndpointRecord, record: EndpointRecord, network: NetworkRecord) {
        let network = try findDockerNetwork(reference.network).network
        guard let row = dockerEndpoints[reference.endpoint], let record = endpointRecords[row.endpoint],
            record.network == network.id
        else {
            throw .notFound(
                "\(network.name) has no endpoint of Docker's with the id \(APIError.quoted(reference.endpoint.prefix(12)))",
                hint: "Start the container again: it gets a new one.")
        }
        return (row, record, network)
    }

    /// Records what Docker said of an endpoint.
    func save(_ row: DockerEndpointRecord) throws(APIError) {
        guard let record = endpointRecords[row.endpoint] else { return }
        try save(record, row)
    }

    /// Records an endpoint, and that it is Docker's.
    private func save(_ record: EndpointRecord, _ row: DockerEndpointRecord) throws(APIError) {
        do throws(StoreError) {
            try store.save(record, row)
        } catch {
            throw .refused(error)
        }
        endpointRecords[record.id] = record
        dockerEndpoints[row.id] = row
        refreshStations(of: record.network)
    }

    /// Takes away an endpoint's interface if it lies in the daemon's namespace.
    func deleteHandedOut(_ record: EndpointRecord) {
        do throws(NetlinkError) {
            let alias = mark.alias(of: record.id)
            guard let link = try own.links().first(where: { $0.alias == alias }) else { return }
            try own.deleteLinkIfThere(index: link.index)
        } catch {
            log.warning("removing \(record.label): \(error)")
        }
    }

    /// Ends an endpoint.
    func remove(_ endpoint: EndpointRecord) throws(APIError) {
        var record = endpoint
        record.phase = .removing
        try save(record)
        FailPoint.pass(.detachRecorded)
        try undo(record, sandbox: nil)
        log.info("\(record.label) removed")
    }

    /// Makes the interface in the daemon's namespace, and tells the engine. On an error all that was made is gone again,
    /// but for the record.
    private func handOut(_ record: inout EndpointRecord, network: NetworkRecord) throws(APIError) {
        let plan = PortMaker.Plan(
            port: record.port, ifname: record.ifname, mac: record.mac, mtu: network.mtu,
            alias: mark.alias(of: record.id))
        let host = try SandboxSession(namespace: ownNamespace, what: "the host")
        let made = try record.via == .tap ? maker.makeTap(plan, inPlace: host) : maker.makeVeth(plan, in: host)
        record.cookie = 0
        record.index = made.index
        record.nearIndex = made.nearIndex
        record.token = Identifier.token()
        record.isPinning = false
        kernelCountsAnew(port: record.port)
        engine.hold(PortConfiguration(endpoint: record, network: network), descriptor: made.descriptor)
        do throws(APIError) {
            try engineWork { engine throws(EngineFailure) in try engine.plug(port: record.port) }
        } catch {
            dismantle(record, sandbox: nil)
            throw error
        }
    }

    private func newRecord(
        _ request: DockerEndpointRequest, docker: DockerNetworkRecord, network: NetworkRecord
    ) throws(APIError) -> EndpointRecord {
        let via = try DockerOption.via(request.options["via"]) ?? docker.via
        let addresses = try request.addresses.map { text throws(APIError) in try Self.address(text, in: network) }
        let wanted = try request.mac.map { text throws(APIError) in try AttachSpecification.mac(text) }
        evict(addresses: addresses, mac: wanted, network: network)
        for address in addresses { try refuseTaken(address.address, network: network) }
        let port = try freePort()
        let mac = wanted ?? AddressAssignment.mac(for: addresses, port: port, network: network)
        try refuseTaken(mac: mac, network: network)
        let id = Identifier.make()
        return EndpointRecord(
            id: id, network: network.id, port: port,
            sandbox: EndpointRecord.dockerSandbox(request.reference.endpoint), ifname: "hd" + id.prefix(8), via: via,
            mac: mac, addresses: addresses, name: "", aliases: [], vlan: nil, isGuarded: !addresses.isEmpty,
            phase: .creating, isGone: false, cookie: 0, index: 0, nearIndex: 0, token: 0, isPinning: false)
    }

    private static func address(_ text: String, in network: NetworkRecord) throws(APIError) -> IPPrefix {
        guard let given = IPPrefix(text) else {
            throw .invalid("\(APIError.quoted(text)) is not an address with a prefix length")
        }
        guard let subnet = network.subnet(containing: given.address),
            let address = IPPrefix(given.address, length: subnet.length)
        else { throw .invalid("the address \(given.address) is in no subnet of \(network.name)") }
        return address
    }

    /// Docker hands out addresses itself, but knows nothing of what was attached otherwise.
    private func refuseTaken(_ address: IPAddress, network: NetworkRecord) throws(APIError) {
        guard let subnet = network.subnet(containing: address) else { return }
        let members = endpoints(of: network)
        let remote = Array(stationRecords[network.id, default: [:]].values)
        do throws(AddressPoolError) {
            var pool = try network.pool(of: subnet, members: members, remote: remote)
            try pool.take(address)
        } catch {
            let owner = members.first { $0.addresses.contains { $0.address == address } }?.label
            throw .conflict(
                owner.map { "the address \(address) is in use by \($0) in \(network.name)" } ?? "\(error)",
                hint: "Choose another with --ip, or detach what has it.")
        }
    }
}
