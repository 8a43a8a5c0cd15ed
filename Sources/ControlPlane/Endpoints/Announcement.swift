import Addresses

/// Frames that tell a network where an endpoint is, so that neighbours that knew another MAC address for its addresses,
/// or another port for its MAC address, learn at once.
enum Announcement {
    /// One frame for each address, from the destination address on.
    static func frames(mac: MACAddress, addresses: [IPPrefix]) -> [[UInt8]] {
        addresses.map { prefix in
            switch prefix.address {
            case .v4(let address): gratuitousARP(mac: mac, address: address)
            case .v6(let address): neighbourAdvertisement(mac: mac, address: address)
            }
        }
    }

    /// An ARP request for the own address (RFC 5227 section 2.3).
    static func gratuitousARP(mac: MACAddress, address: IPv4Address) -> [UInt8] {
        var frame = MACAddress.broadcast.octets + mac.octets + [0x08, 0x06]
        frame += [0, 1, 0x08, 0, 6, 4, 0, 1]
        frame += mac.octets + address.octets
        frame += MACAddress.zero.octets + address.octets
        return frame
    }

    /// An unsolicited neighbour advertisement to all nodes with the override flag (RFC 4861 section 7.2.6).
    static func neighbourAdvertisement(mac: MACAddress, address: IPv6Address) -> [UInt8] {
        let allNodes = IPv6Address(high: 0xFF02_0000_0000_0000, low: 1)
        // Type 136, flags O, target, option 2: target link-layer address.
        var message: [UInt8] = [136, 0, 0, 0, 0x20, 0, 0, 0]
        message += address.octets + [2, 1] + mac.octets
        let checksum = checksum(of: message, source: address, destination: allNodes)
        message[2] = UInt8(checksum >> 8)
        message[3] = UInt8(checksum & 0xFF)
        var frame: [UInt8] = [0x33, 0x33, 0, 0, 0, 1] + mac.octets + [0x86, 0xDD]
        frame += [0x60, 0, 0, 0, UInt8(message.count >> 8), UInt8(message.count & 0xFF), 58, 255]
        frame += address.octets + allNodes.octets
        return frame + message
    }

    /// RFC 4443 section 2.3, over the pseudo-header of RFC 8200 section 8.1.
    private static func checksum(of message: [UInt8], source: IPv6Address, destination: IPv6Address) -> UInt16 {
        var bytes = source.octets + destination.octets
        bytes += [0, 0, UInt8(message.count >> 8), UInt8(message.count & 0xFF), 0, 0, 0, 58]
        bytes += message
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
        }
        while sum >> 16 != 0 { sum = (sum & 0xFFFF) + (sum >> 16) }
        return ~UInt16(truncatingIfNeeded: sum)
    }
}
