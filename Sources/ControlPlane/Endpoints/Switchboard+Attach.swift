import Addresses
import DataPlane
public import HeddleAPI
import Logging
import Netlink

extension Switchboard {
    /// See `ControlService`.
    public func attach(_ request: AttachRequest) throws(APIError) -> Endpoint {
        let wish = try AttachSpecification(request)
        try refuseMixing(wish)
        let network = try networkToJoin(wish)
        if let driver = network.predefined { return try attachUnwired(wish, driver: driver, network: network) }
        try Self.refuseUnpublishable(wish.publish, network: network)
        try refuseUnfit(wish, network: network)
        try refuseSecond(wish, network: network)
        try refuseTakenName(wish, network: network)
        let sandbox = try openSandbox(wish)
        try refuseSecond(wish, network: network, cookie: sandbox.cookie)
        try refuseMixing(wish, cookie: sandbox.cookie)
        var record = try newRecord(wish, network: network, sandbox: sandbox)
        let publishes = try newPublishes(
            wish.publish, mode: wish.publishMode, endpoint: record, network: network)
        try save(record, publishes)
        FailPoint.pass(.attachRecorded)
        do throws(APIError) {
            try wire(&record, network: network, sandbox: sandbox)
            try open(publishes, endpoint: record, network: network)
            record.phase = .active
            try save(record)
        } catch {
            // What can't be taken away now is taken away by the next start: the record says "creating".
            try? undo(record, sandbox: sandbox)
            throw error
        }
        FailPoint.pass(.attachDone)
        log.info("\(record.label) attached to \(network.name)")
        return model(of: record, network: network)
    }

    /// Makes an endpoint's device, moves it into the sandbox, sets it up, and tells the engine. On an error all that
    /// was made is gone again, but for the record.
    func wire(_ record: inout EndpointRecord, network: NetworkRecord, sandbox: SandboxSession) throws(APIError) {
        if !record.via.isWired { return try wireNothing(&record, sandbox: sandbox) }
        let plan = PortMaker.Plan(
            port: record.port, ifname: record.ifname, mac: record.mac, mtu: network.mtu,
            alias: mark.alias(of: record.id))
        let isTap = record.via == .tap
        let made = try isTap ? maker.makeTap(plan, in: sandbox) : maker.makeVeth(plan, in: sandbox)
        record.cookie = sandbox.cookie
        record.index = made.index
        record.nearIndex = made.nearIndex
        record.token = Identifier.token()
        record.isPinning = false
        kernelCountsAnew(port: record.port)
        // From here on the supervisor owns the descriptor, and `unplug` ends what was made.
        engine.hold(PortConfiguration(endpoint: record, network: network), descriptor: made.descriptor)
        do throws(APIError) {
            let what = "setting up \(record.label)"
            let setup = InterfaceSetup(
                addresses: record.addresses, gateways: gateways(for: record, in: network))
            try setup.apply(to: made.index, by: sandbox.route, what: what)
            try InterfaceSetup.awaitCarrier(of: made.index, by: sandbox.route, what: what)
            if !isTap { try InterfaceSetup.awaitNearEnd(made.nearIndex, by: privateNamespace.route, what: what) }
            FailPoint.pass(.attachWired)
            try engineWork { engine throws(EngineFailure) in try engine.plug(port: record.port) }
            FailPoint.pass(.attachConfigured)
        } catch {
            dismantle(record, sandbox: sandbox)
            throw error
        }
        announce(record)
    }

    /// Tells the others on an endpoint's network where it is. Returns whether the engine took it.
    @discardableResult
    func announce(_ record: EndpointRecord) -> Bool {
        Announcement.frames(mac: record.mac, addresses: record.addresses).allSatisfy { frame in
            engine.inject(port: record.port, frame: frame)
        }
    }

    private func newRecord(
        _ wish: AttachSpecification, network: NetworkRecord, sandbox: SandboxSession
    ) throws(APIError) -> EndpointRecord {
        let port = try freePort()
        let addresses = try AddressAssignment.addresses(
            wish.addresses, network: network, members: endpoints(of: network),
            remote: Array(stationRecords[network.id, default: [:]].values), reserved: lanAddresses(of: network),
            leased: network.subnets.flatMap(dockerLeases(in:)))
        let mac = wish.mac ?? AddressAssignment.mac(for: addresses, port: port, network: network)
        try refuseTaken(mac: mac, network: network)
        return EndpointRecord(
            id: Identifier.make(), network: network.id, port: port, sandbox: wish.sandbox,
            ifname: try chooseName(wish, sandbox: sandbox), via: wish.via, mac: mac, addresses: addresses,
            name: wish.name, aliases: wish.aliases, vlan: wish.vlan, isGuarded: !addresses.isEmpty, phase: .creating,
            isGone: false, cookie: sandbox.cookie, index: 0, nearIndex: 0, token: 0, isPinning: false)
    }

    func openSandbox(_ wish: AttachSpecification) throws(APIError) -> SandboxSession {
        let sandbox = try SandboxSession(wish.reference)
        if sandbox.cookie == ownCookie {
            throw .invalid(
                "the sandbox \(APIError.quoted(wish.sandbox)) is the daemon's own namespace",
                hint: "The host reaches a network with a subnet by its gateway address; 'heddle port adopt' takes an"
                    + " interface of the host into a network.")
        }
        return sandbox
    }
}
