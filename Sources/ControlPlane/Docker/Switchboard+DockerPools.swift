import Addresses
import HeddleAPI
import Logging

/// Pools come and go with Docker's networks. Docker asks for a pool, then for its gateway and its auxiliary addresses,
/// then for the network; when the network goes, it gives all of that back. If Docker dies in between, or an answer is
/// lost, it never does. A pool is **stale** if no network here has its subnet, no container has one of its addresses, and
/// Docker was silent about it for a minute or has begun anew. A network of another driver without containers looks the
/// same, so that being stale costs a pool nothing by itself: it goes when its subnet is asked for, or one that overlaps
/// it, or when there is no room. Whoever asks for the subnet gets a pool with an id that was never used; what still comes
/// for the old one is refused, so that no address has two owners, whoever was wrong.
extension Switchboard {
    private static let mostPools = 4_096
    private static let silence: Duration = .seconds(60)

    /// Another Docker daemon speaks: what the last one was about to make comes no more.
    func doubtDockerPools() {
        dockerPoolMentions = [:]
        lastDockerPoolMention = .now - Self.silence
    }

    /// A subnet for a pool, of those that nobody uses.
    func freePool(_ family: IPAddress.Family) throws(APIError) -> IPPrefix {
        do throws(APIError) {
            return try freeSubnet(family)
        } catch {
            guard try forgetStalePools(where: { $0.subnet.family == family }) else { throw error }
            return try freeSubnet(family)
        }
    }

    /// Gives out a pool; the same again while Docker makes the network for which it got it.
    func openPool(_ subnet: IPPrefix, range: IPPrefix?, space: String) throws(APIError) -> DockerPool {
        _ = try forgetStalePools { $0.subnet.overlaps(subnet) }
        let prefix = DockerPoolRecord.prefix(space: space, subnet: subnet, range: range)
        let known = dockerPools.values.first { $0.id.hasPrefix(prefix) }
        if known == nil {
            if let other = dockerPools.values.first(where: { $0.subnet.overlaps(subnet) && $0.subnet != subnet }) {
                throw .conflict("the subnet \(subnet) overlaps \(other.subnet) of another network")
            }
            if dockerPools.count >= Self.mostPools, try !forgetStalePools(where: { _ in true }) {
                throw .unavailable("there are \(Self.mostPools) pools already", hint: "Remove networks.")
            }
        }
        var pool =
            known ?? DockerPoolRecord(uses: 0, subnet: subnet, range: range, id: prefix + Identifier.make().prefix(8))
        pool.uses += 1
        try save(pool)
        dockerPoolMentions[pool.id] = .now
        FailPoint.pass(.dockerPoolRecorded)
        return DockerPool(id: pool.id, subnet: subnet.description)
    }

    /// The gateway that a pool has already, if Docker can only have missed that it was told: one network is made of it,
    /// and that isn't there yet.
    func knownGateway(of pool: DockerPoolRecord) -> IPAddress? {
        guard pool.uses == 1, isBeingMade(pool) else { return nil }
        return dockerLeases[pool.id, default: [:]].first { $0.value == .gateway }?.key
    }

    /// Whether Docker may be about to make a pool's network.
    func isBeingMade(_ pool: DockerPoolRecord) -> Bool {
        !hasNetwork(pool) && lastMention(of: pool) > .now - Self.silence
    }

    /// Records a pool.
    func save(_ pool: DockerPoolRecord) throws(APIError) {
        do throws(StoreError) {
            try store.save(pool)
        } catch {
            throw .refused(error)
        }
        dockerPools[pool.id] = pool
    }

    /// Forgets a pool, and its addresses.
    func forget(_ pool: DockerPoolRecord) throws(APIError) {
        do throws(StoreError) {
            try store.delete(pool)
        } catch {
            throw .refused(error)
        }
        dockerPools[pool.id] = nil
        dockerLeases[pool.id] = nil
        dockerPoolMentions[pool.id] = nil
    }

    /// Whether there were any.
    private func forgetStalePools(where isMeant: (DockerPoolRecord) -> Bool) throws(APIError) -> Bool {
        let stale = dockerPools.values.filter { isMeant($0) && isStale($0) }
        for pool in stale {
            log.notice("the pool \(pool.id) is given to others: no network has it")
            try forget(pool)
        }
        return !stale.isEmpty
    }

    private func isStale(_ pool: DockerPoolRecord) -> Bool {
        guard !hasNetwork(pool), lastMention(of: pool) <= .now - Self.silence else { return false }
        return !dockerLeases[pool.id, default: [:]].values.contains(.container)
    }

    private func hasNetwork(_ pool: DockerPoolRecord) -> Bool {
        networkRecords.values.contains { $0.subnets.contains(pool.subnet) }
    }

    private func lastMention(of pool: DockerPoolRecord) -> ContinuousClock.Instant {
        max(dockerPoolMentions[pool.id] ?? lastDockerPoolMention, lastDockerPoolMention)
    }
}
