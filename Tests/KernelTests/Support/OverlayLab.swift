// Offers: `Underlay`, hosts on one wire, and `OverlayHost`, one of them as a VXLAN tunnel end with one sandbox behind it:
// Heddle's, or the kernel's.

import Addresses
import DataPlane
import Glibc
import Netlink
import Testing

/// Hosts that reach each other: each a namespace whose u0 is on one bridge. Their addresses are 198.18.0.1, .2, … or
/// fd00::1, ::2, …
final class Underlay {
    let hosts: [LabNamespace]
    let addresses: [IPAddress]
    /// Largest packet on the wire, in bytes.
    let mtu: UInt32
    private let wire: LabNamespace

    /// Makes the hosts. Without offload every packet crosses by itself and with all its checksums.
    init(hosts count: Int, family: IPAddress.Family = .v4, mtu: UInt32 = 1_500, offload: Bool = true) throws {
        self.mtu = mtu
        wire = try LabNamespace()
        let session = try wire.session()
        var options = BridgeOptions()
        options.spanningTree = false
        options.forwardDelay = 0
        options.multicastSnooping = false
        let bridge = try session.createBridge(
            NewLink(name: try InterfaceName(parsing: "br0"), mtu: mtu, isUp: true), options: options)
        var hosts: [LabNamespace] = []
        var addresses: [IPAddress] = []
        for number in 1...count {
            let host = try LabNamespace()
            let near = try session.createVeth(
                near: NewLink(name: try InterfaceName(parsing: "w\(number)"), mtu: mtu, isUp: true),
                far: NewLink(name: try InterfaceName(parsing: "u0"), mtu: mtu, isUp: true),
                farNamespace: host.namespace)
            try session.setMaster(link: near, bridge)
            if !offload {
                try Self.takeOffloads(from: "w\(number)", in: wire)
                try Self.takeOffloads(from: "u0", in: host)
            }
            if family == .v6 { try host.allowIPv6(by: "u0") }
            let text = family == .v4 ? "198.18.0.\(number)" : "fd00::\(number)"
            try host.addAddress(family == .v4 ? text + "/24" : text + "/64", to: "u0")
            try wire.waitUntilRunning("w\(number)")
            try host.waitUntilRunning("u0")
            hosts.append(host)
            addresses.append(try IPAddress(parsing: text))
        }
        try wire.waitUntilRunning("br0")
        self.hosts = hosts
        self.addresses = addresses
    }

    /// Bytes that VXLAN puts around an inner layer-3 packet: Ethernet, VXLAN, UDP and IP.
    var overhead: UInt32 { addresses[0].family == .v4 ? 50 : 70 }

    private static func takeOffloads(from name: String, in namespace: LabNamespace) throws {
        let ethtool = try EthtoolSocket(in: namespace.namespace)
        var offloads = EthtoolSocket.Offloads()
        offloads.rxChecksum = false
        offloads.txChecksum = false
        offloads.tso = false
        offloads.gso = false
        offloads.gro = false
        try ethtool.setOffloads(name, offloads)
        let others = ["tx-udp-segmentation", "tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation"]
        let known = try ethtool.features(name)
        for other in others where known[other] != nil { try ethtool.setFeatures(name, [other: false]) }
    }
}

/// A host of an overlay with VNI 42.
final class OverlayHost {
    /// What makes it a tunnel end.
    enum Kind: CustomTestStringConvertible, Sendable {
        case heddle(IOChoice)
        case kernel

        var testDescription: String {
            switch self {
            case .heddle(let io): "Heddle with \(io)"
            case .kernel: "kernel"
            }
        }
    }

    static let vni: UInt32 = 42
    /// The tunnel's first port in a switch.
    static let tunnel: UInt16 = 100

    /// Has an eth0 with the MAC address `SwitchLab.mac(index + 1)` and the IPv4 address 10.0.0.(index + 1).
    let sandbox: LabNamespace
    /// Heddle's switch; nil: the kernel's.
    let lab: SwitchLab?
    /// What the switch knows of the overlay.
    private(set) var configuration: OverlayConfiguration
    private let host: LabNamespace

    /// Makes host `index` of an underlay a tunnel end whose peers are all others; super-frames leave whole if they can
    /// and `isWhole`.
    init(
        _ kind: Kind, _ index: Int, of underlay: Underlay, vethSandbox: Bool = false, isWhole: Bool = true,
        configure: (inout OverlayConfiguration) -> Void = { _ in }
    ) throws {
        host = underlay.hosts[index]
        sandbox = try LabNamespace()
        let mtu = underlay.mtu - underlay.overhead
        let local = underlay.addresses[index]
        configuration = OverlayConfiguration(
            vni: Self.vni, tunnel: Self.tunnel, mtu: mtu, peers: underlay.addresses.filter { $0 != local })
        configure(&configuration)
        let port = UInt16(index + 1)
        switch kind {
        case .heddle(let io):
            let lab = try SwitchLab(io: io)
            self.lab = lab
            try lab.addTunnel(Self.tunnel, of: host, local: local, whole: isWhole ? "u0" : nil)
            try lab.session.perform(.domain(DomainConfiguration(id: 1, overlay: configuration)))
            try lab.addPort(port, vethSandbox ? .packetSocket : .tap, in: sandbox, mtu: mtu)
        case .kernel:
            lab = nil
            try makeKernelEnd(port, local: local, mtu: mtu)
        }
        try sandbox.addAddress("10.0.0.\(port)/24", to: "eth0")
    }

    /// The sandbox's address.
    static func address(_ index: Int) -> IPv4Address {
        IPv4Address(10, 0, 0, UInt8(index + 1))
    }

    /// Changes the overlay; of a Heddle host.
    func change(_ configure: (inout OverlayConfiguration) -> Void) throws {
        configure(&configuration)
        try lab?.session.perform(.domain(DomainConfiguration(id: 1, overlay: configuration)))
    }

    private func makeKernelEnd(_ port: UInt16, local: IPAddress, mtu: UInt32) throws {
        let session = try host.session()
        var options = BridgeOptions()
        options.spanningTree = false
        options.forwardDelay = 0
        options.multicastSnooping = false
        let bridge = try session.createBridge(
            NewLink(name: try InterfaceName(parsing: "br0"), mtu: mtu, isUp: true), options: options)
        let device = try session.createVXLAN(
            NewLink(name: try InterfaceName(parsing: "vx0"), mtu: mtu, isUp: true),
            options: VXLANOptions(identifier: Self.vni, local: local))
        try session.setMaster(link: device, bridge)
        for peer in configuration.peers { try session.addTunnelStation(link: device, mac: .zero, remote: peer) }
        let near = try session.createVeth(
            near: NewLink(name: try InterfaceName(parsing: "s0"), mtu: mtu, isUp: true),
            far: NewLink(
                name: try InterfaceName(parsing: "eth0"), mac: SwitchLab.mac(port), mtu: mtu, isUp: true),
            farNamespace: sandbox.namespace)
        try session.setMaster(link: near, bridge)
        try sandbox.waitUntilRunning("eth0")
        try host.waitUntilRunning("s0")
        try host.waitUntilRunning("br0")
    }
}
