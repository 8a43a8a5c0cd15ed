import SystemPackage

extension RouteSession where Transport == NetlinkSocket {
    /// Opens a session with a namespace (nil: the calling thread's). It keeps the namespace alive until it is let go,
    /// so hold none of a sandbox's for longer than it takes.
    public convenience init(in namespace: NetworkNamespace? = nil) throws(NetlinkError) {
        do throws(Errno) {
            self.init(transport: try NetlinkSocket(in: namespace))
        } catch {
            throw NetlinkError(errno: error, operation: "open a netlink socket")
        }
    }
}
