import CLinux
public import SystemPackage

/// A NETLINK_ROUTE socket of the kernel. For one thread at a time.
///
/// It belongs to the network namespace in which it was made and keeps that alive until it is closed.
public final class NetlinkSocket: NetlinkTransport {
    /// The descriptor, owned by this object and closed with it; for poll.
    public let descriptor: FileDescriptor
    /// The socket's address within its namespace.
    public let port: UInt32
    // Invariant: points to `capacity` bytes that this object owns.
    private var storage: UnsafeMutableRawPointer
    private var capacity: Int

    /// Opens a socket in a namespace (nil: the calling thread's). `timeout` in milliseconds bounds a receive; a
    /// non-blocking socket doesn't wait at all.
    public init(
        in namespace: NetworkNamespace? = nil, nonblocking: Bool = false, timeout: Int32 = 10_000
    ) throws(Errno) {
        var port: UInt32 = 0
        let raw = try NetworkNamespace.entering(namespace) {
            heddle_netlink_open(nonblocking ? 1 : 0, nonblocking ? 0 : timeout, &port)
        }
        guard raw >= 0 else { throw Errno(rawValue: -raw) }
        descriptor = FileDescriptor(rawValue: raw)
        self.port = port
        // More than the kernel packs into one datagram of a dump; a single answer may still be larger.
        capacity = 64 * 1024
        storage = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        storage.deallocate()
        try? descriptor.close()
    }

    /// See `NetlinkTransport`.
    public func send(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
        try check(heddle_netlink_send(descriptor.rawValue, bytes.baseAddress, bytes.count))
    }

    /// See `NetlinkTransport`. Datagrams that don't come from the kernel are skipped.
    public func receive() throws(Errno) -> NetlinkDatagram {
        while true {
            let waiting = heddle_netlink_peek(descriptor.rawValue)
            guard waiting >= 0 else { throw Errno(rawValue: CInt(-waiting)) }
            grow(to: waiting)
            var sender: UInt32 = 0
            var namespaceID: Int32 = -1
            // `storage` holds `capacity` bytes, and the call writes no more than that.
            let size = heddle_netlink_receive(descriptor.rawValue, storage, capacity, &sender, &namespaceID)
            guard size >= 0 else { throw Errno(rawValue: CInt(-size)) }
            guard size <= capacity else { throw .messageTooLong }
            guard sender == 0 else { continue }
            return NetlinkDatagram(
                bytes: UnsafeRawBufferPointer(start: storage, count: size),
                namespaceID: namespaceID < 0 ? nil : namespaceID)
        }
    }

    /// Joins a multicast group (RTNLGRP_*).
    func join(group: CInt) throws(Errno) {
        try check(heddle_netlink_join(descriptor.rawValue, group))
    }

    /// Receives the notifications of every namespace that has an identifier in this socket's one.
    func listenToAllNamespaces() throws(Errno) {
        try check(heddle_netlink_listen_all(descriptor.rawValue))
    }

    /// Enlarges the receive buffer, past the system's limit where that is permitted.
    func setReceiveBuffer(bytes: CInt) throws(Errno) {
        try check(heddle_netlink_set_receive_buffer(descriptor.rawValue, bytes))
    }

    private func grow(to size: Int) {
        guard size > capacity else { return }
        storage.deallocate()
        storage = .allocate(byteCount: size, alignment: 16)
        capacity = size
    }

    private func check(_ result: CInt) throws(Errno) {
        if result < 0 { throw Errno(rawValue: -result) }
    }
}
