import Addresses
import DataPlane
import Glibc
import Netlink
import SystemPackage
import Testing

extension RealKernel {
    @Suite("Opening ports")
    struct PortTests {
        @Test("a TAP is made with all offloads, is there while somebody holds it, and is gone then")
        func create() throws {
            let sandbox = try LabNamespace()
            let descriptor = try sandbox.run { try TapDevice.create(name: "tap0", persist: false) }
            let link = try sandbox.link("tap0")
            #expect(link.kind == "tun" && link.isEthernet)
            let offloads = try EthtoolSocket(in: sandbox.namespace).offloads("tap0")
            #expect(offloads.txChecksum == true && offloads.tso == true && offloads.scatterGather == true)
            #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0 && fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            // Not a second time, though it is the same process that asks.
            let error = #expect(throws: PortError.self) {
                close(try sandbox.run { try TapDevice.create(name: "tap0", persist: false) })
            }
            #expect(error?.errno == .resourceBusy || error?.errno == .fileExists)
            #expect(error?.description.hasPrefix("cannot open TAP tap0: ") == true)
            close(descriptor)
            #expect(try sandbox.session().link(named: "tap0") == nil)
        }

        @Test("a persistent TAP stays when nobody holds it, and is found again by its name")
        func persistent() throws {
            let sandbox = try LabNamespace()
            let first = try sandbox.run { try TapDevice.create(name: "tap0", persist: true) }
            let before = try sandbox.link("tap0")
            close(first)
            #expect(try sandbox.link("tap0").index == before.index)
            var second: Int32 = -1
            // The kernel may still be letting go of the first.
            let isAttached = KernelLab.eventually {
                second = (try? sandbox.run { try TapDevice.attach(name: "tap0") }) ?? -1
                return second >= 0
            }
            try #require(isAttached)
            let after = try sandbox.link("tap0")
            #expect(after.index == before.index && after.mac == before.mac)
            TapDevice.release(descriptor: second)
            close(second)
            #expect(try sandbox.session().link(named: "tap0") == nil)
        }

        @Test("attaching in the wrong namespace makes another device: the index tells")
        func wrongNamespace() throws {
            let (right, wrong) = (try LabNamespace(), try LabNamespace())
            // So that the numbers differ.
            let other = try wrong.run { try TapDevice.create(name: "other", persist: false) }
            defer { close(other) }
            let held = try right.run { try TapDevice.create(name: "tap0", persist: true) }
            defer { close(held) }
            let stray = try wrong.run { try TapDevice.attach(name: "tap0") }
            #expect(try wrong.link("tap0").index != right.link("tap0").index)
            TapDevice.release(descriptor: stray)
            close(stray)
            #expect(try wrong.session().link(named: "tap0") == nil)
            #expect(try right.session().link(named: "tap0") != nil)
        }

        @Test("what can't be opened is refused with the thing and the reason")
        func refused() throws {
            let sandbox = try LabNamespace()
            let long = #expect(throws: PortError.self) {
                close(try sandbox.run { try TapDevice.create(name: "a-name-of-16-byt", persist: false) })
            }
            #expect(long?.errno == .fileNameTooLong && long?.subject == "TAP a-name-of-16-byt")
            let missing = #expect(throws: PortError.self) {
                close(try sandbox.run { try PacketSocket.open(interfaceIndex: 4_711, promiscuous: true) })
            }
            #expect(missing?.errno == .operationNotSupportedByDevice)
            #expect(missing?.description.contains("packet socket on interface 4711") == true)
            let lesser = PortError(errno: .notPermitted, subject: "TAP eth0")
            #expect(lesser.description.contains("CAP_NET_ADMIN"))
            let bare = PortError(errno: .noSuchFileOrDirectory, subject: "TAP eth0")
            #expect(bare.description.contains("/dev/net/tun"))
        }

        @Test("a packet socket hears what comes in, not what goes out, and tells what it lost")
        func packetSocket() throws {
            let (near, far) = (try LabNamespace(), try LabNamespace())
            let index = try near.session().createVeth(
                near: NewLink(name: InterfaceName(parsing: "v0"), isUp: true),
                far: NewLink(name: InterfaceName(parsing: "eth0"), isUp: true), farNamespace: far.namespace)
            try near.waitUntilRunning("v0")
            let (here, there) = (try FrameSocket("v0", in: near), try FrameSocket(in: far))
            let frame = Frames.plain(to: 0x0200_0000_0002, from: 0x0200_0000_0001)
            try here.put(frame)
            #expect(there.receiveFrame() == frame && here.receive(within: 20) == nil)
            #expect(try near.link("v0").index == index)
            // More than 16 MiB of queue can hold: all are heard or counted, and each is counted once.
            let flood = FrameFlood(frame, through: here, limit: 100_000)
            let outcome = try flood.run()
            let heard = try FrameTally(there).finish()
            let lost = try there.takeDrops()
            let unseen = try near.link("v0").statistics?.txDropped ?? 0
            #expect(lost > 0 && heard + lost + unseen == outcome.attempts)
            #expect(try there.takeDrops() == 0)
        }
    }
}
