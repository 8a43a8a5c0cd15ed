import CPcap
import DataPlane
import PacketFilter
import Testing

/// What libpcap compiles, run by the data plane, wants what libpcap itself says it wants.
@Suite struct FilterOracleTests {
    private static let filters = [
        "", "tcp", "udp port 53", "arp or icmp", "tcp port 80 and host 10.0.0.9", "ip6", "vlan 7", "vlan and tcp",
        "vlan 7 and vlan 9", "ether host 02:00:0a:00:00:02", "ether broadcast", "net 10.0.0.0/8", "not port 22",
        "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "greater 100", "less 60", "icmp[icmptype] == icmp-echo",
        "ip[8] < 5", "portrange 1000-2000", "ip6 proto 58", "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420",
        "ether[0] & 1 = 0 and ip[2:2] > 40", "len % 3 = 1", "ip[0] * 4 + 2 < 30", "dst portrange 1-65535 or src net 10",
        "ip proto 132 or sctp", "mpls", "pppoes", "ip multicast", "ip6[6] == 17 && (ip6[40:2] ^ 5 != 3)",
    ]

    private struct Random {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }

        mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
        mutating func one<Element>(of list: [Element]) -> Element { list[below(list.count)] }

        /// A frame that filters find something in.
        mutating func frame() -> [UInt8] {
            var bytes: [UInt8] = one(of: [[2, 0, 10, 0, 0, 2], [255, 255, 255, 255, 255, 255], [1, 0, 94, 0, 0, 1]])
            bytes += [2, 0, 10, 0, 0, UInt8(below(4))]
            for _ in 0..<one(of: [0, 0, 0, 1, 2]) { bytes += [0x81, 0, 0, one(of: [7, 9])] }
            bytes += one(of: [[8, 0], [8, 0], [0x86, 0xDD], [8, 6], [0x88, 0x47], [0x88, 0x64]])
            var rest = (0..<one(of: [6, 20, 40, 60, 80, 200])).map { _ in UInt8(truncatingIfNeeded: next()) }
            if rest.count >= 40 {
                rest[0] = one(of: [0x45, 0x46, 0x60, 0x4F])
                rest[6] = one(of: [0, 0, 0x20, 6, 17, 58])
                rest[7] = one(of: [0, 0, 1])
                rest[9] = one(of: [1, 6, 17, 132])
                for (place, octet) in [10, 0, 0].enumerated() { rest[12 + place] = UInt8(octet) }
                rest[15] = UInt8(below(12))
                for place in stride(from: 20, to: 26, by: 2) {
                    let port = one(of: [22, 53, 80, 1_500])
                    rest[place] = UInt8(port >> 8)
                    rest[place + 1] = UInt8(port & 255)
                }
            }
            bytes += rest
            return Array(bytes.prefix(one(of: [bytes.count, bytes.count, bytes.count, below(bytes.count + 1)])))
        }
    }

    @Test(arguments: filters) func theInterpreterSaysWhatLibpcapSays(filter: String) throws {
        let steps = try FilterCompiler.compile(filter)
        let checked = steps.map {
            SocketFilter.Instruction($0.code, $0.operand, whenTrue: $0.whenTrue, whenFalse: $0.whenFalse)
        }
        guard let program = FilterProgram(checked) else {
            Issue.record("refused: \(FilterProgram.refusal(of: checked) ?? "")")
            return
        }
        var instructions = steps.map { bpf_insn(code: $0.code, jt: $0.whenTrue, jf: $0.whenFalse, k: $0.operand) }
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = Random(state: seed)
        var wanted = 0
        for _ in 0..<4_000 {
            let frame = random.frame()
            let mine = frame.withUnsafeBytes { bytes in
                bytes.baseAddress.map { program.run($0, available: bytes.count, length: bytes.count) } ?? 0
            }
            let theirs = instructions.withUnsafeMutableBufferPointer { code in
                bpf_filter(code.baseAddress, frame, UInt32(frame.count), UInt32(frame.count))
            }
            if frame.isEmpty { continue }
            guard mine == theirs else {
                Issue.record("seed \(seed): \(frame) gives \(mine), not \(theirs)")
                return
            }
            wanted += mine == 0 ? 0 : 1
        }
        if ["", "tcp", "arp or icmp", "net 10.0.0.0/8", "vlan 7"].contains(filter) { #expect(wanted > 50) }
    }

    @Test func aBadFilterIsRefusedInLibpcapsOwnWords() {
        #expect(throws: FilterCompiler.Refusal(message: "can't parse filter expression: syntax error")) {
            try FilterCompiler.compile("tcp port")
        }
        #expect(throws: FilterCompiler.Refusal.self) { try FilterCompiler.compile("tcp\0 and nonsense") }
    }
}
