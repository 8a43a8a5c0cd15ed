import DataPlane
import Glibc
import HeddleAPI
import Logging
import Netlink

extension Switchboard {
    /// How a tunnel's device is found.
    private enum DeviceState {
        case fine
        /// Somebody has set it down; it is the interface of that name and index.
        case down(name: String, index: Int32)
        /// It was deleted, or moved to another namespace.
        case gone
    }

    /// Puts tunnels' devices up again that somebody has set down, and makes those anew that were deleted. The engine
    /// has ceased to use such a one and cuts super-frames, until it is told of the tunnel again.
    func mendTunnelDevices() {
        let isDoubted = areDevicesDoubted
        areDevicesDoubted = false
        for tunnel in tunnelRecords.values.sorted(by: { $0.id < $1.id }) where isOpen(tunnel) && tunnel.hasDevice {
            guard let port = tunnel.ports.last, let held = engine.ports[port] else { continue }
            switch state(ofDevice: held.descriptor) {
            case .fine:
                // Perhaps it was down for a moment, and the engine saw that.
                if isDoubted || brokenDevices[tunnel.place] != nil { giveDevice(of: tunnel, "its device is up") }
            case .down(let name, let index): raise(name, index, of: tunnel)
            case .gone: replaceDevice(of: tunnel)
            }
        }
    }

    /// Whether an event says that a tunnel's device was set down; then all are looked at. That one is gone is an event
    /// like others.
    func concernsDevice(_ link: Link) -> Bool {
        guard !link.isUp, link.name.hasPrefix(TunnelSockets.devicePrefix) else { return false }
        areDevicesDoubted = true
        return true
    }

    private func state(ofDevice descriptor: Int32) -> DeviceState {
        do {
            let index = try TunnelSockets.interfaceIndex(ofDevice: descriptor)
            guard let link = try own.link(index: index) else { return .gone }
            return link.isUp ? .fine : .down(name: link.name, index: index)
        } catch {
            return .gone
        }
    }

    private func raise(_ name: String, _ index: Int32, of tunnel: TunnelRecord) {
        sayCut(tunnel, "\(name) was set down")
        do throws(NetlinkError) {
            var change = LinkChange()
            change.isUp = true
            try own.change(link: index, change)
        } catch {
            return log.debug("\(error)")
        }
        giveDevice(of: tunnel, "\(name) is up again")
    }

    private func replaceDevice(of old: TunnelRecord) {
        sayCut(old, "its device was deleted")
        guard let port = old.ports.last else { return }
        let tunnel = old.withNewDeviceToken()
        guard let configuration = tunnel.portConfigurations.last else { return }
        // The next look tries again what fails.
        guard let descriptor = try? TunnelSockets.openDevice() else { return }
        do throws(APIError) {
            try save(tunnel)
        } catch {
            close(descriptor)
            return log.debug("\(error)")
        }
        label(descriptor, of: tunnel)
        engine.removePort(port)
        engine.hold(configuration, descriptor: descriptor)
        do throws(EngineFailure) {
            try engine.plug(port: port)
        } catch {
            // An engine that is being replaced is told everything.
            return log.debug("\(error)")
        }
        giveDevice(of: tunnel, "there is a new one")
    }

    /// Says once what is wrong with a device.
    private func sayCut(_ tunnel: TunnelRecord, _ reason: String) {
        guard brokenDevices.updateValue(reason, forKey: tunnel.place) != reason else { return }
        log.warning(
            """
            the tunnel \(tunnel.place): \(reason); TCP super-frames are cut by the engine, which is slower, until it is back
            """
        )
    }

    /// Tells the engine of the tunnel again, so that it uses the device.
    private func giveDevice(of tunnel: TunnelRecord, _ news: String) {
        do throws(EngineFailure) {
            try engine.change(configuration(of: tunnel))
        } catch {
            return log.warning("\(error)")
        }
        log.notice("the tunnel \(tunnel.place): \(news); super-frames leave whole")
        brokenDevices[tunnel.place] = nil
    }
}
