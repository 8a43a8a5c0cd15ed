import Addresses
import DataPlane
import Glibc
public import HeddleAPI
import Logging

extension Switchboard {
    /// How often a port is chosen again that somebody else took in between.
    private static let mostTries = 8

    /// See `DockerService`.
    public func publishDockerEndpoint(
        _ endpoint: DockerEndpointReference, ports: [DockerPortBinding]
    ) throws(APIError) {
        let (_, record, network) = try findDockerEndpoint(endpoint)
        let wanted = try DockerPublication(ports)
        if !ports.isEmpty { try Self.refuseUnpublishable(wanted.samples, network: network) }
        // What stays is open all the time.
        let ended = publishes(of: record).filter { !wanted.fixed.contains($0.specification) }
        try unpublish(ended)
        do throws(APIError) {
            try publish(wanted, endpoint: record, network: network)
        } catch {
            publishAgain(ended, endpoint: record, network: network)
            throw error
        }
    }

    /// Publishes what is missing of `wanted`: all of it, or none.
    private func publish(
        _ wanted: DockerPublication, endpoint: EndpointRecord, network: NetworkRecord
    ) throws(APIError) {
        let open = publishes(of: endpoint).map(\.specification)
        let missing = wanted.fixed.filter { !open.contains($0) }
        if missing.isEmpty, wanted.isFixed { return }
        for wish in missing { evict(publishersOf: wish) }
        var triesLeft = Self.mostTries
        while true {
            let wishes = try missing + chooseHostPorts(wanted)
            do throws(APIError) {
                _ = try publish(wishes, mode: .translate, endpoint: endpoint, network: network)
                return
            } catch {
                triesLeft -= 1
                if wanted.isFixed || error.code != .conflict || triesLeft == 0 { throw error }
            }
        }
    }

    /// Docker was told that what it wanted failed, so that what it had before must be as it was.
    private func publishAgain(_ records: [PublishRecord], endpoint: EndpointRecord, network: NetworkRecord) {
        for record in records {
            do throws(APIError) {
                _ = try publish([record.specification], mode: record.mode, endpoint: endpoint, network: network)
            } catch {
                log.error("\(record.specification) leads to \(endpoint.label) no more: \(error)")
            }
        }
    }

    /// See `DockerService`.
    public func unpublishDockerEndpoint(_ endpoint: DockerEndpointReference) throws(APIError) {
        guard let row = dockerEndpoints[endpoint.endpoint], let record = endpointRecords[row.endpoint] else { return }
        try unpublish(publishes(of: record))
    }

    private func unpublish(_ records: [PublishRecord]) throws(APIError) {
        if records.isEmpty { return }
        try forget(records)
        FailPoint.pass(.publishForgotten)
        closePublishes(records)
    }

    /// Ports of the host for those that Docker leaves open.
    private func chooseHostPorts(_ wanted: DockerPublication) throws(APIError) -> [PublishSpecification] {
        var chosen: [PublishSpecification] = []
        for open in wanted.open {
            let found = candidates(open).first { port in
                let wish = open.specification(hostPort: port)
                return !(wanted.fixed + chosen).contains { $0.overlaps(wish) } && isFree(wish)
            }
            guard let found else {
                throw .conflict(
                    "no port of the host is free for \(open.port)/\(open.proto.rawValue) from \(open.hosts.lowerBound)"
                        + " to \(open.hosts.upperBound)",
                    hint: "Name another, or end what holds them.")
            }
            lastChosenPort = found
            chosen.append(open.specification(hostPort: found))
        }
        return chosen
    }

    /// In turn, so that a port isn't another container's as soon as it is free; but the lowest of a range that the user
    /// named.
    private func candidates(_ open: DockerPublication.Open) -> [UInt16] {
        let ports = Array(open.hosts)
        guard open.hosts == DockerPublication.anyHostPort, let start = ports.firstIndex(of: lastChosenPort) else {
            return ports
        }
        return Array(ports[(start + 1)...] + ports[...start])
    }

    private func isFree(_ wish: PublishSpecification) -> Bool {
        if publishRecords.values.contains(where: { $0.specification.overlaps(wish) }) { return false }
        let port = wish.host.lowerBound
        do {
            let descriptor =
                try wish.proto == .tcp
                ? GuardSocket.listener(port: port, address: wish.hostAddress, filter: .acceptAll)
                : GuardSocket.datagram(port: port, address: wish.hostAddress, filter: .acceptAll)
            close(descriptor)
            return true
        } catch {
            return false
        }
    }
}
