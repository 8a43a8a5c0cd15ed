import AddressManagement
import Addresses
public import HeddleAPI
import Logging
import Netlink

/// Address management for Docker. What is given out is recorded first: whatever dies between that and Docker's knowing
/// of it costs an address, but none is given out twice.
extension Switchboard: DockerAddressService {
    private static let mostPools = 4_096
    private static let longestSpace = 64

    /// See `DockerAddressService`.
    public func requestDockerPool(_ request: DockerPoolRequest) throws(APIError) -> DockerPool {
        guard request.space.utf8.count <= Self.longestSpace, !request.space.contains("|") else {
            throw .invalid("\(APIError.quoted(request.space)) is no address space of Heddle's")
        }
        let range = try request.range.map { text throws(APIError) in try Self.prefix(text, what: "range") }
        guard let text = request.subnet else {
            if let range {
                throw .invalid("the range \(range) needs a subnet", hint: "Say --subnet, too.")
            }
            return try open(try freeSubnet(request.isIPv6 ? .v6 : .v4), range: nil, space: request.space)
        }
        let subnet = try Self.prefix(text, what: "subnet")
        guard subnet.hostBitCount >= 2, LeasePool(subnet: subnet, range: range) != nil else {
            throw .invalid(
                range.map { "the range \($0) is not in the subnet \(subnet)" } ?? "the subnet \(subnet) is too small")
        }
        return try open(subnet, range: range, space: request.space)
    }

    /// See `DockerAddressService`.
    public func releaseDockerPool(id: String) throws(APIError) {
        guard var pool = dockerPools[id] else { return }
        pool.uses -= 1
        do throws(StoreError) {
            if pool.uses > 0 {
                try store.save(pool)
                dockerPools[id] = pool
            } else {
                try store.delete(pool)
                dockerPools[id] = nil
                dockerLeases[id] = nil
            }
        } catch {
            throw .refused(error)
        }
    }

    /// See `DockerAddressService`.
    public func requestDockerAddress(pool id: String, address: String?, isGateway: Bool) throws(APIError) -> String {
        guard let pool = dockerPools[id], var free = LeasePool(subnet: pool.subnet, range: pool.range) else {
            throw .notFound("Heddle gave out no pool \(APIError.quoted(id))")
        }
        for taken in addressesInUse(of: pool) { _ = free.lease(taken) }
        let chosen: IPAddress
        if let address {
            guard let wanted = IPAddress(address), pool.subnet.contains(wanted) else {
                throw .invalid("\(APIError.quoted(address)) is no address of \(pool.subnet)")
            }
            guard free.lease(wanted) else { throw .conflict("the address \(wanted) of \(pool.subnet) is in use") }
            chosen = wanted
        } else {
            guard let found = free.lease() else {
                throw .conflict(
                    "all addresses of \(pool.range ?? pool.subnet) are in use",
                    hint: "Remove containers, or make a network with a larger subnet.")
            }
            chosen = found
        }
        do throws(StoreError) {
            try store.insert(DockerAddressRecord(pool: id, address: chosen))
        } catch {
            throw .refused(error)
        }
        dockerLeases[id, default: []].insert(chosen)
        FailPoint.pass(.dockerAddressRecorded)
        return "\(chosen)/\(pool.subnet.length)"
    }

    /// See `DockerAddressService`.
    public func releaseDockerAddress(pool id: String, address: String) throws(APIError) {
        guard let address = IPAddress(address), dockerLeases[id]?.contains(address) == true else { return }
        do throws(StoreError) {
            try store.delete(DockerAddressRecord(pool: id, address: address))
        } catch {
            throw .refused(error)
        }
        dockerLeases[id]?.remove(address)
    }

    /// What Docker has of a subnet: not to be given to others.
    func dockerLeases(in subnet: IPPrefix) -> [IPAddress] {
        dockerPools.values.filter { $0.subnet == subnet }.flatMap { dockerLeases[$0.id] ?? [] }
    }

    /// What Docker has of the pool and of others of the same subnet, and what has joined its network otherwise.
    private func addressesInUse(of pool: DockerPoolRecord) -> [IPAddress] {
        var addresses = dockerLeases(in: pool.subnet)
        for network in networkRecords.values where network.subnets.contains(pool.subnet) {
            addresses += endpoints(of: network).filter { !$0.isDockers }.flatMap { $0.addresses.map(\.address) }
            addresses += stationRecords[network.id, default: [:]].values.flatMap(\.addresses)
        }
        return addresses
    }

    private func open(_ subnet: IPPrefix, range: IPPrefix?, space: String) throws(APIError) -> DockerPool {
        let id = DockerPoolRecord.id(space: space, subnet: subnet, range: range)
        var pool = dockerPools[id] ?? DockerPoolRecord(uses: 0, subnet: subnet, range: range, id: id)
        if pool.uses == 0 {
            if let other = dockerPools.values.first(where: { $0.subnet.overlaps(subnet) && $0.subnet != subnet }) {
                throw .conflict("the subnet \(subnet) overlaps \(other.subnet) of another network")
            }
            if dockerPools.count >= Self.mostPools { throw .unavailable("there are \(Self.mostPools) pools already") }
        }
        pool.uses += 1
        do throws(StoreError) {
            try store.save(pool)
        } catch {
            throw .refused(error)
        }
        dockerPools[id] = pool
        FailPoint.pass(.dockerPoolRecorded)
        return DockerPool(id: id, subnet: subnet.description)
    }

    private static func prefix(_ text: String, what: String) throws(APIError) -> IPPrefix {
        guard let prefix = IPPrefix(text) else {
            throw .invalid("the \(what) \(APIError.quoted(text)) is not in CIDR notation")
        }
        if prefix.hasHostBits {
            throw .invalid("the \(what) \(prefix) has host bits set", hint: "Say \(prefix.masked).")
        }
        return prefix
    }
}
