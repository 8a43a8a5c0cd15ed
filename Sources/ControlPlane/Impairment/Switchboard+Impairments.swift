import DataPlane
public import HeddleAPI
import Logging

extension Switchboard {
    /// See `ControlService`.
    public func impairments(network name: String?) throws(APIError) -> [EndpointImpairment] {
        let only = try name.map { name throws(APIError) in try findNetwork(name).id }
        let ids = Set(impairmentRecords.keys.map(\.endpoint))
        return ids.compactMap { endpointRecords[$0] }.filter { only == nil || $0.network == only }
            .compactMap { endpoint in networkRecords[endpoint.network].map { model(of: endpoint, in: $0) } }
            .sorted { ($0.network, $0.sandbox, $0.ifname) < ($1.network, $1.sandbox, $1.ifname) }
    }

    /// See `ControlService`.
    public func impair(_ request: ImpairmentRequest) throws(APIError) -> EndpointImpairment {
        let wishes = [(ImpairmentRecord.Direction.in, request.inward), (.out, request.outward)]
            .compactMap { direction, wish in wish.map { (direction, $0) } }
        if wishes.isEmpty {
            throw .invalid(
                "there is no impairment for \(APIError.quoted(request.sandbox))",
                hint: "Say one for 'in', which is what comes from the sandbox, or for 'out'; {} ends one.")
        }
        try Self.check(wishes, of: request.sandbox)
        let (endpoint, network) = try findImpaired(request)
        try impair(endpoint, wishes)
        log.info(
            "\(endpoint.label) in \(network.name): \(wishes.count == 2 ? "both directions" : "one direction") impaired")
        return model(of: endpoint, in: network)
    }

    /// See `ControlService`.
    public func removeImpairment(endpoint id: String) throws(APIError) {
        guard let endpoint = endpointRecords[try self.endpoint(id: id).id] else { return }
        guard ImpairmentRecord.Direction.allCases.contains(where: { impairment(of: endpoint, $0) != nil }) else {
            throw .notFound("\(endpoint.label) is not impaired", hint: "'heddle impair' shows what is.")
        }
        try impair(endpoint, ImpairmentRecord.Direction.allCases.map { ($0, Impairment()) })
    }

    /// Records what is wished, and does it.
    private func impair(
        _ endpoint: EndpointRecord, _ wishes: [(ImpairmentRecord.Direction, Impairment)]
    ) throws(APIError) {
        var saved: [ImpairmentRecord] = []
        var deleted: [ImpairmentRecord] = []
        for (direction, wish) in wishes {
            var record = ImpairmentRecord(endpoint: endpoint.id, direction: direction, impairment: wish)
            let known = impairmentRecords[record.key]
            // What has been random stays so: only another seed begins anew.
            record.impairment.seed =
                wish.seed ?? known?.impairment.seed ?? UInt64(UInt32.random(in: 1...UInt32.max))
            if wish.isEmpty { deleted.append(record) } else { saved.append(record) }
        }
        let before = wishes.map { direction, _ in
            ImpairmentRecord.Key(endpoint: endpoint.id, direction: direction)
        }.compactMap { impairmentRecords[$0] }
        try record(saved, deleted)
        do throws(APIError) {
            for record in deleted + saved { try tell(record, port: endpoint.port) }
        } catch {
            // As if nothing had been said.
            try? self.record(before, deleted + saved.filter { one in !before.contains { $0.key == one.key } })
            for record in saved + deleted {
                try? tell(before.first { $0.key == record.key } ?? record.cleared, port: endpoint.port)
            }
            throw error
        }
    }

    private func record(_ saved: [ImpairmentRecord], _ deleted: [ImpairmentRecord]) throws(APIError) {
        do throws(StoreError) {
            try store.change(saving: saved, deleting: deleted)
        } catch {
            throw .refused(error)
        }
        for record in deleted { impairmentRecords[record.key] = nil }
        for record in saved { impairmentRecords[record.key] = record }
    }

    /// Has the engine do what is recorded.
    private func tell(_ record: ImpairmentRecord, port: UInt16) throws(APIError) {
        let wish = try Self.read(record.impairment, of: record.endpoint)
        try engineWork { engine throws(EngineFailure) in
            try engine.set(ImpairmentConfiguration(port: port, record.direction, wish))
        }
    }

    /// Reads what is recorded, before the engine is told anything.
    func loadImpairments() throws(StoreError) {
        for record in try store.loadImpairments() {
            impairmentRecords[record.key] = record
            guard let endpoint = endpointRecords[record.endpoint] else { continue }
            do throws(ImpairmentProblems) {
                let wish = try ImpairmentSpecification(record.impairment)
                engine.hold(ImpairmentConfiguration(port: endpoint.port, record.direction, wish))
            } catch {
                throw StoreError("the recorded impairment of \(endpoint.label) can't be read: \(error)")
            }
        }
    }

    /// The endpoint is forgotten.
    func forgetImpairments(of endpoint: EndpointRecord) {
        for direction in ImpairmentRecord.Direction.allCases {
            impairmentRecords[ImpairmentRecord.Key(endpoint: endpoint.id, direction: direction)] = nil
        }
        engine.forgetImpairments(port: endpoint.port)
    }
}

extension Switchboard {
    /// Names all that is wrong with what is wished, once if both directions have it.
    private static func check(
        _ wishes: [(ImpairmentRecord.Direction, Impairment)], of sandbox: String
    ) throws(APIError) {
        var found: [String] = []
        for (direction, wish) in wishes {
            if wish.isEmpty, wish.seed != nil {
                throw .invalid(
                    "cannot impair \(APIError.quoted(sandbox)): a seed alone does nothing",
                    hint: "Say what shall happen; {} ends what does.")
            }
            do throws(ImpairmentProblems) {
                _ = try ImpairmentSpecification(wish)
            } catch {
                let isShared = wishes.count == 2 && wishes[0].1 == wishes[1].1
                let text = isShared ? "\(error)" : "\(direction.rawValue): \(error)"
                if !found.contains(text) { found.append(text) }
            }
        }
        if found.isEmpty { return }
        throw .invalid(
            "cannot impair \(APIError.quoted(sandbox)): " + found.joined(separator: "; "),
            hint: "'heddle impair --help' shows how each setting is written.")
    }

    private static func read(_ impairment: Impairment, of name: String) throws(APIError) -> ImpairmentSpecification {
        do throws(ImpairmentProblems) {
            return try ImpairmentSpecification(impairment)
        } catch {
            throw .invalid("cannot impair \(APIError.quoted(name)): \(error)")
        }
    }

    /// The endpoint that is meant, or a refusal.
    private func findImpaired(
        _ request: ImpairmentRequest
    ) throws(APIError) -> (endpoint: EndpointRecord, network: NetworkRecord) {
        let endpoint = try findEndpoint(sandbox: request.sandbox, network: request.network, ifname: request.ifname)
        guard let network = networkRecords[endpoint.network], endpoint.via.isWired else {
            throw .invalid(
                "\(endpoint.label) has no port of a switch: it is attached to \(endpoint.via.rawValue)",
                hint: "Impairments are for endpoints with an interface of Heddle's.")
        }
        if endpoint.phase == .removing {
            throw .conflict(
                "\(endpoint.label) is being removed from \(network.name)",
                hint: "'heddle detach \(network.name) \(endpoint.sandbox)' ends that.")
        }
        return (endpoint, network)
    }

    /// The one endpoint of a sandbox, or of an adopted interface, that is meant.
    private func findEndpoint(
        sandbox text: String, network name: String?, ifname: String?
    ) throws(APIError) -> EndpointRecord {
        var found = endpointRecords.values.filter {
            $0.via == .adopted ? $0.ifname == text : $0.sandbox == text
        }
        if let name {
            let network = try findNetwork(name)
            found.removeAll { $0.network != network.id }
            if found.isEmpty { found = [try findEndpoint(of: network, sandbox: text)] }
        } else if found.isEmpty {
            // Perhaps the same namespace under another name.
            found = networkRecords.values.compactMap { try? findEndpoint(of: $0, sandbox: text) }
        }
        if let ifname { found.removeAll { $0.ifname != ifname } }
        if found.count == 1 { return found[0] }
        let places = found.map { "\(networkRecords[$0.network]?.name ?? "?") (\($0.ifname))" }.sorted()
        if places.isEmpty {
            let port = ifname.map { " by an interface \(APIError.quoted($0))" } ?? ""
            throw .notFound(
                "the sandbox \(APIError.quoted(text)) is not attached to any network\(port)",
                hint: "'heddle endpoint ls' shows what is, in the column SANDBOX.")
        }
        throw .invalid(
            "\(APIError.quoted(text)) is on several networks: \(places.joined(separator: ", "))",
            hint: "Say which is meant with --network, or with --port and the interface's name.")
    }

    /// What is done in one direction; nil: nothing.
    private func impairment(of endpoint: EndpointRecord, _ direction: ImpairmentRecord.Direction) -> Impairment? {
        impairmentRecords[ImpairmentRecord.Key(endpoint: endpoint.id, direction: direction)]?.impairment
    }

    private func model(of endpoint: EndpointRecord, in network: NetworkRecord) -> EndpointImpairment {
        EndpointImpairment(
            network: network.name, sandbox: endpoint.sandbox, endpoint: endpoint.id, ifname: endpoint.ifname,
            inward: impairment(of: endpoint, .in), outward: impairment(of: endpoint, .out))
    }
}

extension ImpairmentRecord {
    /// The same direction without an impairment.
    fileprivate var cleared: ImpairmentRecord {
        ImpairmentRecord(endpoint: endpoint, direction: direction, impairment: Impairment())
    }
}
