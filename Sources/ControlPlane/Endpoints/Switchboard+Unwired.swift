import Addresses
import HeddleAPI
import Logging
import Netlink

/// Endpoints of the drivers host and none: recorded and shown as others, with no device and no port in the data plane.
extension Switchboard {
    /// Attaches a sandbox to the network host or none.
    func attachUnwired(
        _ wish: AttachSpecification, driver: PredefinedDriver, network: NetworkRecord
    ) throws(APIError) -> Endpoint {
        try Self.refuseSettings(wish, driver: driver)
        try refuseSecond(wish, network: network)
        try refuseTakenName(wish, network: network)
        let sandbox = try SandboxSession(wish.reference)
        try refuseMisplaced(sandbox, wish: wish, driver: driver)
        try refuseSecond(wish, network: network, cookie: sandbox.cookie)
        try refuseMixing(wish, cookie: sandbox.cookie)
        var record = EndpointRecord(
            id: Identifier.make(), network: network.id, port: try freePort(), sandbox: wish.sandbox, ifname: "",
            via: driver.via, mac: .zero, addresses: [], name: wish.name, aliases: wish.aliases, vlan: nil,
            isGuarded: false, phase: .creating, isGone: false, cookie: sandbox.cookie, index: 0, nearIndex: 0, token: 0,
            isPinning: false)
        try save(record)
        FailPoint.pass(.attachRecorded)
        do throws(APIError) {
            try wireNothing(&record, sandbox: sandbox)
            record.phase = .active
            try save(record)
        } catch {
            try? undo(record, sandbox: sandbox)
            throw error
        }
        FailPoint.pass(.attachDone)
        watchSandboxes()
        log.info("\(record.label) attached to \(network.name)")
        return model(of: record, network: network)
    }

    /// Makes a sandbox what the driver says: with none, its loopback interface is up.
    func wireNothing(_ record: inout EndpointRecord, sandbox: SandboxSession) throws(APIError) {
        record.cookie = sandbox.cookie
        guard record.via == .loopback else { return }
        try PortMaker.kernel("setting up the loopback interface of \(record.label)") { () throws(NetlinkError) in
            guard let link = try sandbox.route.link(named: "lo") else { return }
            try sandbox.route.setUp(link: link.index)
        }
    }

    /// What needs an interface has no meaning without one.
    static func refuseSettings(_ wish: AttachSpecification, driver: PredefinedDriver) throws(APIError) {
        if let publish = wish.publish.first { throw refusal(of: publish, driver: driver) }
        let settings: [(String, Bool)] = [
            ("--ip", !wish.addresses.isEmpty), ("--mac", wish.mac != nil), ("--ifname", wish.ifname != nil),
            ("--vlan", wish.vlan != nil), ("--via", wish.via != .tap),
        ]
        guard let (option, _) = settings.first(where: { $0.1 }) else { return }
        throw .invalid(
            "the network \(driver.rawValue) makes no interface in a sandbox: \(option) means nothing for it",
            hint: "Leave it out, or attach to another network.")
    }

    /// Why nothing can be published of an endpoint of these drivers.
    static func refusal(of publish: PublishSpecification, driver: PredefinedDriver) -> APIError {
        switch driver {
        case .host:
            .invalid(
                "cannot publish \(publish): a sandbox on the network host has the host's own ports, so that published"
                    + " ports would be discarded",
                hint: "Leave out --publish: what listens in the sandbox is reached at the host's addresses.")
        case .none:
            .invalid(
                "cannot publish \(publish): a sandbox on the network none has no address",
                hint: "Leave out --publish, or attach it to another network.")
        }
    }

    /// On the host's network is what runs in the daemon's namespace; everything else isn't.
    func refuseMisplaced(
        _ sandbox: SandboxSession, wish: AttachSpecification, driver: PredefinedDriver
    ) throws(APIError) {
        let isHost = sandbox.cookie == ownCookie
        switch driver {
        case .host where !isHost:
            throw .invalid(
                "the sandbox \(APIError.quoted(wish.sandbox)) has a network namespace of its own, so that it can't be on"
                    + " the host's network",
                hint: "Start it in the host's namespace (as with 'docker run --network host'), or attach it to another"
                    + " network, such as \(DefaultNetwork.name).")
        case .none where isHost:
            throw .invalid(
                "the sandbox \(APIError.quoted(wish.sandbox)) is the daemon's own namespace, which has the host's networks",
                hint: "'heddle attach host \(wish.sandbox)' says so.")
        default: return
        }
    }

    /// A sandbox that is on no network isn't on another one as well, and the host is on its own.
    func refuseMixing(_ wish: AttachSpecification, cookie: UInt64? = nil) throws(APIError) {
        let isUnwired = PredefinedDriver(rawValue: wish.network) != nil
        let other = endpointRecords.values.first { endpoint in
            guard endpoint.via != .adopted, networkRecords[endpoint.network]?.name != wish.network else { return false }
            guard isUnwired || !endpoint.via.isWired else { return false }
            if endpoint.sandbox == wish.sandbox { return true }
            return cookie != nil && !endpoint.isGone && endpoint.cookie == cookie
        }
        guard let other, let known = networkRecords[other.network] else { return }
        let single = isUnwired ? wish.network : known.name
        throw .conflict(
            "the sandbox \(APIError.quoted(wish.sandbox)) is attached to \(known.name): a sandbox on the network \(single)"
                + " is on no other",
            hint: "'heddle detach \(known.name) \(other.sandbox)' first.")
    }
}
