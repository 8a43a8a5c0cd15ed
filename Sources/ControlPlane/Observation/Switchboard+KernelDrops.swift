import DataPlane
import Netlink
import SystemPackage

extension Switchboard {
    /// How often the kernel's own drops are read without anybody asking, so that the shared counters are not far off.
    private static let interval: Duration = .seconds(10)

    /// Reads now and then.
    func countKernelDropsFromTimeToTime() {
        loop.after(Self.interval) { [weak self] in
            self?.assumeIsolated { board in
                board.countKernelDrops(onlyBusy: true)
                board.countKernelDropsFromTimeToTime()
            }
        }
    }

    /// Brings the shared counters up to date. `onlyBusy` leaves out ports by which nothing came since the last time,
    /// so that a switch without traffic costs nothing.
    func countKernelDrops(onlyBusy: Bool = false) {
        for network in networkRecords.values where network.phase == .active {
            guard let port = network.hostPort, engine.ports[port] != nil, !onlyBusy || isBusy(port) else { continue }
            guard let link = try? own.link(index: network.hostIndex), let counters = link.statistics else { continue }
            update(port) { $0.deviceSays(counters.txDropped) }
        }
        let parents = networkRecords.values.compactMap(\.parentPort)
        for port in Array(tunnelRecords.values.map(\.id)) + uplinkPorts.values + parents {
            guard let held = engine.ports[port], !onlyBusy || isBusy(port) else { continue }
            guard let count = try? PacketSocket.takeDrops(descriptor: held.descriptor) else { continue }
            update(port) { $0.add(count) }
        }
        for record in endpointRecords.values where record.phase == .active && !record.isGone {
            guard let held = engine.ports[record.port], !onlyBusy || isBusy(record.port) else { continue }
            switch record.via {
            case .tap:
                guard let sandbox = openAgain(record), let link = try? sandbox.route.link(index: record.index),
                    let counters = link.statistics
                else { continue }
                update(record.port) { $0.deviceSays(counters.txDropped) }
            case .veth, .adopted:
                guard let count = try? PacketSocket.takeDrops(descriptor: held.descriptor) else { continue }
                update(record.port) { $0.add(count) }
            case .loopback, .host: continue
            }
        }
    }

    /// A port that was wired anew has a device that counts from zero.
    func kernelCountsAnew(port: UInt16) {
        if kernelDrops[port] != nil { kernelDrops[port]?.deviceIsNew() }
    }

    private func update(_ port: UInt16, _ change: (inout KernelDrops) -> Void) {
        let recorded = engine.counters(port: port)?.drops[.kernelQueue] ?? 0
        var drops = kernelDrops[port] ?? KernelDrops(total: recorded)
        change(&drops)
        kernelDrops[port] = drops
        if drops.total != recorded { engine.setKernelDrops(port: port, total: drops.total) }
    }

    private func isBusy(_ port: UInt16) -> Bool {
        let received = engine.counters(port: port)?.receivedFrames ?? 0
        defer { lastReceived[port] = received }
        return lastReceived[port] != received
    }
}
