import DataPlane
import HeddleAPI
import Logging
import Netlink

extension Switchboard {
    /// The engine found a port's device gone.
    func portIsGone(_ port: UInt16, token: UInt64) {
        if let tunnel = tunnelRecords.values.first(where: { $0.token(of: port) == token }) {
            return tunnelIsGone(tunnel)
        }
        if let id = namePorts.first(where: { $0.value.port == port && $0.value.token == token })?.key {
            return namesAreGone(id)
        }
        if let index = uplinkPorts.first(where: { $0.value == port })?.key {
            return uplinkIsGone(index, port)
        }
        if var network = networkRecords.values.first(where: { $0.hostPort == port && $0.hostToken == token }) {
            guard network.phase == .active else { return }
            log.notice("the host port of \(network.name) vanished; making it again")
            do throws(APIError) {
                try makeHostPort(&network)
            } catch {
                log.error("\(error)")
            }
            return
        }
        if let network = networkRecords.values.first(where: { $0.parentPort == port && $0.parentToken == token }) {
            return parentIsGone(network)
        }
        if let record = endpointRecords.values.first(where: { $0.port == port && $0.token == token }) {
            markGone(record)
        }
    }

    /// Frees what is left of an endpoint whose sandbox or interface vanished, and waits for the sandbox to come back.
    func markGone(_ found: EndpointRecord) {
        guard found.phase == .active || found.phase == .returning else { return }
        var record = found
        record.phase = .active
        if !record.isGone { log.notice("\(record.label) is gone") }
        record.isGone = true
        record.isPinning = false
        pinned[record.id] = nil
        // Recorded or not, it is gone; the next start finds the same.
        do throws(APIError) {
            if record != found { try save(record) }
        } catch {
            endpointRecords[record.id] = record
            log.error("\(error)")
        }
        FailPoint.pass(.goneRecorded)
        closePublishes(of: record)
        dismantle(record, sandbox: nil)
        // Of thousands that are gone, not each one must look through all the others.
        if mayReturn(record) { watchSandboxes() }
        forgetGoneDockerEndpointsLater()
    }

    /// Reads what a monitor has to tell; after an overrun looks at everything.
    func readMonitor(_ monitor: LinkMonitor, isPrivate: Bool) {
        while true {
            do throws(NetlinkError) {
                guard let event = try monitor.next() else { return }
                if !isPrivate { lookAtParentsSoon(after: event) }
                switch event {
                case .removed(let index, _): interfaceIsGone(index: index, isPrivate: isPrivate)
                case .overrun: lookAtInterfaces(isPrivate: isPrivate)
                default: break
                }
            } catch {
                log.warning("\(error)")
                lookAtInterfaces(isPrivate: isPrivate)
                return
            }
        }
    }

    private func interfaceIsGone(index: Int32, isPrivate: Bool) {
        let record = endpointRecords.values.first { endpoint in
            guard endpoint.phase == .active, !endpoint.isGone else { return false }
            switch endpoint.via {
            case .tap, .loopback, .host: return false
            case .veth: return isPrivate && endpoint.nearIndex == index
            case .adopted: return !isPrivate && endpoint.index == index
            }
        }
        if let record { markGone(record) }
    }

    private func lookAtInterfaces(isPrivate: Bool) {
        let route = isPrivate ? privateNamespace.route : own
        guard let links = try? route.links() else { return }
        let there = Set(links.map(\.index))
        for endpoint in Array(endpointRecords.values) {
            let index = isPrivate ? endpoint.nearIndex : endpoint.index
            if endpoint.via == (isPrivate ? .veth : .adopted), !there.contains(index) {
                interfaceIsGone(index: index, isPrivate: isPrivate)
            }
        }
    }
}
