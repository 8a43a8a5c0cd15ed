import Addresses
import DataPlane
import Glibc
import Testing

extension RealKernel {
    @Suite("Single frames")
    struct RawFrameTests {
        @Test(
            "frames of 0…70,000 bytes: what the kernel takes comes out as it was", arguments: IOChoice.onThisKernel,
            [PortKind.tap, .packetSocket])
        func everyLength(io: IOChoice, kind: PortKind) throws {
            let sandboxes = [try LabNamespace(), try LabNamespace()]
            // The largest that a TAP and a veth device can be told.
            let mtu: UInt32 = kind == .tap ? 65_521 : 65_535
            let lab = try SwitchLab(io: io)
            try lab.addPort(1, kind, in: sandboxes[0], mtu: mtu)
            try lab.addPort(2, kind, in: sandboxes[1], mtu: mtu)
            let sockets = try sandboxes.map { try FrameSocket(in: $0) }
            try lab.introduce(sockets)
            let base = lab.counters(1).receivedFrames
            let lengths =
                Array(0...80) + [1_513, 1_514, 1_515, 1_518, 1_519, 4_096, 9_000, 16_384, 32_768, 65_000]
                + Array(65_530...65_560) + [66_000, 66_048, 66_060, 70_000]
            var taken: UInt64 = 0
            for length in lengths {
                let frame = Frames.plain(
                    to: SwitchLab.mac(2), from: SwitchLab.mac(1), length: length, number: UInt64(length))
                guard sockets[0].send(frame) == 0 else { continue }
                taken += 1
                #expect(sockets[1].receiveFrame() == frame, "\(length) bytes")
            }
            // From an Ethernet header alone to the MTU and its header.
            #expect(taken == UInt64(lengths.count { $0 >= 14 && $0 <= Int(mtu) + 14 }))
            #expect(lab.counters(1).receivedFrames - base == taken && lab.counters(1).drops == [:])
            #expect(sockets[1].takeAll() == [])
        }

        @Test("a frame longer than the way out allows is a counted drop there", arguments: IOChoice.onThisKernel)
        func exceedsMTU(io: IOChoice) throws {
            let sandboxes = [try LabNamespace(), try LabNamespace(), try LabNamespace()]
            let lab = try SwitchLab(io: io)
            try lab.addTap(1, in: sandboxes[0], mtu: 9_000)
            try lab.addTap(2, in: sandboxes[1])
            try lab.addVeth(3, in: sandboxes[2], mtu: 9_000)
            let sockets = try sandboxes.map { try FrameSocket(in: $0) }
            try lab.introduce(sockets)
            let frame = Frames.plain(to: Frames.broadcast, from: SwitchLab.mac(1).value, length: 9_014)
            try sockets[0].put(frame)
            #expect(sockets[2].receiveFrame() == frame)
            #expect(lab.counters(2).drops == [.exceedsMTU: 1])
            #expect(sockets[1].takeAll() == [])
        }

        @Test("domains are apart, isolated ports hear the others alone", arguments: IOChoice.onThisKernel)
        func isolation(io: IOChoice) throws {
            let lab = try SwitchLab(io: io)
            try lab.session.perform(.domain(DomainConfiguration(id: 2)))
            let sandboxes = try (0..<7).map { _ in try LabNamespace() }
            // 1 and 2 open, 3 and 4 isolated, 5…7 in another domain; TAPs and veth pairs in turn.
            for id in UInt16(1)...7 {
                try lab.addPort(
                    id, id % 2 == 0 ? .packetSocket : .tap, in: sandboxes[Int(id) - 1], domain: id < 5 ? 1 : 2
                ) { $0.isolated = id == 3 || id == 4 }
            }
            let sockets = try sandboxes.map { try FrameSocket(in: $0) }
            let hears: [Int: Set<Int>] = [
                1: [2, 3, 4], 2: [1, 3, 4], 3: [1, 2], 4: [1, 2], 5: [6, 7], 6: [5, 7], 7: [5, 6],
            ]
            for round in 0..<3 {
                for (speaker, listeners) in hears.sorted(by: { $0.key < $1.key }) {
                    let frame = Frames.plain(
                        to: Frames.broadcast, from: SwitchLab.mac(UInt16(speaker)).value, number: UInt64(round))
                    try sockets[speaker - 1].put(frame)
                    for listener in listeners.sorted() {
                        #expect(sockets[listener - 1].receiveFrame() == frame, "\(speaker) to \(listener)")
                    }
                }
            }
            // To stations that are known, but must not be reached.
            try sockets[2].put(Frames.plain(to: SwitchLab.mac(4), from: SwitchLab.mac(3)))
            #expect(KernelLab.eventually { lab.counters(3).drops == [.isolated: 1] })
            // Of the other domain: unknown here, so flooded here.
            let stray = Frames.plain(to: SwitchLab.mac(6), from: SwitchLab.mac(1))
            try sockets[0].put(stray)
            for listener in 2...4 { #expect(sockets[listener - 1].receiveFrame() == stray) }
            try lab.waitForQuiet()
            #expect(sockets.allSatisfy { $0.takeAll() == [] })
            for id in UInt16(1)...7 { #expect(lab.counters(id).ingressCloses) }
        }

        @Test(
            "reserved group addresses never come out; other groups, and what lies beside them, are flooded",
            arguments: IOChoice.onThisKernel)
        func reservedGroups(io: IOChoice) throws {
            let sandboxes = [try LabNamespace(), try LabNamespace(), try LabNamespace()]
            let lab = try SwitchLab(io: io)
            try lab.addTap(1, in: sandboxes[0])
            try lab.addVeth(2, in: sandboxes[1])
            try lab.addTap(3, in: sandboxes[2])
            let sockets = try sandboxes.map { try FrameSocket(in: $0) }
            try lab.introduce(sockets)
            for (index, socket) in sockets.enumerated() {
                for group in UInt64(0x0180_C200_0000)...0x0180_C200_000F {
                    try socket.put(Frames.plain(to: group, from: SwitchLab.mac(UInt16(index + 1)).value))
                }
                #expect(KernelLab.eventually { lab.counters(UInt16(index + 1)).drops == [.reservedGroup: 16] })
            }
            let others: [UInt64] = [
                0x0180_C200_0010, 0x0180_C1FF_FFFF, 0x0180_C200_0021, 0x0100_5E00_0001, 0x3333_0000_0001,
            ]
            for group in others {
                let frame = Frames.plain(to: group, from: SwitchLab.mac(1).value)
                try sockets[0].put(frame)
                #expect(sockets[1].receiveFrame() == frame && sockets[2].receiveFrame() == frame)
            }
            #expect(sockets.allSatisfy { $0.takeAll() == [] })
        }

        @Test("a source guard holds against what a sandbox can send", arguments: IOChoice.onThisKernel)
        func sourceGuard(io: IOChoice) throws {
            let sandboxes = [try LabNamespace(), try LabNamespace()]
            let lab = try SwitchLab(io: io)
            try lab.addTap(1, in: sandboxes[0]) { port in
                port.sourceGuard = PortGuard(
                    mac: SwitchLab.mac(1), ipv4: [IPv4Address(10, 0, 0, 1)], ipv6: [])
            }
            try lab.addVeth(2, in: sandboxes[1])
            for index in 0...1 { try sandboxes[index].addAddress("10.0.0.\(index + 1)/24", to: "eth0") }
            try Talk.ping(from: sandboxes[0], to: IPv4Address(10, 0, 0, 2))
            #expect(lab.counters(1).drops == [:])
            // Other MAC addresses, and its own with another IPv4 address.
            let socket = try FrameSocket(in: sandboxes[0])
            let receiver = try FrameSocket(in: sandboxes[1])
            _ = receiver.takeAll()
            // As many as a TAP's queue holds at least.
            for number in 0..<500 {
                let mac = 0x0200_0000_1000 + UInt64(number)
                try socket.put(Frames.plain(to: SwitchLab.mac(2).value, from: mac))
            }
            #expect(KernelLab.eventually { lab.counters(1).drops == [.guardMAC: 500] })
            let packet: [UInt8] = [0x45, 0, 0, 20, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 9, 10, 0, 0, 2]
            let addresses = Frames.big(SwitchLab.mac(2).value, 6) + Frames.big(SwitchLab.mac(1).value, 6)
            try socket.put(addresses + [8, 0] + packet)
            #expect(KernelLab.eventually { lab.counters(1).drops == [.guardMAC: 500, .guardIPv4: 1] })
            #expect(receiver.takeAll() == [])
        }
    }
}
