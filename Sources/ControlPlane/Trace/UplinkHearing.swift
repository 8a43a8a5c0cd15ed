import Addresses
import DataPlane

/// Whether an uplink's packet socket hears a frame. Pure.
struct UplinkHearing {
    /// The socket's filter.
    let filter: SocketFilter
    /// Of the uplink.
    let mac: MACAddress

    /// What the kernel says of a frame beside its bytes (PACKET_HOST and so on, linux/if_packet.h).
    private enum PacketType {
        static let host: UInt32 = 0
        static let broadcast: UInt32 = 1
        static let multicast: UInt32 = 2
        static let otherHost: UInt32 = 3
    }

    /// Whether the socket hears it. Where the filter can't be run here: true, and the engine has the last word.
    func hears(_ frame: [UInt8]) -> Bool {
        guard let program = FilterProgram(filter.instructions) else { return true }
        let destination = frame.prefix(6).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let type: UInt32
        switch MACAddress(value: destination) {
        case mac: type = PacketType.host
        case let address where address.isBroadcast: type = PacketType.broadcast
        case _ where destination >> 40 & 1 == 1: type = PacketType.multicast
        default: type = PacketType.otherHost
        }
        return frame.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return true }
            return program.run(base, available: bytes.count, length: bytes.count, .init(packetType: type)) != 0
        }
    }
}
