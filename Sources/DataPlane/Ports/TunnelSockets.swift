public import Addresses
import CLinux
import Glibc
import SystemPackage

/// Opening the sockets of a VXLAN tunnel end. All calls act in the calling thread's network namespace.
public enum TunnelSockets {
    /// A tunnel's sockets; whoever gets them owns them.
    public struct Opened: Sendable {
        /// A packet socket that receives the datagrams with their outer headers: for a port of the kind `tunnel`.
        public var receiver: Int32
        /// Holds the UDP port: the host neither answers for it nor gives it to others. Nothing is read or sent.
        public var reservation: Int32
        /// UDP sockets that send, each from a port of its own: for ports of the kind `datagram`.
        public var senders: [Int32]

        /// A TAP that super-frames leave by whole, for a port of the kind `tunnelDevice`; nil: this kernel has no such.
        public var device: Int32?

        /// All of them.
        public var all: [Int32] { [receiver, reservation] + senders + (device.map { [$0] } ?? []) }
    }

    /// Where datagrams are sent from (RFC 7348, section 5: dynamic/private ports).
    private static let sourcePorts: ClosedRange<UInt16> = 49_152...65_535
    /// Ports that are tried for one sender.
    private static let tries = 64
    /// Room for bursts of trains, in bytes.
    private static let bufferBytes: Int32 = 16 << 20

    /// Opens the sockets for one local address and UDP port. EADDRNOTAVAIL: the address is not this host's;
    /// EADDRINUSE: somebody has the port.
    public static func open(
        local: IPAddress, udpPort: UInt16, senders count: Int
    ) throws(PortError) -> Opened {
        var opened: [Int32] = []
        do throws(PortError) {
            let octets = local.octets
            let length = Int32(octets.count)
            let subject = "the tunnel port \(udpPort) of \(local)"
            // First what can be refused for the port's and the address's sake.
            let reservation = try take(heddle_tunnel_reservation(octets, length, udpPort), subject)
            opened.append(reservation)
            let receiver = try take(heddle_tunnel_receiver(octets, length, udpPort, bufferBytes), subject)
            opened.append(receiver)
            var senders: [Int32] = []
            for _ in 0..<count {
                let sender = try openSender(octets, "a sending port of \(local)")
                opened.append(sender)
                senders.append(sender)
            }
            return Opened(
                receiver: receiver, reservation: reservation, senders: senders, device: try? openDevice())
        } catch {
            for descriptor in opened { close(descriptor) }
            throw error
        }
    }

    /// What the names of devices begin with.
    public static let devicePrefix = "hdltx"

    /// Opens a device for super-frames. EINVAL: this kernel has no such.
    public static func openDevice() throws(PortError) -> Int32 {
        try take(heddle_tunnel_device(), "the device of a tunnel")
    }

    /// Index of a device's interface in the calling thread's namespace.
    public static func interfaceIndex(ofDevice descriptor: Int32) throws(PortError) -> Int32 {
        try take(heddle_tunnel_device_index(descriptor), "the device of a tunnel")
    }

    private static func openSender(_ octets: [UInt8], _ subject: String) throws(PortError) -> Int32 {
        for _ in 0..<tries {
            let result = heddle_tunnel_sender(
                octets, Int32(octets.count), UInt16.random(in: sourcePorts), bufferBytes)
            if result != -EADDRINUSE { return try take(result, subject) }
        }
        throw PortError(errno: .addressInUse, subject: subject)
    }

    private static func take(_ result: Int32, _ subject: String) throws(PortError) -> Int32 {
        guard result >= 0 else { throw PortError(errno: Errno(rawValue: -result), subject: subject) }
        return result
    }
}
