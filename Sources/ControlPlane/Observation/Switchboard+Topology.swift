import Addresses
import Glibc
public import HeddleAPI
import Netlink

extension Switchboard {
    /// See `ControlService`. One turn of the control plane, so that nothing is in one part of the answer and missing in
    /// another. The kernel's own drops are asked for where something came since the last look: a page asks every second.
    public func topology() throws(APIError) -> Topology {
        countKernelDrops(onlyBusy: true)
        let records = networkRecords.values.sorted { $0.name < $1.name }
        let ports = portSnapshots(of: records).map { port in
            Topology.Port(
                kind: port.kind.rawValue, endpoint: port.endpoint.isEmpty ? nil : port.endpoint,
                counters: row(port.counters, label: port.label, network: port.network))
        }
        let tunnels = records.compactMap { record in
            record.overlay.map { overlay in
                Topology.Tunnel(
                    network: record.name, vni: Int(overlay.vni), local: "\(overlay.place.local)",
                    port: Int(overlay.place.udpPort), peers: overlay.peers.map(\.description))
            }
        }
        return Topology(
            host: shownHost(), status: try status(), networks: try networks(), endpoints: try endpoints(network: nil),
            ports: ports, publish: try publishedPorts(), impairments: try impairments(network: nil), tunnels: tunnels)
    }

    private func shownHost() -> Topology.Host {
        // RT_SCOPE_LINK of linux/rtnetlink.h; loopback's is narrower still.
        let linkScope: UInt8 = 253
        let found = ((try? own.addresses()) ?? []).filter { $0.scope < linkScope }
        let inner = Set(networkRecords.values.map(\.hostIndex))
        func addresses(where fits: (InterfaceAddress) -> Bool) -> [String] {
            found.filter(fits).map(\.prefix.description)
        }
        let uplinks = hostLook.uplinks.filter { uplinkPorts[$0.index] != nil }.map { uplink in
            Topology.Uplink(
                name: uplink.name, mac: uplink.mac.description, mtu: Int(uplink.mtu),
                addresses: addresses { $0.interfaceIndex == uplink.index })
        }
        return Topology.Host(
            name: Self.hostName, addresses: addresses { !inner.contains($0.interfaceIndex) }, uplinks: uplinks)
    }

    /// What this machine is called, or its namespace as a machine of its own (UTS).
    private static var hostName: String {
        var bytes = [CChar](repeating: 0, count: 256)
        // One byte stays zero, whatever happens.
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "localhost" }
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
