import Addresses
import DataPlane
import Glibc
import Testing

extension RealKernel {
    /// The Linux bridge says what a switch does: the same frames, one by one, into a bridge and into Heddle, and by each
    /// port the same frames out in the same order, byte for byte.
    @Suite("The kernel's bridge as oracle")
    struct OracleTests {
        private static let portCount = 6

        /// What is different, and why that is right. Frames that a difference applies to are taken out of what is compared,
        /// and come from a station of each port that nobody speaks to: Linux learns from the first kind and not from the
        /// second, Heddle from the second and not from the first.
        private enum Difference: CaseIterable {
            /// To 01-80-C2-00-00-00, which is never forwarded (IEEE 802.1D-2004, 7.12.6). Linux forwards it while the
            /// spanning tree protocol is off, so that BPDUs pass a bridge that takes no part; but a sandbox's BPDU must
            /// not reach the others, or what lies behind them.
            case spanningTreeGroup
            /// To the fifteen other reserved addresses: neither forwards them. Linux learns from them (unless
            /// no_linklocal_learn), but what goes nowhere mustn't change where the frames of others go.
            case reservedGroup
            /// A frame that ends inside its second tag, if that is 802.1Q. The bridge forwards it, but br_netfilter, once it
            /// is loaded and whatever it is told, wants a whole header there. To a switch a second tag is payload.
            case cutSecondTag

            func applies(to frame: [UInt8]) -> Bool {
                let isReserved = Array(frame.prefix(5)) == [1, 0x80, 0xC2, 0, 0] && frame[5] < 16
                switch self {
                case .spanningTreeGroup: return isReserved && frame[5] == 0
                case .reservedGroup: return isReserved && frame[5] != 0
                case .cutSecondTag:
                    let isTagged = frame.count >= 18 && [[0x81, 0], [0x88, 0xA8]].contains(Array(frame[12..<14]))
                    return !isReserved && isTagged && frame.count < 22 && Array(frame[16..<18]) == [0x81, 0]
                }
            }
        }

        /// Seeded frames of all sorts from 20 stations that move now and then.
        private struct Generator {
            var random: Seeded
            /// Where each station is.
            var homes: [Int]
            private static let stations: [UInt64] = (0..<20).map { 0x0200_0000_0100 + $0 }

            init(seed: UInt64) {
                random = Seeded(seed)
                homes = []
                for _ in Self.stations { homes.append(random.below(OracleTests.portCount)) }
            }

            mutating func next(_ number: UInt64) -> (port: Int, frame: [UInt8]) {
                let station = random.below(Self.stations.count)
                if random.below(20) == 0 { homes[station] = random.below(OracleTests.portCount) }
                let source: UInt64 =
                    switch random.below(40) {
                    case 0: 0
                    case 1: 0x0100_5E00_0001
                    case 2: Frames.broadcast
                    case 3: random.next() >> 16 & 0xFEFF_FFFF_FFFF  // heard of once
                    default: Self.stations[station]
                    }
                var frame = Frames.plain(
                    to: destination(), from: source, tags: tags(),
                    type: random.pick([0x88B5, 0x0800, 0x86DD, 0x0806, 0x8808, 38, 1_500]), length: length(),
                    number: number)
                guard Difference.allCases.contains(where: { $0.applies(to: frame) }) else {
                    return (homes[station], frame)
                }
                let port = random.below(OracleTests.portCount)
                frame.replaceSubrange(6..<12, with: Frames.big(0x0200_0000_0200 + UInt64(port), 6))
                return (port, frame)
            }

            private mutating func destination() -> UInt64 {
                switch random.below(20) {
                case 0: Frames.broadcast
                case 1: random.pick([0x0100_5E00_0001, 0x3333_0000_0001, 0x0100_5E7F_FFFA])
                case 2: 0x0180_C200_0000 + UInt64(random.below(34))
                case 3: random.pick([0, 0x0200_FFFF_FFFF])
                default: random.pick(Self.stations)
                }
            }

            private mutating func tags() -> [UInt8] {
                var tags: [UInt8] = []
                for _ in 0..<random.pick([0, 0, 0, 0, 0, 1, 1, 2, 3]) {
                    tags += Frames.tag(
                        UInt16(random.pick([0, 1, 5, 4_094, 4_095])), priority: UInt16(random.below(8)),
                        tpid: random.pick([0x8100, 0x8100, 0x88A8, 0x9100]))
                }
                return tags
            }

            /// Runts, ordinary ones, and what is a little too long.
            private mutating func length() -> Int {
                switch random.below(6) {
                case 0: 12 + random.below(50)
                case 1: 1_500 + random.below(22)
                default: 60 + random.below(200)
                }
            }
        }

        @Test(
            "the same frames in, the same frames out", arguments: IOChoice.onThisKernel,
            [(PortKind.tap, 1 as UInt64), (.tap, 2), (.packetSocket, 3), (.packetSocket, 4)])
        func sameFrames(io: IOChoice, kindAndSeed: (kind: PortKind, seed: UInt64)) throws {
            let (kind, seed) = kindAndSeed
            let stations = [try LabNamespace(), try LabNamespace()]
            let bridge = try KernelBridge(ports: Self.portCount, in: stations[0])
            let lab = try SwitchLab(io: io)
            for id in 1...Self.portCount { try lab.addPort(UInt16(id), kind, in: stations[1], as: "p\(id)") }
            let sides = try stations.map { sandbox in
                try (1...Self.portCount).map { try FrameSocket("p\($0)", in: sandbox) }
            }
            var received = [UInt64](repeating: 0, count: Self.portCount)
            var generator = Generator(seed: seed)
            try Processor.pinned {
                for number in 0..<2_500 as Range<UInt64> {
                    let (port, frame) = generator.next(number)
                    let results = sides.map { $0[port].send(frame) }
                    try #require(results[0] == results[1], "frame \(number) of seed \(seed): \(frame)")
                    // On a veth pair the kernel drops a frame that ends inside its tag before the port hears of it.
                    guard results[0] == 0, kind == .tap || !Self.endsInsideTag(frame) else { continue }
                    // Only when Heddle has learned from it may the next one come, by another port perhaps.
                    received[port] += 1
                    try #require(
                        KernelLab.eventually { lab.counters(UInt16(port + 1)).receivedFrames == received[port] },
                        "frame \(number) of seed \(seed): \(frame)")
                }
                // Behind these nothing of the rest can come: each port's queue keeps its order.
                for port in 0..<Self.portCount {
                    for side in sides { try side[port].put(Self.last(port)) }
                    received[port] += 1
                    #expect(KernelLab.eventually { lab.counters(UInt16(port + 1)).receivedFrames == received[port] })
                }
            }
            var differing: [Difference: (bridge: Int, heddle: Int)] = [:]
            var count = 0
            for port in 0..<Self.portCount {
                let bridgeOutput = try Self.takeUntilLast(sides[0][port], port)
                let heddleOutput = try Self.takeUntilLast(sides[1][port], port)
                for difference in Difference.allCases {
                    differing[difference, default: (0, 0)].bridge += bridgeOutput.count(where: difference.applies)
                    differing[difference, default: (0, 0)].heddle += heddleOutput.count(where: difference.applies)
                }
                let isSame = { frame in !Difference.allCases.contains { $0.applies(to: frame) } }
                let expected = bridgeOutput.filter(isSame)
                count += expected.count
                Self.compare(heddleOutput.filter(isSame), expected, "port \(port + 1), seed \(seed)")
            }
            #expect(count > 2_500, "enough to mean something")
            #expect(differing[.reservedGroup] ?? (1, 1) == (0, 0))
            #expect(differing[.spanningTreeGroup]?.heddle == 0)
            #expect(differing[.spanningTreeGroup]?.bridge ?? 0 > 0, "it is still one")
            for id in 1...Self.portCount { #expect(lab.counters(UInt16(id)).ingressCloses) }
            _ = bridge
        }

        /// Whether the kernel can't take the tag out: skb_vlan_untag wants two bytes behind it.
        private static func endsInsideTag(_ frame: [UInt8]) -> Bool {
            let type = Array(frame[12..<14])
            return (type == [0x81, 0] || type == [0x88, 0xA8]) && frame.count < 20
        }

        /// A broadcast that ends what a port says.
        private static func last(_ port: Int) -> [UInt8] {
            Frames.plain(to: Frames.broadcast, from: 0x0200_0000_0001 + UInt64(port), number: .max)
        }

        /// What came out by a port before the last frames of all others.
        private static func takeUntilLast(_ socket: FrameSocket, _ port: Int) throws -> [[UInt8]] {
            var missing = Set((0..<portCount).filter { $0 != port }.map { last($0) })
            var frames: [[UInt8]] = []
            while !missing.isEmpty {
                guard let frame = socket.receiveFrame() else {
                    throw SetupError("port \(port + 1): \(missing.count) last frames are missing")
                }
                if missing.remove(frame) == nil { frames.append(frame) }
            }
            return frames
        }

        private static func compare(_ actual: [[UInt8]], _ expected: [[UInt8]], _ note: String) {
            guard actual != expected else { return }
            let place = zip(actual, expected).enumerated().first { $0.element.0 != $0.element.1 }
            let index = place?.offset ?? min(actual.count, expected.count)
            func at(_ frames: [[UInt8]]) -> String { index < frames.count ? "\(frames[index])" : "nothing" }
            Issue.record(
                "\(note): \(actual.count) frames and not \(expected.count); at \(index) \(at(actual)) and not \(at(expected))"
            )
        }
    }
}
