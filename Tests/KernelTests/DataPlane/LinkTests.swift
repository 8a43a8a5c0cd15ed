import Addresses
import DataPlane
import Glibc
import Netlink
import Testing

extension RealKernel {
    @Suite("Interfaces that go down, change and vanish")
    struct LinkTests {
        /// A TAP and a veth port that know each other, and a flood from the TAP to the veth.
        private final class Rig {
            let sandboxes: [LabNamespace]
            let lab: SwitchLab
            let sockets: [FrameSocket]

            init(io: IOChoice) throws {
                sandboxes = [try LabNamespace(), try LabNamespace()]
                lab = try SwitchLab(io: io)
                try lab.addTap(1, in: sandboxes[0])
                try lab.addVeth(2, in: sandboxes[1])
                sockets = try sandboxes.map { try FrameSocket(in: $0, bypassing: true) }
                try lab.introduce(sockets)
            }

            /// Frame number `number` from one to the other.
            func frame(from index: Int, _ number: UInt64 = 0) -> [UInt8] {
                Frames.plain(
                    to: SwitchLab.mac(UInt16(2 - index)), from: SwitchLab.mac(UInt16(index + 1)), number: number)
            }

            /// Whether a frame passes, and no other one comes out. `number` must be one that was never sent.
            func passes(from index: Int, _ number: UInt64) throws -> Bool {
                _ = sockets[1 - index].takeAll()
                try sockets[index].put(frame(from: index, number))
                return sockets[1 - index].receiveFrame() == frame(from: index, number)
            }
        }

        @Test("a near end that goes down and up fifty times under traffic", arguments: IOChoice.onThisKernel)
        func nearEndFlaps(io: IOChoice) throws {
            let rig = try Rig(io: io)
            let near = try #require(rig.lab.ports[2]?.nearIndex)
            let session = try rig.lab.privateSession()
            let flood = FrameFlood(rig.frame(from: 0), through: rig.sockets[0])
            let flooding = try SideThread { try flood.run() }
            defer { flood.stop() }
            for _ in 0..<50 {
                let before = rig.lab.counters(2).drops[.egressDown] ?? 0
                try session.setUp(link: near, false)
                // What is sent meanwhile is counted as such.
                #expect(KernelLab.eventually { (rig.lab.counters(2).drops[.egressDown] ?? 0) > before })
                try session.setUp(link: near, true)
                let sent = rig.lab.counters(2).sentFrames
                #expect(KernelLab.eventually { rig.lab.counters(2).sentFrames > sent })
            }
            flood.stop()
            let outcome = try flooding.join()
            try rig.lab.waitForQuiet()
            // The port lives, both ways, and nobody was told that it is gone.
            try rig.sandboxes[1].waitUntilRunning("eth0")
            #expect(try rig.passes(from: 0, 1_000_001))
            #expect(try rig.passes(from: 1, 1_000_002))
            #expect(try rig.lab.session.next(within: 0) == nil)
            let counted = rig.lab.counters(2)
            #expect(rig.lab.counters(1).ingressCloses && counted.ingressCloses)
            #expect(rig.lab.counters(1).receivedFrames == outcome.taken + 2)
            // Every frame of the flood, the introduction and the last one.
            #expect(counted.sentFrames + counted.drops(.egress) == rig.lab.counters(1).receivedFrames)
            #expect(counted.drops[.receiveFailed] == nil)
            #expect(rig.lab.processorShare(during: 300) < 0.02)
        }

        @Test("a sandbox's interface that goes down and up", arguments: IOChoice.onThisKernel)
        func farEndFlaps(io: IOChoice) throws {
            let rig = try Rig(io: io)
            for (index, sandbox) in rig.sandboxes.enumerated() {
                let session = try sandbox.session()
                let link = try sandbox.link("eth0").index
                let port = UInt16(index + 1)
                for round in 0..<10 {
                    try session.setUp(link: link, false)
                    let before = rig.lab.counters(port)
                    try rig.sockets[1 - index].put(rig.frame(from: 1 - index))
                    // A TAP refuses what comes while it is down; a veth pair refuses it or loses it on the way.
                    if index == 0 {
                        let drops = UInt64(round + 1)
                        #expect(KernelLab.eventually { rig.lab.counters(1).drops[.egressDown] == drops })
                    } else {
                        let handled = before.sentFrames + before.drops(.egress) + 1
                        #expect(
                            KernelLab.eventually {
                                let counted = rig.lab.counters(2)
                                return counted.sentFrames + counted.drops(.egress) == handled
                            })
                    }
                    try session.setUp(link: link, true)
                    try sandbox.waitUntilRunning("eth0")
                    // The near end of a veth pair lost its carrier meanwhile.
                    if index == 1 { try rig.lab.waitUntilRunning(2) }
                    rig.sockets[index].forgetError()
                    let number = UInt64(1_000 * (index + 1) + round)
                    #expect(try rig.passes(from: index, number * 2))
                    #expect(try rig.passes(from: 1 - index, number * 2 + 1))
                }
            }
            #expect(try rig.lab.session.next(within: 0) == nil)
            #expect(rig.lab.processorShare(during: 300) < 0.02)
        }

        @Test("a veth pair that is deleted: nothing spins, the port can be removed", arguments: IOChoice.onThisKernel)
        func vethDeleted(io: IOChoice) throws {
            let rig = try Rig(io: io)
            let near = try #require(rig.lab.ports[2]?.nearIndex)
            try rig.lab.privateSession().deleteLink(index: near)
            #expect(rig.lab.processorShare(during: 500) < 0.02)
            // A packet socket doesn't know that its device is gone for ever: who listens to netlink does.
            for number in 0..<100 { try rig.sockets[0].put(rig.frame(from: 0, UInt64(number))) }
            #expect(KernelLab.eventually { rig.lab.counters(2).drops[.egressDown] == 100 }, "\(rig.lab.counters(2))")
            #expect(rig.lab.processorShare(during: 500) < 0.02)
            try rig.lab.removePort(2)
            // A new one under the same number works.
            let sandbox = try LabNamespace()
            try rig.lab.addVeth(2, in: sandbox)
            let socket = try FrameSocket(in: sandbox)
            let frame = Frames.plain(to: Frames.broadcast, from: SwitchLab.mac(2).value)
            try socket.put(frame)
            #expect(rig.sockets[0].receiveFrame() == frame)
        }

        @Test("a sandbox that is deleted takes its TAP along, and the daemon is told", arguments: IOChoice.onThisKernel)
        func sandboxDeleted(io: IOChoice) throws {
            let lab = try SwitchLab(io: io)
            let other = try LabNamespace()
            try lab.addTap(1, in: other)
            let socket = try FrameSocket(in: other)
            for round in 0..<20 {
                do {
                    let sandbox = try LabNamespace()
                    try lab.addTap(2, in: sandbox)
                    lab.forgetDescriptor(2)
                }
                // The kernel takes its time to clear a namespace away when it has many to clear.
                let event = try lab.session.next(within: 60_000)
                guard case .portGone(let port, let token, let error)? = event?.reply else {
                    Issue.record("round \(round): \(String(describing: event))")
                    return
                }
                #expect(port == 2 && token == 2 && (error == EBADFD || error == EFAULT))
                // The port is out of the engine, and nothing more is said of it.
                #expect(try lab.session.request(.removePort(2)) == ENOENT)
                #expect(try lab.session.next(within: 0) == nil)
            }
            try socket.put(Frames.plain(to: Frames.broadcast, from: SwitchLab.mac(1).value))
            #expect(KernelLab.eventually { lab.counters(1).drops[.noOtherPort] == 1 })
            #expect(lab.processorShare(during: 500) < 0.02)
        }

        @Test("a sandbox that is deleted while it is flooded", arguments: IOChoice.onThisKernel)
        func deletedUnderFlood(io: IOChoice) throws {
            let lab = try SwitchLab(io: io)
            let other = try LabNamespace()
            try lab.addTap(1, in: other)
            let socket = try FrameSocket(in: other, bypassing: true)
            let flood = FrameFlood(
                Frames.plain(to: SwitchLab.mac(2), from: SwitchLab.mac(1)), through: socket)
            let flooding = try SideThread { try flood.run() }
            defer { flood.stop() }
            for _ in 0..<5 {
                do {
                    let sandbox = try LabNamespace()
                    try lab.addTap(2, in: sandbox)
                    lab.forgetDescriptor(2)
                    let sent = lab.counters(2).sentFrames
                    #expect(KernelLab.eventually { lab.counters(2).sentFrames > sent + 1_000 })
                }
                guard case .portGone(2, 2, _)? = try lab.session.next(within: 60_000)?.reply else {
                    Issue.record("the daemon isn't told")
                    return
                }
            }
            flood.stop()
            _ = try flooding.join()
            try lab.waitForQuiet()
            #expect(lab.counters(1).ingressCloses)
            let counted = lab.counters(2)
            #expect(counted.sentFrames + counted.drops(.egress) == lab.counters(1).forwarded + lab.counters(1).flooded)
        }

        @Test("a changed MTU", arguments: IOChoice.onThisKernel)
        func changedMTU(io: IOChoice) throws {
            let rig = try Rig(io: io)
            for (index, mtu) in [(0, UInt32(9_000)), (1, 9_000)] {
                let session = try rig.sandboxes[index].session()
                try session.setMTU(link: rig.sandboxes[index].link("eth0").index, mtu)
            }
            let near = try #require(rig.lab.ports[2]?.nearIndex)
            try rig.lab.privateSession().setMTU(link: near, 9_000)
            var number: UInt64 = 0
            for length in [1_514, 1_519, 4_000, 9_014] {
                for index in 0...1 {
                    number += 1
                    let frame = Frames.plain(
                        to: SwitchLab.mac(UInt16(2 - index)), from: SwitchLab.mac(UInt16(index + 1)), length: length,
                        number: number)
                    try rig.sockets[index].put(frame)
                    let target = UInt16(2 - index)
                    if length <= 1_518 {
                        #expect(rig.sockets[1 - index].receiveFrame() == frame)
                    } else {
                        // The engine was told of 1500.
                        let before = number / 2
                        #expect(
                            KernelLab.eventually { rig.lab.counters(target).drops[.exceedsMTU] ?? 0 >= before - 1 })
                    }
                }
            }
            for id in UInt16(1)...2 {
                let kind: PortKind = id == 1 ? .tap : .packetSocket
                let port = PortConfiguration(id: id, domain: 1, kind: kind, mtu: 9_000, token: UInt64(id))
                try rig.lab.session.perform(.port(port))
            }
            #expect(rig.lab.counters(1).drops[.exceedsMTU] == 3 && rig.lab.counters(2).drops[.exceedsMTU] == 3)
            for index in 0...1 {
                let frame = Frames.plain(
                    to: SwitchLab.mac(UInt16(2 - index)), from: SwitchLab.mac(UInt16(index + 1)), length: 9_014)
                try rig.sockets[index].put(frame)
                #expect(rig.sockets[1 - index].receiveFrame() == frame)
            }
        }
    }
}
