import Addresses
import DataPlane
import Glibc
import Testing

extension RealKernel {
    /// Linux says how a super-frame is cut: the same one into the kernel's tunnel and into Heddle's, over an underlay that
    /// cuts nothing itself, and the datagrams carry the same frames, byte for byte.
    @Suite("The kernel's segmentation as oracle")
    struct OverlaySegmentTests {
        /// A tunnel end and the wire behind it.
        private final class Bench {
            let host: OverlayHost
            let inside: FrameSocket
            private let underlay: Underlay
            private let outside: FrameSocket

            init(_ kind: OverlayHost.Kind, family: IPAddress.Family, isWhole: Bool = false) throws {
                underlay = try Underlay(hosts: 2, family: family, offload: false)
                host = try OverlayHost(kind, 0, of: underlay, isWhole: isWhole)
                inside = try FrameSocket(in: host.sandbox)
                outside = try FrameSocket("u0", in: underlay.hosts[1])
            }

            /// The inner frames of the datagrams that a super-frame becomes.
            func cut(_ frame: SuperFrame) throws -> [[UInt8]] {
                let error = inside.send(frame.bytes, header: frame.header)
                guard error == 0 else { throw SetupError("the sandbox can't send it: error \(error)") }
                var inner: [[UInt8]] = []
                while inner.count < frame.count, let outer = outside.receiveFrame(within: 2_000) {
                    if let piece = try Self.inner(of: outer) { inner.append(piece) }
                }
                while let outer = outside.receiveFrame(within: 0) {
                    if let piece = try Self.inner(of: outer) { inner.append(piece) }
                }
                return inner
            }

            /// What a datagram to the VXLAN port carries; nil: it is something else. Throws if it isn't as RFC 7348 says.
            private static func inner(of outer: [UInt8]) throws -> [UInt8]? {
                let isIPv4 = outer[12] == 8 && outer[13] == 0
                let isIPv6 = outer[12] == 0x86 && outer[13] == 0xDD
                guard isIPv4 && outer[23] == 17 || isIPv6 && outer[20] == 17 else { return nil }
                let udp = isIPv4 ? 34 : 54
                guard Array(outer[(udp + 2)..<(udp + 4)]) == Frames.big(4_789, 2) else { return nil }
                let header = [8, 0, 0, 0] + Frames.big(UInt64(OverlayHost.vni), 3) + [0]
                guard Array(outer[(udp + 8)..<(udp + 16)]) == header else {
                    throw SetupError("a VXLAN header that can't be: \(outer[udp...].prefix(16))")
                }
                let port = Int(outer[udp]) << 8 | Int(outer[udp + 1])
                guard port >= 32_768 else { throw SetupError("a datagram from port \(port)") }
                let length = Int(outer[udp + 4]) << 8 | Int(outer[udp + 5])
                return Array(outer[(udp + 16)..<(udp + length)])
            }
        }

        @Test("super-frames become the same segments", arguments: IOChoice.onThisKernel, OverlayTests.ways)
        func sameSegments(io: IOChoice, way: (IPAddress.Family, Bool)) throws {
            let ours = try Bench(.heddle(io), family: way.0, isWhole: way.1)
            let theirs = try Bench(.kernel, family: way.0)
            let seed = UInt64.random(in: 0..<1_000_000)
            var random = Seeded(seed)
            for number in 0..<150 {
                let frame = SuperFrame(&random, mtu: 1_400)
                let expected = try theirs.cut(frame)
                let cut = try ours.cut(frame)
                #expect(expected.count == frame.count, "\(frame.text), seed \(seed), number \(number)")
                #expect(cut == expected, "\(frame.text), seed \(seed), number \(number)")
                if cut != expected { return }
            }
            // The last frame may be on the wire before it is counted.
            let lab = try #require(ours.host.lab)
            try lab.waitForQuiet()
            let side = lab.engine.tables.counters(overlay: 1)
            #expect(side.drops == [:] && side.sentFrames == 150)
        }
    }
}

/// A super-frame of TCP or UDP with random headers.
struct SuperFrame {
    /// virtio_net_hdr.
    let header: [UInt8]
    /// From the destination address on.
    let bytes: [UInt8]
    /// How many segments it becomes.
    let count: Int
    /// For people.
    let text: String

    /// One whose segments are packets of at most `mtu` bytes.
    init(_ random: inout Seeded, mtu: Int) {
        let isIPv4 = random.below(2) == 0
        let isTCP = random.below(4) != 0
        let tags: [UInt8] = random.below(3) == 0 ? Frames.tag(UInt16(1 + random.below(4_000))) : []
        let optionLength = isTCP ? 4 * random.below(11) : 0
        let transportLength = isTCP ? 20 + optionLength : 8
        let networkLength = isIPv4 ? 20 : 40
        let most = mtu - networkLength - transportLength
        let segment = random.below(3) == 0 ? most : 64 + random.below(most - 63)
        let room = min(65_535 - networkLength - transportLength - 20, segment * 64)
        let payload = segment + 1 + random.below(room - segment)
        count = (payload + segment - 1) / segment

        let congestion = UInt8(random.below(4))
        var flags: UInt8 = 0x10
        if random.below(3) == 0 { flags |= 8 }
        if random.below(5) == 0 { flags |= 1 }
        if random.below(4) == 0 { flags |= 0x40 }
        let hasReduced = isTCP && random.below(4) == 0
        if hasReduced { flags |= 0x80 }
        let addresses =
            isIPv4
            ? [10, 0, 0, 1, 10, 0, 0, 2]
            : Frames.big(0xFD00_0000_0000_0000, 8) + Frames.big(1, 8) + Frames.big(0xFD00_0000_0000_0000, 8)
                + Frames.big(2, 8)
        let total = transportLength + payload
        var transport = Frames.big(UInt64(1_024 + random.below(60_000)), 2) + Frames.big(5_001, 2)
        if isTCP {
            transport += Frames.big(random.next() & 0xFFFF_FFFF, 4) + Frames.big(random.next() & 0xFFFF_FFFF, 4)
            transport += [UInt8(transportLength / 4) << 4, flags, 1, 0, 0, 0, 0, 0]
            // No-operation: every option list is one.
            transport += [UInt8](repeating: 1, count: optionLength)
        } else {
            transport += Frames.big(UInt64(total), 2) + [0, 0]
        }
        // Of a partial checksum the field has the pseudo header's sum.
        let pseudo = addresses + Frames.big(isTCP ? 6 : 17, 2) + Frames.big(UInt64(total), 4)
        let checksum = isTCP ? 16 : 6
        transport.replaceSubrange(checksum..<(checksum + 2), with: Frames.big(UInt64(~Frames.checksum(pseudo)), 2))
        var network: [UInt8]
        if isIPv4 {
            network = [0x45, congestion] + Frames.big(UInt64(20 + total), 2) + Frames.big(random.next() & 0xFFFF, 2)
            network += [0x40, 0, 64, isTCP ? 6 : 17, 0, 0] + addresses
            network.replaceSubrange(10..<12, with: Frames.big(UInt64(Frames.checksum(network)), 2))
        } else {
            network = [0x60, congestion << 4, 0, 0] + Frames.big(UInt64(total), 2) + [isTCP ? 6 : 17, 64] + addresses
        }
        let seed = random.below(256)
        let data = (0..<payload).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 8 &+ seed) }
        let link = Frames.big(SwitchLab.mac(2).value, 6) + Frames.big(SwitchLab.mac(1).value, 6) + tags
        bytes = link + (isIPv4 ? [8, 0] : [0x86, 0xDD]) + network + transport + data
        let start = link.count + 2 + networkLength
        let type: UInt8 = isTCP ? (isIPv4 ? 1 : 4) | (hasReduced ? 0x80 : 0) : 5
        func little(_ value: Int) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8)] }
        header = [1, type] + little(start + transportLength) + little(segment) + little(start) + little(checksum)
        text =
            "\(isIPv4 ? "IPv4" : "IPv6") \(isTCP ? "TCP" : "UDP") flags \(flags) options \(optionLength) "
            + "\(tags.isEmpty ? "" : "tagged ")\(payload) bytes in segments of \(segment)"
    }
}
