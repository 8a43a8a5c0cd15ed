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
        let before = publishes(of: record)
        if wanted.isFixed, before.map(\.specification) == wanted.fixed { return }
        try unpublish(before)
        if ports.isEmpty { return }
        try Self.refuseUnpublishable(wanted.samples, network: network)
        for wish in wanted.fixed { evict(publishersOf: wish) }
        var triesLeft = Self.mostTries
        while true {
            let wishes = try wanted.fixed + chooseHostPorts(wanted)
            do throws(APIError) {
                _ = try publish(wishes, mode: .translate, endpoint: record, network: network)
                return
            } catch {
                triesLeft -= 1
                if wanted.isFixed || error.code != .conflict || triesLeft == 0 { throw error }
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
