import AddressManagement
import Addresses
public import HeddleAPI
import Logging
import Netlink

/// Address management for Docker. What is given out is recorded first: whatever dies between that and Docker's knowing
/// of it costs an address, but none is given out twice. See `Switchboard+DockerPools` for what becomes of pools that
/// nobody uses.
extension Switchboard: DockerAddressService {
    private static let longestSpace = 64

    /// See `DockerAddressService`.
    public func requestDockerPool(_ request: DockerPoolRequest) throws(APIError) -> DockerPool {
        guard request.space.utf8.count <= Self.longestSpace,
            !request.space.contains(where: { $0 == "|" || $0 == "#" })
        else {
            throw .invalid("\(APIError.quoted(request.space)) is no address space of Heddle's")
        }
        let range = try request.range.map { text throws(APIError) in try Self.prefix(text, what: "range") }
        guard let text = request.subnet else {
            if let range {
                throw .invalid("the range \(range) needs a subnet", hint: "Say --subnet, too.")
            }
            return try openPool(try freePool(request.isIPv6 ? .v6 : .v4), range: nil, space: request.space)
        }
        let subnet = try Self.prefix(text, what: "subnet")
        guard subnet.hostBitCount >= 2, LeasePool(subnet: subnet, range: range) != nil else {
            throw .invalid(
                range.map { "the range \($0) is not in the subnet \(subnet)" } ?? "the subnet \(subnet) is too small")
        }
        // A network on a LAN shares its subnet with the interface that leads there.
        let parent = try request.parent.flatMap { name throws(APIError) in try links().first { $0.name == name }?.index
        }
        try refuseOverlaps([subnet], besides: parent)
        return try openPool(subnet, range: range, space: request.space)
    }

    /// See `DockerAddressService`.
    public func releaseDockerPool(id: String) throws(APIError) {
        guard var pool = dockerPools[id] else { return }
        pool.uses -= 1
        if pool.uses > 0 {
            try save(pool)
        } else {
            try forget(pool)
        }
    }

    /// See `DockerAddressService`.
    public func requestDockerAddress(pool id: String, address: String?, isGateway: Bool) throws(APIError) -> String {
        guard let pool = dockerPools[id], var free = LeasePool(subnet: pool.subnet, range: pool.range),
            var whole = LeasePool(subnet: pool.subnet)
        else {
            throw .notFound("Heddle gave out no pool \(APIError.quoted(id))")
        }
        let wanted = try address.map { text throws(APIError) in
            guard let wanted = IPAddress(text), pool.subnet.contains(wanted) else {
                throw .invalid("\(APIError.quoted(text)) is no address of \(pool.subnet)")
            }
            return wanted
        }
        if isGateway, let known = knownGateway(of: pool), wanted == nil || wanted == known {
            return "\(known)/\(pool.subnet.length)"
        }
        for taken in addressesInUse(of: pool) {
            _ = free.lease(taken)
            _ = whole.lease(taken)
        }
        let chosen: IPAddress
        if let wanted {
            guard free.lease(wanted) else { throw .conflict("the address \(wanted) of \(pool.subnet) is in use") }
            chosen = wanted
        } else {
            // A gateway is the subnet's first address, as that of other networks is, and leaves a range to containers.
            guard let found = isGateway ? whole.lease() : free.lease() else {
                throw .conflict(
                    "all addresses of \(pool.range ?? pool.subnet) are in use",
                    hint: "Remove containers, or make a network with a larger subnet.")
            }
            chosen = found
        }
        let isEarly = wanted != nil && isBeingMade(pool)
        let use: DockerAddressRecord.Use = isGateway ? .gateway : isEarly ? .early : .container
        do throws(StoreError) {
            try store.insert(DockerAddressRecord(pool: id, address: chosen, use: use))
        } catch {
            throw .refused(error)
        }
        dockerLeases[id, default: [:]][chosen] = use
        dockerPoolMentions[id] = .now
        FailPoint.pass(.dockerAddressRecorded)
        return "\(chosen)/\(pool.subnet.length)"
    }

    /// See `DockerAddressService`.
    public func releaseDockerAddress(pool id: String, address: String) throws(APIError) {
        guard let address = IPAddress(address), let use = dockerLeases[id]?[address] else { return }
        do throws(StoreError) {
            try store.delete(DockerAddressRecord(pool: id, address: address, use: use))
        } catch {
            throw .refused(error)
        }
        dockerLeases[id]?[address] = nil
    }

    /// What Docker has of a subnet: not to be given to others.
    func dockerLeases(in subnet: IPPrefix) -> [IPAddress] {
        dockerPools.values.filter { $0.subnet == subnet }.flatMap { dockerLeases[$0.id, default: [:]].keys }
    }

    /// What Docker has of the pool and of others of the same subnet, and what has joined its network otherwise.
    private func addressesInUse(of pool: DockerPoolRecord) -> [IPAddress] {
        var addresses = dockerLeases(in: pool.subnet)
        for network in networkRecords.values where network.subnets.contains(pool.subnet) {
            addresses += network.gateways
            addresses += endpoints(of: network).filter { !$0.isDockers }.flatMap { $0.addresses.map(\.address) }
            addresses += stationRecords[network.id, default: [:]].values.flatMap(\.addresses)
        }
        return addresses
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
