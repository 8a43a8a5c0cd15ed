import Addresses
import DataPlane
import Glibc
import Testing

extension RealKernel {
    @Suite("VLAN tags")
    struct TagTests {
        /// Every way that a frame can be tagged, and what it is.
        private static let tags: [(name: String, bytes: [UInt8])] = [
            ("none", []),
            ("802.1Q", Frames.tag(5)),
            ("802.1Q with priority", Frames.tag(5, priority: 6)),
            ("the last VLAN", Frames.tag(4_094)),
            ("the reserved VLAN", Frames.tag(4_095)),
            ("a priority tag", Frames.tag(0, priority: 7)),
            ("802.1ad", Frames.tag(9, tpid: 0x88A8)),
            ("802.1ad and 802.1Q", Frames.tag(9, priority: 3, tpid: 0x88A8) + Frames.tag(5, priority: 1)),
            ("802.1Q twice", Frames.tag(9) + Frames.tag(5)),
            ("three tags", Frames.tag(9) + Frames.tag(0, priority: 2) + Frames.tag(5)),
            ("the old 0x9100", Frames.tag(5, tpid: 0x9100)),
        ]

        @Test(
            "pass byte for byte, forwarded and flooded", arguments: IOChoice.onThisKernel,
            [PortKind.packetSocket, .tap])
        func untouched(io: IOChoice, kind: PortKind) throws {
            let sandboxes = [try LabNamespace(), try LabNamespace(), try LabNamespace()]
            let lab = try SwitchLab(io: io)
            try lab.addPort(1, kind, in: sandboxes[0])
            try lab.addVeth(2, in: sandboxes[1])
            try lab.addTap(3, in: sandboxes[2])
            let sockets = try sandboxes.map { try FrameSocket(in: $0) }
            try lab.introduce(sockets)
            var number: UInt64 = 0
            for (name, tag) in Self.tags {
                // The kernel lets 802.1Q alone be four bytes longer.
                for length in [60, 61, 64, 1_000, 1_514, tag.starts(with: [0x81]) ? 1_518 : 1_513] {
                    for target in 1...2 {
                        number += 1
                        let frame = Frames.plain(
                            to: SwitchLab.mac(UInt16(target + 1)), from: SwitchLab.mac(1), tags: tag, length: length,
                            number: number)
                        try sockets[0].put(frame)
                        #expect(sockets[target].receiveFrame() == frame, "\(name), \(length) bytes, to \(target + 1)")
                    }
                    number += 1
                    let frame = Frames.plain(
                        to: Frames.broadcast, from: SwitchLab.mac(1).value, tags: tag, length: length, number: number)
                    try sockets[0].put(frame)
                    for target in 1...2 {
                        #expect(sockets[target].receiveFrame() == frame, "\(name), \(length) bytes, flooded")
                    }
                }
            }
            #expect(sockets.allSatisfy { $0.takeAll() == [] })
            for port in UInt16(1)...3 { #expect(lab.counters(port).drops == [:]) }
        }

        @Test(
            "TCP over a tagged trunk: tag, partial checksum and super-frame in one",
            arguments: IOChoice.onThisKernel, [PortKind.tap, .packetSocket])
        func trunk(io: IOChoice, kind: PortKind) throws {
            // Access ports of VLAN 7 in two domains that are joined by a veth cable between two trunk ports: what leaves
            // by the trunk gets its tag in front of an unfinished checksum, the kernel takes the tag out of band on the
            // other end, the port puts it back, and the access port takes it off.
            let sandboxes = [try LabNamespace(), try LabNamespace()]
            let lab = try SwitchLab(io: io)
            try lab.session.perform(.domain(DomainConfiguration(id: 2)))
            try lab.addPort(1, kind, in: sandboxes[0], domain: 1) { $0.accessVLAN = 7 }
            try lab.addTap(2, in: sandboxes[1], domain: 2) { $0.accessVLAN = 7 }
            try lab.addCable(11, domain: 1, 12, domain: 2)
            for (index, sandbox) in sandboxes.enumerated() {
                try sandbox.addAddress("10.0.0.\(index + 1)/24", to: "eth0")
            }
            let addresses = [IPv4Address(10, 0, 0, 1), IPv4Address(10, 0, 0, 2)]
            try Talk.ping(from: sandboxes[0], to: addresses[1], payload: 1_472)
            try Talk.transfer(from: sandboxes[0], to: sandboxes[1], at: addresses[1], bytes: 20_000_000)
            try Talk.transfer(from: sandboxes[1], to: sandboxes[0], at: addresses[0], bytes: 20_000_000)
            try lab.waitForQuiet()
            let (left, right) = (lab.counters(11), lab.counters(12))
            #expect(left.sentSuperframes > 100 && left.receivedSuperframes > 100)
            #expect(left.sentSuperframes == lab.counters(1).receivedSuperframes)
            // Four bytes a frame is what the tag takes, on the way out and on the way in.
            #expect(left.sentFrames == lab.counters(1).receivedFrames)
            #expect(left.sentBytes == lab.counters(1).receivedBytes + 4 * left.sentFrames)
            #expect(right.receivedFrames == left.sentFrames && right.receivedBytes == left.sentBytes)
            #expect(lab.counters(2).sentBytes == right.receivedBytes - 4 * right.receivedFrames)
            for port in [UInt16(1), 2, 11, 12] { #expect(lab.counters(port).drops == [:]) }
        }

        @Test("access ports push, pop and refuse on real devices", arguments: IOChoice.onThisKernel)
        func access(io: IOChoice) throws {
            let sandboxes = [try LabNamespace(), try LabNamespace(), try LabNamespace()]
            let lab = try SwitchLab(io: io)
            try lab.addVeth(1, in: sandboxes[0]) { $0.accessVLAN = 7 }
            try lab.addTap(2, in: sandboxes[1]) { $0.accessVLAN = 7 }
            try lab.addVeth(3, in: sandboxes[2])
            let sockets = try sandboxes.map { try FrameSocket(in: $0) }
            let untagged = Frames.plain(to: Frames.broadcast, from: SwitchLab.mac(1).value)
            try sockets[0].put(untagged)
            #expect(sockets[1].receiveFrame() == untagged)
            #expect(sockets[2].receiveFrame() == Array(untagged[..<12]) + Frames.tag(7) + untagged[12...])
            // The answer comes with priority 5, and goes without a tag to the access port that it is for.
            let answer = Frames.plain(to: SwitchLab.mac(1), from: SwitchLab.mac(3), tags: Frames.tag(7, priority: 5))
            try sockets[2].put(answer)
            #expect(sockets[0].receiveFrame() == Array(answer[..<12]) + answer[16...])
            try sockets[0].put(Frames.plain(to: SwitchLab.mac(2), from: SwitchLab.mac(1), tags: Frames.tag(7)))
            #expect(KernelLab.eventually { lab.counters(1).drops == [.vlanTagged: 1] })
            try sockets[2].put(Frames.plain(to: Frames.broadcast, from: SwitchLab.mac(3).value, tags: Frames.tag(8)))
            #expect(KernelLab.eventually { lab.counters(3).drops == [.noOtherPort: 1] })
            #expect(sockets.allSatisfy { $0.takeAll() == [] })
        }
    }
}
