import Addresses
public import HeddleAPI
import Logging

extension Switchboard {
    /// See `ControlService`.
    public func publish(
        network name: String, sandbox: String, specs: [String], mode: String?
    ) throws(APIError) -> [PublishedPort] {
        let mode = try PublishRecord.Mode(checking: mode)
        let wishes = try PublishSpecification.list(specs)
        if wishes.isEmpty { throw .invalid("there is nothing to publish", hint: "Name ports, such as 8080:80.") }
        let (endpoint, network) = try findPublisher(network: name, sandbox: sandbox)
        try Self.refuseUnpublishable(wishes, network: network)
        let records = try publish(wishes, mode: mode, endpoint: endpoint, network: network)
        return records.compactMap { model(of: $0) }
    }

    /// Records and opens: all of `wishes`, or none.
    func publish(
        _ wishes: [PublishSpecification], mode: PublishRecord.Mode, endpoint: EndpointRecord, network: NetworkRecord
    ) throws(APIError) -> [PublishRecord] {
        let records = try newPublishes(wishes, mode: mode, endpoint: endpoint, network: network)
        do throws(StoreError) {
            try store.insert(records)
        } catch {
            throw .refused(error)
        }
        for record in records { publishRecords[record.number] = record }
        FailPoint.pass(.publishRecorded)
        do throws(APIError) {
            if !endpoint.isGone { try open(records, endpoint: endpoint, network: network) }
        } catch {
            // What can't be forgotten now is shown, waits, and is opened if that becomes possible.
            for record in records { waitingPublishes[record.number] = error.message }
            try? forget(records)
            retryPublishesLater()
            throw error
        }
        for wish in wishes { log.info("\(wish) leads to \(endpoint.label) in \(network.name)") }
        return records
    }

    /// See `ControlService`.
    public func unpublish(network name: String, sandbox: String, spec text: String) throws(APIError) {
        let wish = try PublishSpecification(parsing: text)
        let (endpoint, network) = try findPublisher(network: name, sandbox: sandbox)
        let known = publishes(of: endpoint)
        guard let record = known.first(where: { $0.specification == wish }) else {
            if let holder = holder(of: wish) {
                throw .notFound(
                    "\(wish) is not published of \(endpoint.label) in \(network.name) but of \(holder.endpoint.label) in"
                        + " \(holder.network.name)",
                    hint: "'heddle publish rm \(holder.network.name) \(holder.endpoint.sandbox) \(wish)' ends that.")
            }
            let others = known.prefix(10).map { "\($0.specification)" }.joined(separator: ", ")
            let more = known.count > 10 ? " and \(known.count - 10) more" : ""
            throw .notFound(
                "\(wish) is not published of \(endpoint.label) in \(network.name)",
                hint: known.isEmpty ? "Nothing is." : "Published are \(others)\(more).")
        }
        try forget([record])
        FailPoint.pass(.publishForgotten)
        closePublishes([record])
        log.info("\(wish) leads to \(endpoint.label) in \(name) no more")
    }

    /// Whose a published specification is.
    private func holder(of wish: PublishSpecification) -> (endpoint: EndpointRecord, network: NetworkRecord)? {
        guard let record = publishRecords.values.first(where: { $0.specification == wish }),
            let endpoint = endpointRecords[record.endpoint], let network = networkRecords[record.network]
        else { return nil }
        return (endpoint, network)
    }

    /// See `ControlService`.
    public func publishedPorts() throws(APIError) -> [PublishedPort] {
        publishRecords.values.sorted { $0.number < $1.number }.compactMap { model(of: $0) }
            .sorted { ($0.network, $0.number ?? 0) < ($1.network, $1.number ?? 0) }
    }

    /// What the API shows of an endpoint.
    func model(of endpoint: EndpointRecord, network: NetworkRecord) -> Endpoint {
        endpoint.model(network: network, publishes: publishes(of: endpoint))
    }

    private func model(of record: PublishRecord) -> PublishedPort? {
        guard let endpoint = endpointRecords[record.endpoint], let network = networkRecords[record.network] else {
            return nil
        }
        let reason = endpoint.isGone ? "the endpoint is gone" : waitingPublishes[record.number]
        return PublishedPort(
            number: Int(record.number), network: network.name, sandbox: endpoint.sandbox, endpoint: endpoint.id,
            spec: record.specification.description, proto: record.proto.rawValue,
            hostAddress: record.hostAddress?.description, hostPort: Int(record.first), hostEnd: Int(record.last),
            port: Int(record.insideFirst), end: Int(record.insideLast), mode: record.mode.rawValue,
            state: reason == nil ? .active : .waiting, reason: reason)
    }

    private func findPublisher(
        network name: String, sandbox: String
    ) throws(APIError) -> (endpoint: EndpointRecord, network: NetworkRecord) {
        let network = try findNetwork(name)
        let endpoint = try findEndpoint(of: network, sandbox: sandbox)
        if endpoint.phase == .removing {
            throw .conflict(
                "\(endpoint.label) is being removed from \(name)",
                hint: "'heddle detach \(name) \(endpoint.sandbox)' ends that.")
        }
        return (endpoint, network)
    }

    /// Forgets what is published no more.
    func forget(_ records: [PublishRecord]) throws(APIError) {
        do throws(StoreError) {
            try store.delete(records)
        } catch {
            throw .refused(error)
        }
        for record in records {
            publishRecords[record.number] = nil
            waitingPublishes[record.number] = nil
        }
    }
}
