package import Addresses

/// What the control thread asks of a worker. Each is answered by one errno, 0 for done.
package enum WorkerCommand: Sendable {
    /// Makes a domain or changes it.
    case setDomain(DomainConfiguration)
    /// Removes a domain and forgets its stations.
    case removeDomain(UInt16)
    /// Makes a port (with its descriptor) or changes one (without). One that `waits` receives nothing before `receive`; a
    /// new one is impaired before it receives anything.
    case setPort(
        PortConfiguration, descriptor: Int32?, waits: Bool = false, impairments: [ImpairmentConfiguration] = [])
    /// Has all ports that wait receive.
    case receive
    /// Stops a port; answered when nothing of it is under way any more.
    case removePort(UInt16)
    /// Sets a static station.
    case addStation(StationConfiguration)
    /// Forgets a station.
    case removeStation(StationConfiguration)
    /// Makes a tunnel or changes it; the UDP ports of its senders are in their order.
    case setTunnel(TunnelConfiguration, sourcePorts: [UInt16] = [])
    /// Tells whose an address is.
    case addNeighbour(NeighbourConfiguration)
    /// Forgets whose an address is.
    case removeNeighbour(NeighbourConfiguration)
    /// Tells of an uplink whose port is there.
    case setUplink(UplinkConfiguration)
    /// Tells which host ports outgoing flows use.
    case setPool(PoolConfiguration)
    /// Tells all of the host's own addresses.
    case setHostAddresses([HostAddressConfiguration])
    /// Tells all of the host's routes.
    case setRoutes([RouteConfiguration])
    /// Tells where a next hop is, or that it isn't known any more.
    case setNextHop(NextHopConfiguration)
    /// Forwards host ports to an endpoint.
    case publish(PublishConfiguration)
    /// Ends that.
    case unpublish(UInt32)
    /// Sets what happens to the packets of a port in one direction.
    case impair(ImpairmentConfiguration)
    /// Begins a capture.
    case startCapture(CaptureConfiguration, CaptureMemory)
    /// Ends one.
    case stopCapture(UInt32)
    /// Tells what would become of a frame that comes in by a port, or out of a datagram of a VTEP's into a domain.
    case explain(port: UInt16, domain: UInt16, ExplanationMemory)
    /// Handles a frame as if it had come in by the port.
    case inject(port: UInt16, frame: [UInt8])
    /// Ends the worker.
    case stop
}

/// What a worker tells the control thread unasked.
package enum WorkerEvent: Sendable, Hashable {
    /// A port's device is gone; what the kernel said.
    case portGone(port: UInt16, error: Int32)
    /// A frame waits for the MAC address of a next hop of an uplink.
    case nextHopWanted(uplink: UInt16, address: IPAddress)
}
