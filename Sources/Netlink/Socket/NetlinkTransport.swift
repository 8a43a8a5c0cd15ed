public import SystemPackage

/// What a netlink session needs of a socket. The kernel's is `NetlinkSocket`; tests use one that replays replies.
public protocol NetlinkTransport: AnyObject {
    /// The socket's own address, which replies carry in their header.
    var port: UInt32 { get }

    /// Sends one datagram to the kernel. The bytes are the caller's.
    func send(_ bytes: UnsafeRawBufferPointer) throws(Errno)

    /// Waits for the next datagram of the kernel. The bytes belong to the transport and are valid until the next call.
    /// Throws `.resourceTemporarilyUnavailable` where nothing came in time.
    func receive() throws(Errno) -> NetlinkDatagram
}

/// One datagram of the kernel.
public struct NetlinkDatagram {
    /// Its bytes, owned by the transport and valid until it receives again.
    public let bytes: UnsafeRawBufferPointer
    /// Identifier of the namespace that a notification came from, as the socket's own namespace knows it; nil for the
    /// own one.
    public let namespaceID: Int32?

    /// Makes a datagram of its parts.
    public init(bytes: UnsafeRawBufferPointer, namespaceID: Int32? = nil) {
        self.bytes = bytes
        self.namespaceID = namespaceID
    }
}
