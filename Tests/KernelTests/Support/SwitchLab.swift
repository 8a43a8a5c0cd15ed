// Offers: `SwitchLab`, an engine with ports in sandboxes, wired as the daemon wires them, and `LabPort`.

import Addresses
import DataPlane
import Glibc
import Netlink

/// One port of a `SwitchLab` and what lies behind it in its sandbox.
struct LabPort {
    var id: UInt16
    var kind: PortKind
    var domain: UInt16
    /// The interface in the sandbox.
    var name: String
    var mac: MACAddress
    /// The near end of a veth pair, in the private namespace.
    var nearIndex: Int32?
    /// The lab's own duplicate of the engine's descriptor.
    var descriptor: Int32
}

/// A switch between sandboxes: an engine on threads of this process, a private namespace for what lies before its ports,
/// and a session with it. All of it is gone with this value.
final class SwitchLab {
    let engine: EngineThread
    let session: EngineSession
    private let privateNamespace: LabNamespace
    private(set) var ports: [UInt16: LabPort] = [:]
    /// What holds the UDP ports of tunnels.
    private var reservations: [Int32] = []

    /// Starts an engine with one worker and domain 1.
    init(io: IOChoice, slots: Int = 256, spinMicroseconds: Int = 20, latency: String = "/dev/null") throws {
        engine = try EngineThread(
            options: EngineOptions(workers: 1, io: io, spinMicroseconds: spinMicroseconds, slots: slots),
            latency: latency)
        session = try EngineSession(path: engine.path)
        privateNamespace = try LabNamespace()
        try session.perform(.domain(DomainConfiguration(id: 1)))
    }

    deinit {
        for port in ports.values { close(port.descriptor) }
        for descriptor in reservations { close(descriptor) }
    }

    /// A session with the namespace of the near ends.
    func privateSession() throws -> RouteSocket {
        try privateNamespace.session()
    }

    /// The MAC address that a port's interface gets unless told otherwise.
    static func mac(_ id: UInt16) -> MACAddress {
        MACAddress(value: 0x0200_0000_0000 | UInt64(id))
    }

    /// Makes a TAP and moves it into a sandbox, up. `configure` changes what the engine is told.
    @discardableResult
    func addTap(
        _ id: UInt16, in sandbox: LabNamespace, as name: String = "eth0", domain: UInt16 = 1, mtu: UInt32 = 1_500,
        configure: (inout PortConfiguration) -> Void = { _ in }
    ) throws -> LabPort {
        let temporary = "t\(id)"
        let descriptor = try privateNamespace.run { try TapDevice.create(name: temporary, persist: false) }
        do {
            var change = LinkChange()
            change.namespace = sandbox.namespace
            change.name = try InterfaceName(parsing: name)
            change.mac = Self.mac(id)
            change.mtu = mtu
            change.isUp = true
            try privateSession().change(link: privateNamespace.link(temporary).index, change)
            try sandbox.waitUntilRunning(name)
            return try add(
                LabPort(
                    id: id, kind: .tap, domain: domain, name: name, mac: Self.mac(id), nearIndex: nil,
                    descriptor: descriptor), mtu: mtu, configure)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Makes a veth pair whose far end lies in a sandbox, both up, and a packet socket on the near end.
    @discardableResult
    func addVeth(
        _ id: UInt16, in sandbox: LabNamespace, as name: String = "eth0", domain: UInt16 = 1, mtu: UInt32 = 1_500,
        configure: (inout PortConfiguration) -> Void = { _ in }
    ) throws -> LabPort {
        let near = NewLink(name: try InterfaceName(parsing: "v\(id)"), mtu: mtu, isUp: true)
        let far = NewLink(name: try InterfaceName(parsing: name), mac: Self.mac(id), mtu: mtu, isUp: true)
        let index = try privateSession().createVeth(near: near, far: far, farNamespace: sandbox.namespace)
        try sandbox.waitUntilRunning(name)
        try privateNamespace.waitUntilRunning("v\(id)")
        let descriptor = try privateNamespace.run {
            try PacketSocket.open(interfaceIndex: index, promiscuous: true)
        }
        do {
            return try add(
                LabPort(
                    id: id, kind: .packetSocket, domain: domain, name: name, mac: Self.mac(id), nearIndex: index,
                    descriptor: descriptor), mtu: mtu, configure)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// A port of either kind.
    @discardableResult
    func addPort(
        _ id: UInt16, _ kind: PortKind, in sandbox: LabNamespace, as name: String = "eth0", domain: UInt16 = 1,
        mtu: UInt32 = 1_500, configure: (inout PortConfiguration) -> Void = { _ in }
    ) throws -> LabPort {
        switch kind {
        case .tap: try addTap(id, in: sandbox, as: name, domain: domain, mtu: mtu, configure: configure)
        case .packetSocket: try addVeth(id, in: sandbox, as: name, domain: domain, mtu: mtu, configure: configure)
        case .tunnel, .datagram, .tunnelDevice, .uplink, .names: throw SetupError("such a port lies in no sandbox")
        }
    }

    /// Makes a veth pair with a port on either end: a cable between two domains.
    func addCable(_ first: UInt16, domain: UInt16, _ second: UInt16, domain otherDomain: UInt16) throws {
        let near = NewLink(name: try InterfaceName(parsing: "c\(first)"), isUp: true)
        let far = NewLink(name: try InterfaceName(parsing: "c\(second)"), isUp: true)
        try privateSession().createVeth(near: near, far: far)
        for (id, domain) in [(first, domain), (second, otherDomain)] {
            try privateNamespace.waitUntilRunning("c\(id)")
            let index = try privateNamespace.link("c\(id)").index
            let descriptor = try privateNamespace.run {
                try PacketSocket.open(interfaceIndex: index, promiscuous: true)
            }
            _ = try add(
                LabPort(
                    id: id, kind: .packetSocket, domain: domain, name: "c\(id)", mac: Self.mac(id), nearIndex: index,
                    descriptor: descriptor), mtu: 1_500
            ) { _ in }
        }
    }

    /// Opens a tunnel's sockets in the namespace of a host, and tells the engine of them. Its ports are `id` and the
    /// ones behind it.
    ///
    /// `whole`: with the device that super-frames leave by whole, if this kernel has it, to peers behind that interface.
    func addTunnel(
        _ id: UInt16, of host: LabNamespace, local: IPAddress, udpPort: UInt16 = 4_789, whole: String? = nil
    ) throws {
        let opened = try host.run { try TunnelSockets.open(local: local, udpPort: udpPort, senders: 4) }
        var descriptors = [(PortKind.tunnel, opened.receiver)] + opened.senders.map { (PortKind.datagram, $0) }
        if let device = opened.device { descriptors.append((.tunnelDevice, device)) }
        for (offset, (kind, descriptor)) in descriptors.enumerated() {
            _ = try add(
                LabPort(
                    id: id + UInt16(offset), kind: kind, domain: 0, name: "vxlan", mac: .zero, nearIndex: nil,
                    descriptor: descriptor), mtu: 65_535
            ) { _ in }
        }
        reservations.append(opened.reservation)
        var tunnel = TunnelConfiguration(
            id: id, senders: opened.senders.indices.map { id + 1 + UInt16($0) }, udpPort: udpPort, local: local)
        if let whole, opened.device != nil {
            tunnel.device = id + UInt16(descriptors.count - 1)
            tunnel.interface = UInt32(try host.link(whole).index)
        }
        try session.perform(.tunnel(tunnel))
    }

    /// Tells the engine of a port whose descriptor is made.
    private func add(
        _ port: LabPort, mtu: UInt32, _ configure: (inout PortConfiguration) -> Void
    ) throws -> LabPort {
        var configuration = PortConfiguration(
            id: port.id, domain: port.domain, kind: port.kind, mtu: mtu, token: UInt64(port.id))
        configure(&configuration)
        try session.perform(.port(configuration), passing: port.descriptor)
        ports[port.id] = port
        return port
    }

    /// Lets go of the lab's own duplicate of a port's descriptor, so that the engine alone holds it.
    func forgetDescriptor(_ id: UInt16) {
        if let port = ports.removeValue(forKey: id) { close(port.descriptor) }
    }

    /// Waits until the near end of a veth port has a carrier.
    func waitUntilRunning(_ id: UInt16) throws {
        try privateNamespace.waitUntilRunning("v\(id)")
    }

    /// Has each of the stations behind ports 1, 2, … speak once, so that all are known. All sockets are empty afterwards.
    func introduce(_ sockets: [FrameSocket]) throws {
        for (index, socket) in sockets.enumerated() {
            try socket.put(Frames.plain(to: Frames.broadcast, from: Self.mac(UInt16(index + 1)).value))
            for (other, listener) in sockets.enumerated() where other != index {
                guard listener.receive() != nil else { throw SetupError("\(other + 1) doesn't hear \(index + 1)") }
            }
        }
    }

    /// Takes a port out of the engine.
    func removePort(_ id: UInt16) throws {
        try session.perform(.removePort(id))
        forgetDescriptor(id)
    }

    /// Processor time of the engine's workers during so many milliseconds, as a share of one processor.
    func processorShare(during milliseconds: Int32) -> Double {
        let before = engine.processorTime
        usleep(UInt32(milliseconds) * 1_000)
        return Double(engine.processorTime - before) / Double(milliseconds) / 1e6
    }

    /// Waits until no port's count has moved for a tenth of a second: what was under way has gone where it goes.
    func waitForQuiet() throws {
        var last: [PortCounters] = []
        var quiet = 0
        let isQuiet = KernelLab.eventually(within: 20) {
            let current = ports.keys.sorted().map { counters($0) }
            quiet = current == last ? quiet + 1 : 0
            last = current
            usleep(10_000)
            return quiet >= 10
        }
        guard isQuiet else { throw SetupError("the engine doesn't come to rest") }
    }

    /// What a port has counted.
    func counters(_ id: UInt16) -> PortCounters {
        engine.tables.counters(port: id)
    }
}

extension PortCounters {
    /// Drops that are counted in one direction.
    func drops(_ direction: DropReason.Direction) -> UInt64 {
        drops.filter { $0.key.direction == direction }.values.reduce(0, +)
    }

    /// Every frame that came in went somewhere, once.
    var ingressCloses: Bool {
        receivedFrames == forwarded + flooded + consumed + drops(.ingress)
    }
}
