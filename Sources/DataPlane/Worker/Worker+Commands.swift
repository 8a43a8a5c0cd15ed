import Addresses
import Glibc

extension Worker where IO: ~Copyable {
    /// Does what the control thread asks. Not on a frame's path: may allocate.
    mutating func obey() {
        guard let (command, ticket) = mailbox.takeCommand() else { return }
        switch command {
        case .setDomain(let domain):
            let isSet = forwarding.addDomain(domain.id, ageingMilliseconds: domain.ageingMilliseconds)
            mailbox.complete(ticket, isSet && forwarding.setOverlay(domain.id, domain.overlay) ? 0 : EINVAL)
            setGateway(domain)
            forwarding.setParent(domain.id, mode: domain.parent)
        case .removeDomain(let id):
            router?.pointee.setGateway(id, nil)
            forwarding.removeDomain(id)
            mailbox.complete(ticket, 0)
        case .setPort(let port, let descriptor, let waits, let impairments):
            mailbox.complete(ticket, set(port, descriptor, waits: waits, impairments))
        case .receive:
            receiveByWaiting()
            mailbox.complete(ticket, 0)
        case .removePort(let id):
            remove(id, ticket)
        case .addStation(let station):
            mailbox.complete(ticket, add(station) ? 0 : EINVAL)
        case .removeStation(let station):
            let wasThere = forwarding.stations.remove(
                mac: station.mac.value, vlan: station.vlan, domain: station.domain)
            mailbox.complete(ticket, wasThere ? 0 : ENOENT)
        case .setTunnel(let tunnel, let sourcePorts):
            mailbox.complete(ticket, forwarding.setTunnel(tunnel, sourcePorts: sourcePorts) ? 0 : EINVAL)
        case .addNeighbour(let neighbour):
            let (high, low) = neighbour.address.words
            let isSet = forwarding.neighbours.set(
                domain: neighbour.domain, high: high, low: low, mac: neighbour.mac.value)
            mailbox.complete(ticket, isSet ? 0 : ENOSPC)
        case .removeNeighbour(let neighbour):
            let (high, low) = neighbour.address.words
            let wasThere = forwarding.neighbours.remove(domain: neighbour.domain, high: high, low: low)
            mailbox.complete(ticket, wasThere ? 0 : ENOENT)
        case .setUplink, .setPool, .setHostAddresses, .setRoutes, .setNextHop, .publish, .unpublish:
            mailbox.complete(ticket, obeyRouting(command))
        case .explain(let port, let domain, let memory):
            mailbox.complete(ticket, explain(memory, port: port, domain: domain))
        case .inject(let port, let frame):
            mailbox.complete(ticket, inject(frame, port))
        case .impair(let impairment):
            mailbox.complete(ticket, set(impairment))
        case .startCapture(let capture, let memory):
            mailbox.complete(ticket, start(capture, memory))
        case .stopCapture(let number):
            mailbox.complete(ticket, stopCapture(number))
        case .stop:
            forgetImpairments()
            stopTicket = ticket
        }
    }

    private mutating func add(_ station: StationConfiguration) -> Bool {
        guard let vtep = station.vtep else {
            return forwarding.stations.addStatic(
                mac: station.mac.value, vlan: station.vlan, domain: station.domain, port: station.port, now: now)
        }
        return forwarding.addRemoteStation(
            mac: station.mac.value, vlan: station.vlan, domain: station.domain, vtep: vtep, now: now)
    }

    private mutating func set(
        _ port: PortConfiguration, _ descriptor: Int32?, waits: Bool, _ impairments: [ImpairmentConfiguration]
    ) -> Int32 {
        let index = Int(port.id)
        guard index > 0, index < SharedTables.maximumPorts else { return EINVAL }
        if let descriptor {
            guard states[index].life == .absent else { return EEXIST }
            let result = io.attach(port: port.id, descriptor: descriptor, kind: port.kind)
            guard result == 0 else { return result }
        } else if states[index].life != .present {
            return ENOENT
        }
        if port.kind.isInDomain {
            let isSet = forwarding.setPort(
                port.id, domain: port.domain, isolated: port.isolated, accessVLAN: port.accessVLAN, mtu: port.mtu,
                sourceGuard: port.sourceGuard.map { SourceGuard($0) }, isNames: port.kind == .names)
            guard isSet else {
                if descriptor != nil { io.detach(port: port.id) }
                return EINVAL
            }
            if port.kind == .parent { forwarding.setParent(port.domain, port: port.id) }
        }
        if descriptor != nil {
            states[index] = PortState()
            states[index].life = .present
            states[index].isTunnel = port.kind == .tunnel
            states[index].isSender = port.kind.onlySends
            states[index].isUplink = port.kind == .uplink
            states[index].isWaiting = waits
            // What can't be done is told to whoever asks for it again.
            for impairment in impairments { _ = set(impairment) }
            if !waits { io.receive(port: port.id) }
        }
        if captures.count > 0 { watchCaptured(port.id) }
        return 0
    }

    private mutating func receiveByWaiting() {
        for index in 0..<SharedTables.maximumPorts where states[index].isWaiting {
            states[index].isWaiting = false
            if states[index].life == .present { io.receive(port: UInt16(index)) }
        }
        let states = states
        let ports = forwarding.ports
        router?.pointee.endOrphans { port, domain in
            let index = Int(port) & (SharedTables.maximumPorts - 1)
            return states[index].life == .present && ports[index].domain == domain
        }
    }

    /// Answered at once if nothing is under way, else by the completion that ends receiving.
    private mutating func remove(_ port: UInt16, _ ticket: UInt64) {
        let index = Int(port)
        guard index > 0, index < SharedTables.maximumPorts, states[index].life != .absent else {
            mailbox.complete(ticket, ENOENT)
            return
        }
        if states[index].retryAt != 0 {
            states[index].retryAt = 0
            retrying -= 1
        }
        states[index].life = .retiring
        forwarding.removePort(port)
        if states[index].isTunnel { forwarding.removeTunnel(port) }
        if states[index].isUplink { router?.pointee.removeUplink(port) }
        forgetRouted(port)
        forgetImpairments(port)
        captures.forget(port: port)
        removing = (port, ticket)
        if !io.cancel(port: port) { finishRemoval(port) }
    }

    /// Lets go of the ports that were to be removed and receive nothing any more.
    mutating func finishRemovals() {
        hasRetired = false
        for index in 0..<SharedTables.maximumPorts where states[index].life == .retiring && states[index].hasEnded {
            finishRemoval(UInt16(index))
        }
    }

    /// The port is out of everything; the control thread may close its descriptor.
    private mutating func finishRemoval(_ port: UInt16) {
        io.detach(port: port)
        states[Int(port)] = PortState()
        guard let (awaited, ticket) = removing, awaited == port else { return }
        removing = nil
        mailbox.complete(ticket, 0)
    }

    private mutating func inject(_ frame: [UInt8], _ port: UInt16) -> Int32 {
        let index = Int(port)
        guard index > 0, index < SharedTables.maximumPorts, states[index].life == .present else { return ENOENT }
        guard frame.count >= Ethernet.headerLength, frame.count <= MessageLimits.maximumFrame else { return EMSGSIZE }
        // Lives until the sends have been submitted, which `wait` does.
        withUnsafeTemporaryAllocation(
            byteCount: SlotMemory.headroom + VirtioNetHeader.length + frame.count, alignment: 8
        ) { buffer in
            guard let base = buffer.baseAddress else { return }
            let header = base + SlotMemory.headroom
            header.initializeMemory(as: UInt8.self, repeating: 0, count: VirtioNetHeader.length)
            frame.withUnsafeBytes { bytes in
                guard let source = bytes.baseAddress else { return }
                (header + VirtioNetHeader.length).copyMemory(from: source, byteCount: bytes.count)
            }
            enter(header: header, length: frame.count, port: port)
            tunnels.isHolding = false
            finishTunnels()
            io.wait(timeout: 0, spin: 0)
        }
        return 0
    }
}

extension SourceGuard {
    fileprivate init(_ configured: PortGuard) {
        self.init(
            mac: configured.mac.value, ipv4: configured.ipv4.map(\.value),
            ipv6: configured.ipv6.map { UInt128($0.high) << 64 | UInt128($0.low) }, isOpen: configured.isOpen)
    }
}
