/// What the control thread asks of a worker. Each is answered by one errno, 0 for done.
package enum WorkerCommand: Sendable {
    /// Makes a domain or changes it.
    case setDomain(DomainConfiguration)
    /// Removes a domain and forgets its stations.
    case removeDomain(UInt16)
    /// Makes a port (with its descriptor) or changes one (without). One that `waits` receives nothing before `receive`.
    case setPort(PortConfiguration, descriptor: Int32?, waits: Bool = false)
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
    /// Handles a frame as if it had come in by the port.
    case inject(port: UInt16, frame: [UInt8])
    /// Ends the worker.
    case stop
}

/// What a worker tells the control thread unasked.
package struct WorkerEvent: Sendable, Hashable {
    /// The port whose device is gone.
    package var port: UInt16
    /// What the kernel said.
    package var error: Int32

    /// Makes an event.
    package init(port: UInt16, error: Int32) {
        self.port = port
        self.error = error
    }
}
