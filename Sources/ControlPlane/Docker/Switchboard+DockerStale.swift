import Addresses
import HeddleAPI
import Logging
import Netlink

/// Docker says nothing of endpoints that it forgot: those of containers that ran when it crashed. What is left of them
/// goes by these rules:
/// - An endpoint whose interface is gone is forgotten a minute after that was seen. Docker never wants it back: a
///   container that starts again has a new one.
/// - An endpoint whose interface lies in the daemon's namespace at two looks, five minutes apart, is removed: Docker
///   never came for it, or brought it back and died.
/// - An endpoint whose address Docker gives to a new one is removed at once: addresses are Docker's to know. So is one
///   with the new one's MAC address, if its interface is gone or in the daemon's namespace or its sandbox is no more.
extension Switchboard {
    private static let gonePause: Duration = .seconds(60)
    private static let lookPause: Duration = .seconds(300)

    /// Forgets endpoints that are gone, after a while.
    func forgetGoneDockerEndpointsLater() {
        guard !isDockerForgettingDue, endpointRecords.values.contains(where: { $0.isDockers && $0.isGone }) else { return }
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

    /// Looks for interfaces that nobody came for, now and then.
    func lookForStrandedDockerEndpoints(before: Set<String> = []) {
        loop.after(Self.lookPause) { [weak self] in
            self?.assumeIsolated { board in
                let stranded = board.strandedDockerEndpoints()
                for record in stranded where before.contains(record.id) {
                    board.removeStale(record, why: "Docker never came for it")
                }
                board.lookForStrandedDockerEndpoints(before: Set(stranded.map(\.id)).subtracting(before))
            }
        }
    }

    /// Makes room for a new endpoint.
    func evict(addresses: [IPPrefix], mac: MACAddress?, network: NetworkRecord) {
        for record in endpoints(of: network) where record.isDockers {
            if record.addresses.contains(where: { addresses.contains($0) }) {
                removeStale(record, why: "Docker has given its address to another endpoint")
            } else if record.mac == mac, isStale(record) {
                removeStale(record, why: "Docker has given its MAC address to another endpoint")
            }
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

    private func strandedDockerEndpoints() -> [EndpointRecord] {
        let ours = endpointRecords.values.filter { $0.isDockers && $0.phase == .active && !$0.isGone }
        guard !ours.isEmpty, let links = try? own.links() else { return [] }
        let aliases = Set(links.compactMap(\.alias))
        return ours.filter { aliases.contains(mark.alias(of: $0.id)) }
    }

    private func isStale(_ record: EndpointRecord) -> Bool {
        if record.isGone || strandedDockerEndpoints().contains(where: { $0.id == record.id }) { return true }
        guard let reference = reference(to: record) else { return false }
        return (try? reference.open()) == nil
    }

    /// Where to look for what an endpoint has in its sandbox.
    func reference(to record: EndpointRecord) -> SandboxReference? {
        guard record.isDockers else { return SandboxReference(record.sandbox) }
        guard let row = dockerEndpoints.values.first(where: { $0.endpoint == record.id }), !row.sandbox.isEmpty else {
            return nil
        }
        return SandboxReference(row.sandbox)
    }
}
