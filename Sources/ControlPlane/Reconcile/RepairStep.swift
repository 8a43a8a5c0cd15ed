/// One thing to do so that the world is as recorded.
enum RepairStep: Hashable, Sendable {
    /// The engine holds a port that nobody knows: close it.
    case dropPort(UInt16)
    /// An interface in the private namespace that belongs to no endpoint: delete it.
    case deletePrivateLink(LinkSight)
    /// An interface in the daemon's own namespace with our mark that belongs to no network: delete it.
    case deleteOwnLink(LinkSight)
    /// The network was never confirmed to anybody: undo it.
    case rollBackNetwork(id: String)
    /// The network's removal had begun: end it.
    case finishNetworkRemoval(id: String)
    /// A tunnel's sockets, or some of them, are held by nobody: open them all anew.
    case openTunnel(TunnelPlace)
    /// No network uses the tunnel any more: close it and forget it.
    case releaseTunnel(TunnelPlace)
    /// Nobody holds a socket on the network's parent: open one, if the interface is there.
    case openParent(network: String)
    /// The host port's TAP is there but nobody holds it: attach to it again.
    case reattachHostPort(network: String)
    /// The host port is missing: make it.
    case makeHostPort(network: String)
    /// The endpoint was never confirmed to anybody: undo it.
    case rollBackEndpoint(id: String)
    /// The endpoint's detach had begun: end it.
    case finishDetach(id: String)
    /// The endpoint works: keep its port as it is.
    case keep(id: String)
    /// The endpoint's TAP is in its sandbox but nobody holds it: attach to it again.
    case reattachTap(id: String)
    /// The endpoint's interface is there but nobody holds a packet socket on it: open one.
    case reopenSocket(id: String)
    /// The sandbox is another one than before, or what was made is lost: wire the endpoint anew.
    case rewire(id: String)
    /// Sandbox or interface vanished: free what is left and wait.
    case markGone(id: String)
}
