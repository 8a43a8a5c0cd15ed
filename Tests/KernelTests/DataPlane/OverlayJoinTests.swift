import Addresses
import DataPlane
import Glibc
import Netlink
import Testing

extension RealKernel {
    /// Linux says how segments are joined: the same ones, one by one, into a veth pair that joins them and as one train
    /// of datagrams into Heddle's tunnel end, and the sandboxes get the same super-frames.
    @Suite("The kernel's joining as oracle", .enabled(if: KernelJoiner.isPossible, "needs unshare and sysfs"))
    struct OverlayJoinTests {
        @Test("segments become the same super-frames", arguments: IOChoice.onThisKernel)
        func sameSuperframes(io: IOChoice) throws {
            let underlay = try Underlay(hosts: 2)
            let host = try OverlayHost(.heddle(io), 0, of: underlay, vethSandbox: true)
            let inside = try FrameSocket(in: host.sandbox)
            let peer = try DatagramSender(in: underlay.hosts[1], to: underlay.addresses[0])
            let kernel = try KernelJoiner()
            let seed = UInt64.random(in: 0..<1_000_000)
            var random = Seeded(seed)
            // Both know where the station is that all segments are for.
            try inside.put(Frames.plain(to: Frames.broadcast, from: SwitchLab.mac(1).value))
            for number in 0..<120 {
                let segments = SegmentTrain(&random)
                try peer.send(segments.frames, vni: OverlayHost.vni)
                let joined = try Self.take(from: inside, bytes: segments.payload)
                var expected = try kernel.join(segments.frames)
                // At each tick of its clock the kernel lets go of what it has (napi_gro_flush): it may have to be asked
                // again.
                for _ in 0..<8 where expected != joined { expected = try kernel.join(segments.frames) }
                #expect(joined == expected, "\(segments.text), seed \(seed), number \(number)")
                if joined != expected { return }
            }
            let side = try #require(host.lab).engine.tables.counters(overlay: 1)
            #expect(side.ingressCloses && side.drops == [:] && side.receivedFrames > 120)
        }

        /// What comes until so many bytes of payload are there; in short, so that differences can be read.
        static func take(from socket: FrameSocket, bytes: Int) throws -> [String] {
            var frames: [String] = []
            var count = 0
            while count < bytes {
                guard let received = socket.receive(within: 2_000) else { break }
                // ARP and the like are nobody's.
                guard received.frame.count > 54, received.frame[12] == 8 && received.frame[23] == 6 else { continue }
                let header = 14 + 20 + Int(received.frame[46] >> 4) * 4
                count += received.frame.count - header
                // hdr_len is a hint, and flags say in what way the checksum of what is whole is known to be right.
                let isSuperframe = received.header[1] != 0
                let fields = isSuperframe ? [received.header[0]] + received.header[1...1] + received.header[4...] : []
                let sum = received.frame[header...].reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) }
                frames.append("\(fields) \(received.frame[14..<header].map { $0 }) \(received.frame.count) \(sum)")
            }
            return frames
        }
    }
}

/// A veth pair whose far end joins what comes in within a fifth of a second.
private final class KernelJoiner {
    static let isPossible = KernelLab.isRoot && access("/usr/bin/unshare", X_OK) == 0

    private let sender: LabNamespace
    private let receiver: LabNamespace
    private let near: FrameSocket
    private let far: FrameSocket

    init() throws {
        sender = try LabNamespace()
        receiver = try LabNamespace()
        try sender.session().createVeth(
            near: NewLink(name: try InterfaceName(parsing: "n0"), isUp: true),
            far: NewLink(
                name: try InterfaceName(parsing: "eth0"), mac: SwitchLab.mac(1), isUp: true),
            farNamespace: receiver.namespace)
        try receiver.waitUntilRunning("eth0")
        var offloads = EthtoolSocket.Offloads()
        offloads.gro = true
        try EthtoolSocket(in: receiver.namespace).setOffloads("eth0", offloads)
        // A sender that cuts nothing: only then does a veth pair join.
        offloads = EthtoolSocket.Offloads()
        offloads.tso = false
        try EthtoolSocket(in: sender.namespace).setOffloads("n0", offloads)
        // Until the timer, segments are kept; /sys shows the interfaces of the namespace that it was mounted in.
        let script =
            "mount --make-rprivate / && mount -t sysfs none /sys && echo 200000000 >/sys/class/net/eth0/gro_flush_timeout"
        let program = try RunningProgram("/usr/bin/unshare", ["-m", "sh", "-c", script], in: receiver.namespace)
        let output = try program.readAll()
        guard output.isEmpty else { throw SetupError("cannot set the timer: \(output)") }
        near = try FrameSocket("n0", in: sender)
        far = try FrameSocket(in: receiver)
    }

    func join(_ frames: [[UInt8]]) throws -> [String] {
        try Processor.pinned { for frame in frames { try near.put(frame) } }
        let bytes = frames.reduce(0) { $0 + $1.count - 34 - Int($1[46] >> 4) * 4 }
        return try RealKernel.OverlayJoinTests.take(from: far, bytes: bytes)
    }
}

/// TCP segments of one flow and one size, the last shorter, with what breaks a run here and there.
private struct SegmentTrain {
    let frames: [[UInt8]]
    let payload: Int
    let text: String

    init(_ random: inout Seeded) {
        let count = 2 + random.below(30)
        let size = 64 + random.below(1_200)
        let last = 1 + random.below(size)
        let options = 4 * random.below(4)
        var sequence = UInt32(truncatingIfNeeded: random.next())
        var identification = UInt16(truncatingIfNeeded: random.next())
        let countsUp = random.below(4) != 0
        let unfragmentable = !countsUp || random.below(2) == 0
        var (congestion, hops, window): (UInt8, UInt8, UInt64) = (0, 64, 256)
        var acknowledged: UInt64 = 7
        var option: UInt8 = 1
        var echo: UInt8 = 0
        var frames: [[UInt8]] = []
        var payload = 0
        var notes: [String] = []
        for index in 0..<count {
            let length = index == count - 1 ? last : size
            var flags: UInt8 = 0x10
            if index > 0 {
                switch random.below(40) {
                case 0: flags |= 8
                case 1, 10: echo ^= 0x40
                case 11: flags |= 0x80
                case 2: flags |= 0x20
                case 3: sequence &+= 1
                case 4: identification &+= 5
                case 5: congestion = UInt8(random.below(4))
                case 6: hops -= 1
                case 7: window += 1
                case 8: acknowledged += 100
                case 9: option ^= 1
                default: break
                }
            }
            if index == count - 1 {
                if random.below(2) == 0 { flags |= 8 }
                if random.below(4) == 0 { flags |= 1 }
            }
            flags |= echo
            notes.append("\(flags)")
            var tcp = Frames.big(5_001, 2) + Frames.big(40_000, 2) + Frames.big(UInt64(sequence), 4)
            tcp += Frames.big(acknowledged, 4) + [UInt8((20 + options) / 4) << 4, flags] + Frames.big(window, 2)
            tcp += [0, 0, 0, 0] + [UInt8](repeating: option, count: options)
            tcp += (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ index) }
            let addresses: [UInt8] = [10, 0, 0, 9, 10, 0, 0, 1]
            let pseudo = addresses + [0, 6] + Frames.big(UInt64(tcp.count), 2)
            tcp.replaceSubrange(16..<18, with: Frames.big(UInt64(Frames.checksum(pseudo + tcp)), 2))
            var network = [0x45, congestion] + Frames.big(UInt64(20 + tcp.count), 2)
            network +=
                Frames.big(UInt64(identification), 2) + [unfragmentable ? 0x40 : 0, 0, hops, 6, 0, 0] + addresses
            network.replaceSubrange(10..<12, with: Frames.big(UInt64(Frames.checksum(network)), 2))
            let link = Frames.big(SwitchLab.mac(1).value, 6) + Frames.big(SwitchLab.mac(9).value, 6) + [8, 0]
            frames.append(link + network + tcp)
            sequence &+= UInt32(length)
            if countsUp { identification &+= 1 }
            payload += length
        }
        self.frames = frames
        self.payload = payload
        text =
            "\(count) segments of \(size) bytes, the last \(last), options \(options), "
            + "\(countsUp ? "counting up" : "one identification"), DF \(unfragmentable), flags \(notes)"
    }
}
