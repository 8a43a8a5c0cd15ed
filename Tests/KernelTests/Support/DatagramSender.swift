// Offers: `DatagramSender`, datagrams to a host's VXLAN port.

import Addresses
import Glibc

/// A UDP socket that sends to the VXLAN port of a host.
final class DatagramSender {
    private let descriptor: Int32
    private let target: sockaddr_in

    init(in host: LabNamespace, to address: IPAddress) throws {
        descriptor = try host.run { Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0) }
        guard descriptor >= 0, case .v4(let address) = address else { throw SetupError("no socket to \(address)") }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = UInt16(4_789).bigEndian
        target.sin_addr.s_addr = address.value.bigEndian
        self.target = target
    }

    deinit {
        close(descriptor)
    }

    func send(_ bytes: [UInt8]) throws {
        var target = target
        let sent = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard sent == bytes.count else { throw SetupError("cannot send a datagram: error \(errno)") }
    }

    /// Sends frames as one train of datagrams, all of one size but the last.
    func send(_ frames: [[UInt8]], vni: UInt32) throws {
        let header = [8, 0, 0, 0] + Frames.big(UInt64(vni), 3) + [0]
        var size = Int32(frames[0].count + header.count)
        guard setsockopt(descriptor, Int32(IPPROTO_UDP), Self.segmentOption, &size, 4) == 0 else {
            throw SetupError("no UDP_SEGMENT: error \(errno)")
        }
        try send(frames.flatMap { header + $0 })
    }

    /// UDP_SEGMENT (linux/udp.h).
    private static let segmentOption: Int32 = 103
}
