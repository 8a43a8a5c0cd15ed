import FoundationEssentials
import HeddleAPI
import HeddleClient

extension LabRunner {
    /// Has a daemon make something.
    func ask(_ thing: LabThing) throws(LabError) -> [String: String] {
        do throws(APIError) {
            switch thing {
            case .network(let host, let request):
                return ["id": try daemon(host).createNetwork(request).id]
            case .peer(let host, let network, let vtep):
                _ = try daemon(host).addPeer(network: network, vtep: vtep)
            case .endpoint(let endpoint):
                var request = endpoint.request
                request.sandbox = try sandboxName(of: endpoint.name.node)
                let made = try daemon(endpoint.name.host).attach(request)
                return ["id": made.id, "ifname": made.ifname, "addresses": made.addresses.joined(separator: " ")]
            case .impairment(let name, let inward, let outward):
                let request = ImpairmentRequest(
                    sandbox: try sandboxName(of: name.node), network: name.network, inward: inward ?? Impairment(),
                    outward: outward ?? Impairment())
                return ["impairment": LabRunner.mark(of: try daemon(name.host).impair(request))]
            case .publish(let name, let spec, let mode):
                let made = try daemon(name.host).publish(
                    network: name.network, sandbox: try sandboxName(of: name.node), specs: [spec], mode: mode)
                return made.first.map { ["published": LabRunner.mark(of: $0)] } ?? [:]
            default: break
            }
            return [:]
        } catch {
            throw LabError(error.message, hint: error.hint)
        }
    }

    /// Tells an impairment from another one, as the daemon writes both.
    static func mark(of impairment: EndpointImpairment) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // Of values that always can be written.
        return (try? encoder.encode(impairment)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Tells a published port from another one, whether it is in use yet or not.
    static func mark(of port: PublishedPort) -> String {
        let ports = "\(port.hostAddress ?? "") \(port.hostPort)-\(port.hostEnd) \(port.port)-\(port.end)"
        return "\(port.endpoint) \(port.proto) \(ports) \(port.mode)"
    }

    /// Has a daemon take something away. Fine if it is gone.
    func dismiss(_ thing: LabThing) throws(LabError) {
        do throws(APIError) {
            switch thing {
            case .network(let host, let request): try daemon(host).removeNetwork(named: request.name)
            case .peer(let host, let network, let vtep): try daemon(host).removePeer(network: network, vtep: vtep)
            case .endpoint(let endpoint):
                try daemon(endpoint.name.host).detach(
                    network: endpoint.name.network, sandbox: try sandboxName(of: endpoint))
            case .impairment(let name, _, _):
                let request = ImpairmentRequest(
                    sandbox: try sandboxName(of: name.node), network: name.network, inward: Impairment(),
                    outward: Impairment())
                _ = try daemon(name.host).impair(request)
            case .publish(let name, let spec, _):
                try daemon(name.host).unpublish(
                    network: name.network, sandbox: try sandboxName(of: name.node), spec: spec)
            default: break
            }
        } catch {
            if error.code == .notFound { return }
            throw LabError(error.message, hint: error.hint)
        }
    }

    private func daemon(_ host: String?) throws(APIError) -> DaemonClient {
        do throws(LabError) {
            return try client(host)
        } catch {
            throw APIError(.failed, error.message, hint: error.hint)
        }
    }

    /// Of what is there. If a damaged record has lost the node, the daemon still knows the endpoint by its id.
    private func sandboxName(of endpoint: LabThing.Endpoint) throws(APIError) -> String {
        let entries = folder.record.entries
        guard entries["sandbox:\(endpoint.name.node)"] == nil,
            let id = entries.values.first(where: { $0.item.thing == .endpoint(endpoint) })?.facts["id"]
        else { return try sandboxName(of: endpoint.name.node) }
        let known = try daemon(endpoint.name.host).endpoints(network: endpoint.name.network)
        guard let found = known.first(where: { $0.id == id }) else { throw APIError(.notFound, "it is gone") }
        return found.sandbox
    }

    private func sandboxName(of node: String) throws(APIError) -> String {
        do throws(LabError) {
            return try sandbox(of: node)
        } catch {
            throw APIError(.failed, error.message, hint: error.hint)
        }
    }
}
