import Addresses
import HeddleAPI
import Logging
import Netlink

/// Docker says nothing of endpoints that it forgot: those of containers that ran when it crashed. They are known by what
/// is left of them. An endpoint is **stale** if its interface is gone, or lies in the daemon's namespace, where Docker
/// left it, or in a sandbox in which no process is; but not while Docker may be busy with it, which it has a minute for.
/// What is stale goes by these rules:
/// - When another Docker daemon begins to speak, all that is stale goes at once.
/// - When Docker wants a MAC address or a port of the host that a stale endpoint has, that goes. When it gives out an
///   address again, whoever had it goes, stale or not: addresses are Docker's to know.
/// - What is found stale at two looks, five minutes apart, goes; what is gone goes after a minute. Docker never wants it
///   back: a container that starts again has a new endpoint.
extension Switchboard {
    private static let gonePause: Duration = .seconds(60)
    private static let lookPause: Duration = .seconds(300)
    private static let busyPause: Duration = .seconds(60)

    /// See `DockerService`.
    public func dockerStarted() {
        dockerMentions = [:]
        doubtDockerPools()
        var look = ProcessLook()
        for record in endpointRecords.values where record.isDockers && isStale(record, &look) {
            removeStale(record, why: "Docker began anew without it")
        }
    }

    /// Forgets endpoints that are gone, after a while.
    func forgetGoneDockerEndpointsLater() {
        guard !isDockerForgettingDue, endpointRecords.values.contains(where: { $0.isDockers && $0.isGone }) else {
            return
        }
        isDockerForgettingDue = true
        loop.after(Self.gonePause) { [weak self] in
            self?.assumeIsolated { board in
                board.isDockerForgettingDue = false
                for record in board.endpointRecords.values where record.isDockers && record.isGone {
                    board.removeStale(record, why: "its interface is gone")
                }
            }
        }
    }

    /// Looks for endpoints that are stale, now and then.
    func lookForStaleDockerEndpoints(before: Set<String> = []) {
        loop.after(Self.lookPause) { [weak self] in
            self?.assumeIsolated { board in
                var look = ProcessLook()
                let stale = board.endpointRecords.values.filter {
                    $0.isDockers && $0.phase == .active && board.isStale($0, &look)
                }
                for record in stale where before.contains(record.id) {
                    board.removeStale(record, why: "no container has it")
                }
                board.lookForStaleDockerEndpoints(before: Set(stale.map(\.id)).subtracting(before))
            }
        }
    }

    /// Makes room for a new endpoint.
    func evict(addresses: [IPPrefix], mac: MACAddress?, network: NetworkRecord) {
        var look = ProcessLook()
        for record in endpoints(of: network) where record.isDockers {
            if record.addresses.contains(where: { addresses.contains($0) }) {
                removeStale(record, why: "Docker has given its address to another endpoint")
            } else if record.mac == mac, isStale(record, &look) {
                removeStale(record, why: "no container has it, and another endpoint has its MAC address")
            }
        }
    }

    /// Makes room for a new publish.
    func evict(publishersOf wish: PublishSpecification) {
        var look = ProcessLook()
        for publish in publishRecords.values where publish.specification.overlaps(wish) {
            guard let record = endpointRecords[publish.endpoint], record.isDockers, isStale(record, &look) else {
                continue
            }
            removeStale(record, why: "no container has it, and another endpoint publishes \(wish)")
        }
    }

    private func removeStale(_ record: EndpointRecord, why: String) {
        log.notice("\(record.label) is removed: \(why)")
        do throws(APIError) {
            try remove(record)
        } catch {
            log.error("\(error)")
        }
    }

    private func isStale(_ record: EndpointRecord, _ look: inout ProcessLook) -> Bool {
        if record.isGone { return true }
        if let row = dockerRow(of: record), let mention = dockerMentions[row.id], mention > .now - Self.busyPause {
            return false
        }
        // What can't be found is left alone.
        guard let namespace = dockerNamespace(of: record) else { return false }
        return namespace == ownNamespace || !look.hasProcess(in: namespace)
    }
}

/// Which network namespaces processes are in, looked up once.
struct ProcessLook {
    private var found: Set<NetworkNamespace.Identity>?

    /// Whether there is a process in the namespace.
    mutating func hasProcess(in namespace: NetworkNamespace) -> Bool {
        let all = found ?? NetworkNamespace.identitiesOfProcesses()
        found = all
        return all.contains(namespace.identity)
    }
}
