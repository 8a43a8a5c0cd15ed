/// What the daemon asks of the engine. Every request is answered by one `EngineReply.acknowledgement` with its
/// sequence number; `hello`, `takeDescriptors` and `explain` by further replies before it.
public enum EngineRequest: Sendable, Hashable {
    /// Asks for `EngineReply.information`.
    case hello
    /// A whole configuration follows; what it doesn't name is removed at `commit`.
    case begin
    /// Makes a domain or changes it.
    case domain(DomainConfiguration)
    /// Makes a port or changes it. A descriptor comes along unless the engine has the token already.
    case port(PortConfiguration)
    /// Makes a tunnel of ports that are there, or changes it. It goes with the port that receives.
    case tunnel(TunnelConfiguration)
    /// Ends what `begin` began.
    case commit
    /// Removes a port; its descriptor is closed before the acknowledgement.
    case removePort(UInt16)
    /// Removes a domain and its stations; its ports must be gone.
    case removeDomain(UInt16)
    /// Sets a static station; part of a whole configuration.
    case addStation(StationConfiguration)
    /// Forgets a station, static or learned.
    case removeStation(StationConfiguration)
    /// Tells whose an address is, for an overlay that answers questions; part of a whole configuration.
    case addNeighbour(NeighbourConfiguration)
    /// Forgets whose an address is.
    case removeNeighbour(NeighbourConfiguration)
    /// Tells of an uplink, whose port is there. It goes with its port.
    case uplink(UplinkConfiguration)
    /// Tells which host ports outgoing flows use.
    case pool(PoolConfiguration)
    /// Tells the host's own addresses, in parts; flows that use another one end.
    case hostAddresses(ListPart<HostAddressConfiguration>)
    /// Tells the host's routes, in parts.
    case routes(ListPart<RouteConfiguration>)
    /// Tells where a next hop is, or that it isn't known any more.
    case nextHop(NextHopConfiguration)
    /// Forwards host ports to an endpoint; part of a whole configuration.
    case publish(PublishConfiguration)
    /// Ends that, and the flows that came by it.
    case unpublish(UInt32)
    /// Keeps a descriptor, which comes along, for the next daemon; part of a whole configuration.
    case keep(UInt32)
    /// Closes a descriptor that was kept.
    case letGo(UInt32)
    /// Handles a frame (from the destination address on, no virtio_net_hdr) as if it had come in by that port:
    /// how a new endpoint is announced.
    case inject(port: UInt16, frame: [UInt8])
    /// Asks for one `EngineReply.descriptor` for each port, and one `EngineReply.kept` for each kept descriptor.
    case takeDescriptors
    /// Sets what happens to the packets of a port; part of a whole configuration. Empty settings: nothing any more.
    case impairment(ImpairmentConfiguration)
    /// Begins a capture; the ring's descriptor comes along. Ends with the connection.
    case startCapture(CaptureConfiguration)
    /// Ends a capture before that.
    case stopCapture(UInt32)
    /// Asks for an `EngineReply.explanation` of what would become of a frame (from the destination address on, no
    /// virtio_net_hdr) that comes in by that port. `port` from 16384 on: out of a datagram of the VTEP of that place, into
    /// `domain`, which is 0 otherwise.
    case explain(port: UInt16, domain: UInt16, frame: [UInt8])
    /// Ends the engine after the acknowledgement.
    case shutdown
}
