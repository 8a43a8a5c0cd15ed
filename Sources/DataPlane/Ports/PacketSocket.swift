import CLinux
public import SystemPackage

/// Opening packet sockets. All calls act in the calling thread's network namespace.
public enum PacketSocket {
    /// Room for a burst of super-frames; the kernel's default (212,992 bytes) is three of them.
    private static let bufferBytes: Int32 = 16 << 20

    /// Opens a socket that reads and writes whole frames of one interface behind a 10-byte virtio_net_hdr. The caller
    /// owns the descriptor. `promiscuous` where frames for other stations would otherwise stop at the device.
    public static func open(interfaceIndex: Int32, promiscuous: Bool) throws(PortError) -> Int32 {
        let descriptor = heddle_packet_open(interfaceIndex, promiscuous ? 1 : 0, bufferBytes, bufferBytes)
        guard descriptor >= 0 else {
            throw PortError(
                errno: Errno(rawValue: -descriptor), subject: "packet socket on interface \(interfaceIndex)")
        }
        return descriptor
    }

    /// Frames that the socket's queue had no room for since the last call.
    public static func takeDrops(descriptor: Int32) throws(Errno) -> UInt64 {
        let result = heddle_packet_take_drops(descriptor)
        guard result >= 0 else { throw Errno(rawValue: Int32(-result)) }
        return UInt64(result)
    }

    /// The index of the interface that a socket is bound to; nil: it is no packet socket, or its interface is gone.
    public static func interface(of descriptor: Int32) -> Int32? {
        let index = heddle_packet_interface(descriptor)
        return index > 0 ? index : nil
    }
}
