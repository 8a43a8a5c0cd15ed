import Addresses
public import HeddleAPI
import Logging

extension Switchboard: DockerService {
    /// See `DockerService`.
    public func createDockerNetwork(_ request: DockerNetworkRequest) throws(APIError) {
        if dockerNetworks[request.id] != nil { return }
        let wish = try DockerNetworkSpecification(request)
        _ = try makeNetwork(wish.request) { DockerNetworkRecord(id: request.id, network: $0.id, via: wish.via) }
    }

    /// See `DockerService`.
    public func removeDockerNetwork(id: String) throws(APIError) {
        guard let docker = dockerNetworks[id], let network = networkRecords[docker.network] else { return }
        // Docker has none any more.
        for endpoint in endpoints(of: network) where endpoint.isDockers { try remove(endpoint) }
        try removeNetwork(named: network.name)
    }

    /// A network that Docker names, or a refusal.
    func findDockerNetwork(_ id: String) throws(APIError) -> (docker: DockerNetworkRecord, network: NetworkRecord) {
        guard let docker = dockerNetworks[id], let network = networkRecords[docker.network] else {
            throw .notFound(
                "Heddle knows no network of Docker's with the id \(APIError.quoted(id.prefix(12)))",
                hint: "Its record was lost, or it was removed with 'heddle network rm': remove it with 'docker network"
                    + " rm' and create it again.")
        }
        return (docker, network)
    }

    /// Docker's id of a network, if it is one of Docker's.
    func dockerID(of network: NetworkRecord) -> String? {
        dockerNetworks.values.first { $0.network == network.id }?.id
    }

    /// Records a network, and that it is Docker's if it is.
    func save(_ network: NetworkRecord, _ docker: DockerNetworkRecord?) throws(APIError) {
        guard let docker else { return try save(network) }
        do throws(StoreError) {
            try store.save(network, docker)
        } catch {
            throw .refused(error)
        }
        networkRecords[network.id] = network
        dockerNetworks[docker.id] = docker
    }

    /// At start: reads what is recorded.
    func loadDocker() throws(StoreError) {
        let recorded = try store.loadDocker()
        dockerNetworks = Dictionary(uniqueKeysWithValues: recorded.networks.map { ($0.id, $0) })
        dockerEndpoints = Dictionary(uniqueKeysWithValues: recorded.endpoints.map { ($0.id, $0) })
        let (pools, addresses) = try store.loadDockerPools()
        dockerPools = Dictionary(uniqueKeysWithValues: pools.map { ($0.id, $0) })
        for address in addresses { dockerLeases[address.pool, default: [:]][address.address] = address.use }
    }

    /// After a start: begins to look for what Docker has left.
    func followDocker() {
        forgetGoneDockerEndpointsLater()
        lookForStaleDockerEndpoints()
    }
}
