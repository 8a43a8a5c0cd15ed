import Addresses
import Testing

@testable import ControlPlane

@Suite struct AnnouncementTests {
    private let mac = MACAddress(value: 0x0200_0A00_0002)

    @Test func gratuitousARPByteForByte() {
        // RFC 826 over Ethernet: sender and target protocol address are the own one.
        let expected: [UInt8] = [
            0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02, 0x00, 0x0A, 0x00, 0x00, 0x02, 0x08, 0x06,  //
            0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01,  //
            0x02, 0x00, 0x0A, 0x00, 0x00, 0x02, 10, 0, 0, 2,  //
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 10, 0, 0, 2,
        ]
        #expect(Announcement.gratuitousARP(mac: mac, address: IPv4Address(value: 0x0A00_0002)) == expected)
    }

    @Test func neighbourAdvertisementByteForByte() throws {
        let address = try #require(IPv6Address("fd00::2"))
        let frame = Announcement.neighbourAdvertisement(mac: mac, address: address)
        // To all nodes, hop limit 255 or receivers drop it (RFC 4861 section 7.1.2).
        #expect(frame[..<14] == [0x33, 0x33, 0, 0, 0, 1, 0x02, 0x00, 0x0A, 0x00, 0x00, 0x02, 0x86, 0xDD])
        #expect(frame[14..<22] == [0x60, 0, 0, 0, 0, 32, 58, 255])
        #expect(Array(frame[22..<38]) == address.octets)
        #expect(frame[54] == 136 && frame[58] == 0x20)
        #expect(Array(frame[62..<78]) == address.octets)
        #expect(Array(frame[78...]) == [2, 1] + mac.octets)
        // The sum over pseudo-header and message, its checksum included, is all ones.
        var bytes = Array(frame[22..<54]) + [0, 0, 0, 32, 0, 0, 0, 58]
        bytes += frame[54...]
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1])
        }
        while sum >> 16 != 0 { sum = (sum & 0xFFFF) + (sum >> 16) }
        #expect(sum == 0xFFFF)
    }

    @Test func oneFrameForEachAddress() {
        let record = Samples.endpoint(1)
        let frames = Announcement.frames(mac: record.mac, addresses: record.addresses)
        #expect(frames.map(\.count) == [42, 86])
        #expect(Announcement.frames(mac: record.mac, addresses: []).isEmpty)
    }
}
