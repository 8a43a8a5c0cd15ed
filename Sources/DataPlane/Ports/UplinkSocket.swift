import CLinux
public import SystemPackage

/// Opening the packet socket of an uplink or of a network's parent. All calls act in the calling thread's network namespace.
public enum UplinkSocket {
    /// As much room as other packet sockets have.
    private static let bufferBytes: Int32 = 16 << 20

    /// Opens a socket that reads and writes whole frames of one interface behind a 10-byte virtio_net_hdr, and never gets
    /// one that the filter doesn't let through. `promiscuous` where frames for other stations than the host would stop at
    /// the device. The caller owns the descriptor.
    public static func open(
        interface index: Int32, filter: SocketFilter, promiscuous: Bool = false
    ) throws(PortError) -> Int32 {
        let result = filter.withCFilter {
            heddle_uplink_open(index, $0, promiscuous ? 1 : 0, bufferBytes, bufferBytes)
        }
        guard result >= 0 else {
            throw PortError(errno: Errno(rawValue: -result), subject: "a packet socket on interface \(index)")
        }
        return result
    }

    /// Puts another filter in the place of the socket's. No frame meets neither, none is lost that both accept.
    public static func setFilter(_ descriptor: Int32, _ filter: SocketFilter) throws(Errno) {
        try filter.attach(to: descriptor)
    }
}
