import Addresses
import DataPlane
import HeddleAPI

extension Switchboard {
    /// New records of what shall be published of an endpoint; refuses all of it if any can't be. Nothing is saved.
    func newPublishes(
        _ wishes: [PublishSpecification], mode: PublishRecord.Mode, endpoint: EndpointRecord, network: NetworkRecord
    ) throws(APIError) -> [PublishRecord] {
        var records: [PublishRecord] = []
        for wish in wishes {
            try Self.refuseUnreachable(wish, endpoint: endpoint)
            try refuseTaken(wish)
            try Self.refusePool(wish)
            records.append(PublishRecord(number: nextPublishNumber(), wish, mode: mode, endpoint: endpoint))
        }
        return records
    }

    /// Into some networks no port of the host can lead.
    static func refuseUnpublishable(_ wishes: [PublishSpecification], network: NetworkRecord) throws(APIError) {
        guard let wish = wishes.first else { return }
        if let driver = network.predefined { throw refusal(of: wish, driver: driver) }
        if let parent = network.parent {
            throw .invalid(
                "cannot publish \(wish): endpoints of \(network.name) have addresses of their own on the LAN of"
                    + " \(parent.label)",
                hint: "Leave out --publish: every port of the endpoint is reached there.")
        }
        if network.subnets.isEmpty {
            throw .invalid(
                "cannot publish \(wish): the network \(network.name) has no subnet, so that its endpoints have no"
                    + " address",
                hint: "Publish in a network that was made with --subnet.")
        }
        if network.isInternal {
            throw .invalid(
                "cannot publish \(wish): the network \(network.name) is internal, without a way in or out",
                hint: "Publish in a network that was made without --internal; a sandbox can be attached to both.")
        }
    }

    private static func refuseUnreachable(_ wish: PublishSpecification, endpoint: EndpointRecord) throws(APIError) {
        guard let family = wish.hostAddress?.family else { return }
        if endpoint.addresses.contains(where: { $0.family == family }) { return }
        throw .invalid(
            "cannot publish \(wish): \(endpoint.label) has no \(family) address",
            hint: "Give an address of the other family, or a network with an \(family) subnet.")
    }

    /// Ports that outgoing flows use can't be published.
    private static func refusePool(_ wish: PublishSpecification) throws(APIError) {
        let pool = PoolReservation.standardPorts
        guard pool.overlaps(wish.host) else { return }
        throw .conflict(
            "cannot publish \(wish): the host's ports \(pool.lowerBound) to \(pool.upperBound) are kept for what leaves"
                + " its networks",
            hint: "Choose a port below \(pool.lowerBound).")
    }

    private func refuseTaken(_ wish: PublishSpecification) throws(APIError) {
        let twins = publishRecords.values.filter { $0.specification.overlaps(wish) }
        guard let twin = twins.min(by: { $0.number < $1.number }), let owner = endpointRecords[twin.endpoint] else {
            return
        }
        let network = networkRecords[owner.network]?.name ?? owner.network
        let ports = PublishSpecification.text(wish.host.clamped(to: twin.first...max(twin.first, twin.last)))
        throw .conflict(
            "cannot publish \(wish): \(owner.label) in \(network) has the host's port \(ports)/\(wish.proto) already"
                + " (\(twin.specification))",
            hint: "Choose another port of the host, or 'heddle publish rm \(network) \(owner.sandbox)"
                + " \(twin.specification)'.")
    }

    /// A number that was not used since the daemon's start, as long as there are such.
    private func nextPublishNumber() -> UInt32 {
        repeat { lastPublishNumber &+= 1 } while lastPublishNumber == 0 || publishRecords[lastPublishNumber] != nil
        return lastPublishNumber
    }
}
