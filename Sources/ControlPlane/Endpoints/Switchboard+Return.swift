import DataPlane
import HeddleAPI
import Logging
import Netlink

extension Switchboard {
    /// How often sandboxes are looked for that vanished. A timer, since a namespace is mounted over its name without a
    /// sign that could be waited for; it runs only while something is missing.
    private static let interval: Duration = .milliseconds(250)
    /// How often sandboxes are looked at that this daemon keeps alive; those are all there, as a rule.
    private static let longInterval: Duration = .seconds(1)
    /// Sandboxes without a device that are entered in one look: each costs some 50 µs.
    private static let mostEntered = 32
    /// How long after a sandbox that came back could not be wired it is tried again.
    private static let pause: Duration = .seconds(5)

    /// Begins to look, if there is anything to look for.
    func watchSandboxes() {
        guard !isWatchingSandboxes else { return }
        let isMissing = endpointRecords.values.contains { mayReturn($0) }
        guard isMissing || endpointRecords.values.contains(where: { isLookedAt($0) }) else { return }
        isWatchingSandboxes = true
        loop.after(isMissing ? Self.interval : Self.longInterval) { [weak self] in
            self?.assumeIsolated { $0.lookForSandboxes() }
        }
    }

    /// Whether the endpoint comes back when its sandbox does.
    func mayReturn(_ record: EndpointRecord) -> Bool {
        guard record.phase == .active, record.isGone, record.via != .adopted, record.via != .host else { return false }
        return SandboxReference(record.sandbox)?.isLasting ?? false
    }

    /// Whether nobody else tells when the endpoint's sandbox vanishes: this daemon itself keeps it alive, or there is no
    /// device in it.
    private func isLookedAt(_ record: EndpointRecord) -> Bool {
        guard record.phase == .active, !record.isGone else { return false }
        return record.isPinning || record.via == .loopback
    }

    private func lookForSandboxes() {
        isWatchingSandboxes = false
        var entered = 0
        // Of many, in another order each time, so that all have their turn.
        for record in endpointRecords.values.shuffled() {
            if record.via == .loopback, !record.isGone {
                entered += 1
                if entered > Self.mostEntered { continue }
            }
            if mayReturn(record), (pauses[record.id] ?? .now) <= .now {
                guard let sandbox = quietly(record), sandbox.cookie != record.cookie else { continue }
                bringBack(record, into: sandbox)
            } else if isLookedAt(record), !isStillNamed(record) {
                markGone(record)
            }
        }
        watchSandboxes()
    }

    /// Whether the namespace that this daemon keeps alive still has its name.
    private func isStillNamed(_ record: EndpointRecord) -> Bool {
        guard let namespace = try? reference(to: record)?.open() else { return false }
        // A namespace that is alive shares its inode number with no other: cheaper than to enter it.
        if record.isPinning, let known = pinned[record.id] { return namespace.identity == known }
        let sandbox = try? SandboxSession(namespace: namespace, what: record.sandbox)
        guard sandbox?.cookie == record.cookie else { return false }
        if record.isPinning { pinned[record.id] = namespace.identity }
        return true
    }

    private func quietly(_ record: EndpointRecord) -> SandboxSession? {
        guard let namespace = try? SandboxReference(record.sandbox)?.open() else { return nil }
        guard let sandbox = try? SandboxSession(namespace: namespace, what: record.sandbox) else { return nil }
        return sandbox.cookie == ownCookie ? nil : sandbox
    }

    /// Wires an endpoint into a sandbox that is new under its old name: same interface, MAC and addresses.
    func bringBack(_ found: EndpointRecord, into sandbox: SandboxSession) {
        guard let network = networkRecords[found.network] else { return }
        var record = found
        do throws(APIError) {
            closePublishes(of: record)
            dismantle(record, sandbox: nil)
            record.phase = .returning
            record.cookie = sandbox.cookie
            try save(record)
            FailPoint.pass(.returnRecorded)
            dismantle(record, sandbox: sandbox)
            try wire(&record, network: network, sandbox: sandbox)
            openOrWait(record)
            record.phase = .active
            record.isGone = false
            try save(record)
            pauses[record.id] = nil
            log.notice("\(record.label) is back")
        } catch {
            log.warning("\(record.label) can't come back yet: \(error)")
            closePublishes(of: record)
            record.phase = .active
            record.isGone = true
            // Of no namespace: the next look tries again.
            record.cookie = 0
            record.isPinning = false
            pauses[record.id] = .now + Self.pause
            endpointRecords[record.id] = record
            try? save(record)
            watchSandboxes()
        }
    }
}
